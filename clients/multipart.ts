/** A request of GraphQL with files among its variables. */
export interface UploadRequest {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly operationName?: string
}

export interface Progress {
  readonly loaded: number
  readonly total: number
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Sends cookies to another origin as well. */
  readonly credentials?: 'include' | 'same-origin' | 'omit'
  readonly signal?: AbortSignal
  /** Called while the bytes leave, in browsers only: `fetch` elsewhere cannot tell. */
  readonly onProgress?: (progress: Progress) => void
}

/** The answer to a request: its status and its text. */
export interface Answer {
  readonly status: number
  readonly text: string
}

const isFile = (value: unknown): value is Blob => typeof Blob !== 'undefined' && value instanceof Blob

/** Takes the files out of the variables, each with its path. */
function takeFiles(value: unknown, path: string, files: Map<string, Blob>): unknown {
  if (isFile(value)) {
    files.set(path, value)
    return null
  }
  if (Array.isArray(value)) return value.map((item, index) => takeFiles(item, `${path}.${index}`, files))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, takeFiles(item, `${path}.${name}`, files)]),
  )
}

/** Whether there is a file among the variables, so that the request must be sent as a form. */
export function hasFiles(variables: Readonly<Record<string, unknown>> = {}): boolean {
  const files = new Map<string, Blob>()
  takeFiles(variables, 'variables', files)
  return files.size > 0
}

/** The form of a request with files, as the GraphQL multipart request specification wants it. */
export function multipartForm({ query, variables, operationName }: UploadRequest): FormData {
  const files = new Map<string, Blob>()
  const plain = takeFiles(variables, 'variables', files)
  const form = new FormData()
  form.append('operations', JSON.stringify({ query, variables: plain, operationName }))
  form.append('map', JSON.stringify(Object.fromEntries([...files.keys()].map((path, at) => [at, [path]]))))
  let at = 0
  for (const file of files.values()) {
    form.append(String(at), file, (file as Partial<File>).name ?? 'file')
    at += 1
  }
  return form
}

const aborted = () => new DOMException('The upload was cancelled.', 'AbortError')

/** With XMLHttpRequest, since `fetch` tells nothing of the bytes that it sends. */
function sendByXhr(url: string, form: FormData, options: SendOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    const abort = () => {
      xhr.abort()
      reject(aborted())
    }
    if (options.signal?.aborted) {
      reject(aborted())
      return
    }
    options.signal?.addEventListener('abort', abort)
    xhr.open('POST', url)
    xhr.withCredentials = options.credentials === 'include'
    for (const [name, value] of Object.entries(options.headers ?? {})) xhr.setRequestHeader(name, value)
    xhr.upload.onprogress = ({ loaded, total }) => options.onProgress?.({ loaded, total })
    xhr.onload = () => {
      resolve({ status: xhr.status, text: xhr.responseText })
    }
    xhr.onerror = () => {
      reject(new TypeError('The upload failed: no connection, or the server does not allow this origin.'))
    }
    xhr.onloadend = () => options.signal?.removeEventListener('abort', abort)
    xhr.send(form)
  })
}

async function sendByFetch(url: string, form: FormData, options: SendOptions): Promise<Answer> {
  const { headers = {}, credentials = 'same-origin', signal = null } = options
  const response = await fetch(url, { method: 'POST', body: form, headers, credentials, signal })
  return { status: response.status, text: await response.text() }
}

/** Sends a request with files. In browsers `onProgress` hears of the bytes on their way. */
export function sendUpload(url: string, request: UploadRequest, options: SendOptions = {}): Promise<Answer> {
  const send = typeof XMLHttpRequest === 'undefined' ? sendByFetch : sendByXhr
  // The server takes no form without it: a page of another site could send one without asking.
  const headers = { ...options.headers, 'apollo-require-preflight': 'true' }
  return send(url, multipartForm(request), { ...options, headers })
}
