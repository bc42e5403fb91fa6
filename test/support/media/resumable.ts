/** Requests of the protocol for resumable uploads, by hand. */
const encode = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',')

export function call(url: string, method: string, headers: Record<string, string> = {}, body?: Buffer) {
  const all = { 'tus-resumable': '1.0.0', ...headers }
  return fetch(url, { method, headers: all, ...(body ? { body: new Uint8Array(body) } : {}) })
}

/** Begins an upload on a server. */
export async function begin(
  serverUrl: string,
  size: number,
  metadata: Record<string, string>,
  headers: Record<string, string> = {},
) {
  const response = await call(`${serverUrl}/uploads`, 'POST', {
    'upload-length': String(size),
    'upload-metadata': encode({ filename: 'a.jpg', ...metadata }),
    ...headers,
  })
  return { response, url: serverUrl + (response.headers.get('location') ?? '') }
}

/** Sends a piece. */
export const send = (url: string, offset: number, bytes: Buffer, headers: Record<string, string> = {}) =>
  call(
    url,
    'PATCH',
    { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream', ...headers },
    bytes,
  )

export interface Answer {
  readonly __typename: string
  readonly message?: string
  readonly decision?: string
  readonly media: {
    readonly id: string
    readonly sha256: string
    readonly sizeBytes: string
    readonly mimeType?: string
    readonly url: string
    readonly thumbnailUrl: string | null
  }
}

export const answerOf = async (response: Response) => (await response.json()) as Answer
