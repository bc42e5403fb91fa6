export interface GraphQLAnswer {
  readonly status: number
  readonly headers: Headers
  // What a test asks for is in the test; here it is not known.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any
  readonly errors: readonly { message: string; extensions?: { code?: string; requestId?: string } }[]
}

/** A frontend's HTTP client. */
export class Client {
  readonly url: string
  readonly headers: Record<string, string>

  constructor(url: string, headers: Record<string, string> = {}) {
    this.url = url
    this.headers = headers
  }

  /** Sends a query or mutation. */
  async send(query: string, variables: Record<string, unknown> = {}): Promise<GraphQLAnswer> {
    const headers = { 'content-type': 'application/json', ...this.headers }
    const body = JSON.stringify({ query, variables })
    return answer(await fetch(`${this.url}/graphql`, { method: 'POST', headers, body }))
  }

  /** Sends a file as `input.file` of `uploadMedia`. */
  async upload(input: Record<string, unknown>, file: Blob, fileName: string, signal?: AbortSignal) {
    const form = new FormData()
    form.set(
      'operations',
      JSON.stringify({ query: uploadDocument, variables: { input: { ...input, file: null } } }),
    )
    form.set('map', JSON.stringify({ 0: ['variables.input.file'] }))
    form.set('0', file, fileName)
    const headers = { 'apollo-require-preflight': 'true', ...this.headers }
    const request = { method: 'POST', headers, body: form, ...(signal ? { signal } : {}) }
    return answer(await fetch(`${this.url}/graphql`, request))
  }
}

export const uploadDocument = `mutation ($input: UploadMediaInput!) {
  uploadMedia(input: $input) {
    __typename
    ... on Failure { message }
    ... on UploadMediaSuccess {
      decision
      media { id url thumbnailUrl sha256 sizeBytes width height mimeType fileName orientation }
      replaced { id }
    }
  }
}`

async function answer(response: Response): Promise<GraphQLAnswer> {
  const body = (await response.json()) as Partial<GraphQLAnswer>
  const { status, headers } = response
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment
  return { status, headers, data: body.data ?? null, errors: body.errors ?? [] }
}
