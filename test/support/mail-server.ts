import { createServer, type Socket } from 'node:net'
import { afterAll } from 'vitest'

/** A mail that a server of this file has taken. */
export interface ReceivedMail {
  readonly to: string
  /** The headers and the body, decoded. */
  readonly text: string
}

/** What quoted-printable and base64 stand for. */
function decoded(message: string): string {
  const [headers = '', body = ''] = message.split(/\r\n\r\n([\s\S]*)/)
  if (/^Content-Transfer-Encoding: base64/im.test(headers)) {
    return `${headers}\n\n${Buffer.from(body, 'base64').toString()}`
  }
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return `${headers}\n\n${Buffer.from(bytes, 'latin1').toString()}`
}

/** A server that takes mail, without TLS, until the end of the test file. */
export async function startMailServer() {
  const received: ReceivedMail[] = []
  const state = { refuses: false }
  const converse = (socket: Socket) => {
    let text = ''
    let to = ''
    const say = (line: string) => socket.write(`${line}\r\n`)
    const answer = (command: string) => {
      const [, recipient] = /^RCPT TO:<(.*)>/.exec(command) ?? []
      if (recipient !== undefined) to = recipient
      if (state.refuses && command.startsWith('MAIL')) return say('451 Not today')
      return say(command === 'DATA' ? '354 Go on' : command === 'QUIT' ? '221 Bye' : '250 Yes')
    }
    say('220 test')
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.endsWith('\r\n.\r\n')) {
        received.push({ to, text: decoded(text.slice(0, -5)) })
        text = ''
        say('250 Taken')
      } else if (/^[A-Z]{4}\b[^\n]*\r\n$/.test(text)) {
        const command = text.trim()
        text = ''
        answer(command)
      }
    })
    socket.on('error', () => {})
  }
  const server = createServer(converse)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  afterAll(() => new Promise((closed) => server.close(closed)))
  return { url: `smtp://127.0.0.1:${port}`, received, state }
}
