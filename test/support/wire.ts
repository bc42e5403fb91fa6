import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A part of a multipart body as it is sent: the lines of its headers, and its content. */
export interface Part {
  readonly headers: readonly string[]
  readonly content: string | Buffer
}

export const boundary = 'wordloom-test-boundary'

export const fieldPart = (name: string, content: unknown): Part => ({
  headers: [`Content-Disposition: form-data; name="${name}"`],
  content: typeof content === 'string' ? content : JSON.stringify(content),
})

export const filePart = (name: string, content: Buffer, fileName = 'picture.jpg'): Part => ({
  headers: [
    `Content-Disposition: form-data; name="${name}"; filename="${fileName}"`,
    'Content-Type: image/jpeg',
  ],
  content,
})

const bytesOf = ({ headers, content }: Part) =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\n${headers.join('\r\n')}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ])

export const multipartBody = (parts: readonly Part[]) =>
  Buffer.concat([...parts.map(bytesOf), Buffer.from(`--${boundary}--\r\n`)])

/** Everything before the content of a last part, which is still to be sent. */
export const multipartStart = (parts: readonly Part[], last: Part) =>
  Buffer.concat([...parts.map(bytesOf), bytesOf(last).subarray(0, -2)])

/** A connection that sends what it is told to and no more. */
export class RawRequest {
  readonly socket: Socket
  #received = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.socket = socket
    // A server that does not want the rest may end the connection.
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])))
  }

  /** Connects and sends the head of a POST. `headers` replace those that fit a multipart body. */
  static async post(
    url: string,
    headers: Record<string, string | undefined>,
    path = '/graphql',
  ): Promise<RawRequest> {
    const { hostname, port, host } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    const request = new RawRequest(socket)
    const all: Record<string, string | undefined> = {
      Host: host,
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      'Apollo-Require-Preflight': 'true',
      ...headers,
    }
    const lines = Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: ${value}`],
    )
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    return request
  }

  /** Sends bytes, waiting while the server does not take more. False when the connection is gone. */
  async send(bytes: Buffer): Promise<boolean> {
    if (this.socket.closed) return false
    if (this.socket.write(bytes)) return true
    await this.#next('drain')
    return !this.socket.closed
  }

  /** True once a whole answer is there. */
  get answered(): boolean {
    return this.#answer() !== undefined
  }

  /** The answer, as soon as it is whole. */
  async answer(): Promise<{ status: number; body: string }> {
    for (;;) {
      const answer = this.#answer()
      if (answer) return answer
      if (this.socket.destroyed) throw new Error(`No answer, but: ${this.#received.toString()}`)
      await this.#next('data')
    }
  }

  close() {
    this.socket.destroy()
  }

  /** Waits for an event or the end of the connection. */
  async #next(event: 'data' | 'drain') {
    const waiting = new AbortController()
    const { signal } = waiting
    const events = [once(this.socket, event, { signal }), once(this.socket, 'close', { signal })]
    await Promise.race(events).catch(() => {})
    waiting.abort()
    await Promise.allSettled(events)
  }

  #answer() {
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const head = this.#received.subarray(0, end).toString()
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    const body = this.#received.subarray(end + 4)
    if (body.length < length) return undefined
    return { status: Number(head.split(' ')[1]), body: body.subarray(0, length).toString() }
  }
}

/** Sends a whole request and gives the answer. */
export async function postRaw(url: string, body: Buffer, headers: Record<string, string | undefined> = {}) {
  const request = await RawRequest.post(url, { 'Content-Length': String(body.length), ...headers })
  await request.send(body)
  try {
    return await request.answer()
  } finally {
    request.close()
  }
}
