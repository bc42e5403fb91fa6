import { openAsBlob } from 'node:fs'

/** A check of the demo failed; the message says which one. */
export class DemoFailed extends Error {
  readonly expected = true
}

export const say = (line: string) => console.log(`  ${line}`)

/** Ends the demo if a check fails. */
export function expect(condition: boolean, what: string) {
  if (!condition) throw new DemoFailed(`This check failed: ${what}`)
}

type Variables = Record<string, unknown>

async function answer(url: string, request: RequestInit): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(url, request)
  } catch (error) {
    const cause = (error as { cause?: Error }).cause?.message ?? String(error)
    throw new DemoFailed(
      `No server answers at ${url} (${cause}). Start one with npm start, or set WORDLOOM_URL.`,
    )
  }
  const text = await response.text()
  let body: { data?: unknown; errors?: readonly { message: string }[] }
  try {
    body = JSON.parse(text) as typeof body
  } catch {
    throw new DemoFailed(
      `${url} answered HTTP ${response.status} with ${text.slice(0, 200)}. Is it Wordloom?`,
    )
  }
  if (body.errors)
    throw new DemoFailed(`HTTP ${response.status}: ${body.errors.map(({ message }) => message).join(' ')}`)
  return body.data
}

/** The parts of an HTTP client that a frontend needs: queries, mutations and uploads. Throws errors. */
export class DemoClient {
  readonly #url: string

  constructor(server: string) {
    this.#url = `${server.replace(/\/+$/, '')}/graphql`
  }

  async query<Data>(query: string, variables: Variables = {}): Promise<Data> {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ query, variables })
    return (await answer(this.#url, { method: 'POST', headers, body })) as Data
  }

  /** Runs one mutation and returns its success; throws the message of a failure. */
  async mutate<Success>(query: string, input: Variables): Promise<Success> {
    return succeeded<Success>(await this.query<Record<string, unknown>>(query, { input }))
  }

  /** Sends a file as `input.file`, according to the GraphQL multipart request specification. */
  async upload<Success>(query: string, input: Variables, path: string, fileName: string): Promise<Success> {
    const form = new FormData()
    form.set('operations', JSON.stringify({ query, variables: { input: { ...input, file: null } } }))
    form.set('map', JSON.stringify({ 0: ['variables.input.file'] }))
    form.set('0', await openAsBlob(path), fileName)
    const headers = { 'apollo-require-preflight': 'true' }
    const data = await answer(this.#url, { method: 'POST', headers, body: form })
    return succeeded<Success>(data as Record<string, unknown>)
  }

  async download(url: string): Promise<Uint8Array> {
    const response = await fetch(url)
    if (!response.ok) throw new DemoFailed(`${url} answered HTTP ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  }
}

function succeeded<Success>(data: Record<string, unknown>): Success {
  const [[field, result] = ['', {}]] = Object.entries(data)
  const { __typename, message } = result as { __typename: string; message?: string }
  if (!__typename.endsWith('Success')) throw new DemoFailed(`${field} answered ${__typename}: ${message}`)
  return result as Success
}
