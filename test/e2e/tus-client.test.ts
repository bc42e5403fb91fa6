import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeAll, expect, test } from 'vitest'
import { type DetailedError, type HttpResponse, Upload, type UploadOptions } from 'tus-js-client'
import { Client } from '../support/client.ts'
import { makeLibrary, queryDatabase } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import type { Answer } from '../support/media/resumable.ts'
import { until } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'

cleanUpServers()

let server: RunningServer
let slot: { ownerType: string; ownerId: string; role: string }

beforeAll(async () => {
  server = await startServer()
  slot = (await makeLibrary(new Client(server.url))).images
})

type Source = ConstructorParameters<typeof Upload>[0]

/** An upload with the client, and how it ends. */
function start(source: unknown, options: Partial<UploadOptions> = {}) {
  const statuses: string[] = []
  let upload: Upload | undefined
  const done = new Promise<HttpResponse>((resolve, reject) => {
    upload = new Upload(source as Source, {
      endpoint: `${server.url}/uploads`,
      metadata: { ...slot, filename: 'a.jpg' },
      retryDelays: null,
      onError: reject,
      onSuccess: ({ lastResponse }) => resolve(lastResponse),
      onAfterResponse: (request, response) =>
        void statuses.push(`${request.getMethod()} ${response.getStatus()}`),
      ...options,
    })
    upload.start()
  })
  if (!upload) throw new Error('The promise makes it at once.')
  return { upload, done, statuses }
}

const bodyOf = (response: HttpResponse) => JSON.parse(response.getBody()) as Answer
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const partial = () => readdir(join(server.dataDir, 'storage', 'partial'))

/** Why an upload was refused: the status and the answer. */
async function refusal({ done }: { done: Promise<unknown> }) {
  const error = (await done.catch((caught: unknown) => caught)) as DetailedError
  const response = error.originalResponse
  return {
    status: response?.getStatus(),
    type: response?.getHeader('content-type'),
    body: bodyOf(response as HttpResponse),
  }
}

const half = async () => {
  const bytes = await photograph()
  return { bytes, chunkSize: (bytes.length >> 1) + 1 }
}

test('a file that comes whole with its creation is stored and answered', async () => {
  const bytes = await photograph()
  const { done, statuses, upload } = start(bytes, { uploadDataDuringCreation: true })
  const response = await done
  expect(statuses).toEqual(['POST 201'])
  expect(response.getHeader('upload-offset')).toBe(String(bytes.length))
  expect(upload.url).toMatch(/\/uploads\/[-0-9a-f]{36}$/)
  const { decision, media } = bodyOf(response)
  expect([decision, media.sha256]).toEqual(['INSERT', sha256(bytes)])
  expect(response.getHeader('content-type')).toBe('application/json; charset=utf-8')
  expect(response.getHeader('x-media-id')).toBe(media.id)
  expect(await partial()).toEqual([])
})

const file = async () => {
  const bytes = await photograph()
  const path = join(server.dataDir, `${sha256(bytes)}.jpg`)
  await writeFile(path, bytes)
  return { bytes, path }
}

test.each<[string, Partial<UploadOptions>, string[]]>([
  ['at once', {}, ['POST 201', 'PATCH 200']],
  ['in chunks', { chunkSize: 10_000_000 }, ['POST 201', 'PATCH 200']],
  ['with POST instead of PATCH', { overridePatchMethod: true }, ['POST 201', 'POST 200']],
  ['with IDs of its requests', { addRequestId: true }, ['POST 201', 'PATCH 200']],
  [
    'with its creation, in one chunk',
    { uploadDataDuringCreation: true, chunkSize: 10_000_000 },
    ['POST 201'],
  ],
])('a file is uploaded %s', async (_how, options, expected) => {
  const bytes = await photograph()
  const { done, statuses } = start(bytes, options)
  expect(bodyOf(await done).media.sha256).toBe(sha256(bytes))
  expect(statuses).toEqual(expected)
})

test('a file is uploaded in two chunks, each in a request or the first with the creation', async () => {
  const one = await half()
  const first = start(one.bytes, { chunkSize: one.chunkSize })
  expect(bodyOf(await first.done).media.sha256).toBe(sha256(one.bytes))
  expect(first.statuses).toEqual(['POST 201', 'PATCH 204', 'PATCH 200'])
  const other = await half()
  const second = start(other.bytes, { chunkSize: other.chunkSize, uploadDataDuringCreation: true })
  expect(bodyOf(await second.done).media.sha256).toBe(sha256(other.bytes))
  expect(second.statuses).toEqual(['POST 201', 'PATCH 200'])
})

test('a file comes from a stream, with and without its creation', async () => {
  const { bytes, path } = await file()
  const fromFile = start(createReadStream(path), { chunkSize: 20_000, uploadSize: bytes.length })
  expect(bodyOf(await fromFile.done).media.sha256).toBe(sha256(bytes))
  const other = await photograph()
  const fromStream = start(Readable.from([other.subarray(0, 100), other.subarray(100)]), {
    chunkSize: other.length,
    uploadSize: other.length,
    uploadDataDuringCreation: true,
  })
  expect(bodyOf(await fromStream.done).media.sha256).toBe(sha256(other))
})

test('the last answer has the decision and signed URLs, also for a duplicate', async () => {
  const bytes = await photograph()
  for (const decision of ['INSERT', 'DUPLICATE']) {
    const body = bodyOf(await start(bytes).done)
    expect(body).toMatchObject({ __typename: 'UploadMediaSuccess', decision })
    const [original, thumbnail] = [await fetch(body.media.url), await fetch(body.media.thumbnailUrl ?? '')]
    expect(Buffer.from(await original.arrayBuffer()).equals(bytes)).toBe(true)
    expect([thumbnail.status, thumbnail.headers.get('content-type')]).toEqual([200, 'image/webp'])
  }
})

test('the decision is told again to a client that asks again', async () => {
  const { upload, done } = start(await photograph(), { uploadDataDuringCreation: true })
  const first = bodyOf(await done)
  const again = await fetch(upload.url ?? '', {
    method: 'PATCH',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-offset': first.media.sizeBytes,
      'content-type': 'application/offset+octet-stream',
    },
  })
  expect([again.status, await again.json()]).toEqual([200, first])
})

test('an upload is resumed from an earlier one, which may be finished', async () => {
  const { bytes, chunkSize } = await half()
  const first: { upload?: Upload } = {}
  const aborted = new Promise<void>((resolve) => {
    const { upload } = start(bytes, {
      chunkSize,
      onChunkComplete: () => void upload.abort().then(() => resolve()),
    })
    first.upload = upload
  })
  await aborted
  const uploadUrl = first.upload?.url ?? ''
  const previous = {
    size: bytes.length,
    metadata: {},
    creationTime: '',
    urlStorageKey: 'x',
    uploadUrl,
    parallelUploadUrls: null,
  }
  for (const expected of [['HEAD 200', 'PATCH 200'], ['HEAD 200']]) {
    const statuses: string[] = []
    const response = await new Promise<HttpResponse>((resolve, reject) => {
      const upload = new Upload(bytes, {
        endpoint: `${server.url}/uploads`,
        retryDelays: null,
        onError: reject,
        onSuccess: ({ lastResponse }) => resolve(lastResponse),
        onAfterResponse: (request, response) =>
          void statuses.push(`${request.getMethod()} ${response.getStatus()}`),
      })
      upload.resumeFromPreviousUpload(previous)
      upload.start()
    })
    expect(statuses).toEqual(expected)
    expect(response.getHeader('x-media-id')).toBeTruthy()
  }
})

test('an upload whose requests fail is retried and continues where it was', async () => {
  const { bytes, chunkSize } = await half()
  let faults = 2
  const { done, statuses } = start(bytes, {
    chunkSize,
    retryDelays: [0, 0, 0],
    onBeforeRequest: (request) => {
      if (request.getMethod() !== 'PATCH' || faults === 0) return
      faults -= 1
      request.setHeader('Tus-Resumable', '9.9.9')
    },
    onShouldRetry: () => true,
  })
  expect(bodyOf(await done).media.sha256).toBe(sha256(bytes))
  expect(statuses).toEqual([
    'POST 201',
    'PATCH 412',
    'HEAD 200',
    'PATCH 412',
    'HEAD 200',
    'PATCH 204',
    'PATCH 200',
  ])
})

test('an upload that the client gives up and terminates leaves nothing', async () => {
  const { bytes, chunkSize } = await half()
  const url = await new Promise<string>((resolve) => {
    const { upload } = start(bytes, {
      chunkSize,
      onChunkComplete: () => void upload.abort(true).then(() => resolve(upload.url ?? '')),
    })
  })
  const head = await fetch(url, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } })
  expect([head.status, await partial()]).toEqual([404, []])
  expect(await queryDatabase(server, 'select id from upload_reservations')).toEqual([])
})

test.each<[string, Partial<UploadOptions>, Buffer | null, number, object]>([
  ['an empty file', {}, Buffer.alloc(0), 422, { __typename: 'UnreadableFile' }],
  ['no picture', {}, Buffer.from('This is no picture.'), 415, { __typename: 'UnsupportedFileType' }],
  [
    'no picture, with its creation',
    { uploadDataDuringCreation: true },
    Buffer.from('This is no picture.'),
    415,
    {
      __typename: 'UnsupportedFileType',
      detectedType: 'text/plain',
      supportedTypes: expect.arrayContaining(['image/png']) as string[],
    },
  ],
  [
    'a file that is too large',
    { uploadSize: 600 * 1024 ** 2 },
    Buffer.alloc(10),
    413,
    { __typename: 'FileTooLarge', limitBytes: String(500 * 1024 ** 2) },
  ],
  [
    'parallel uploads',
    { parallelUploads: 2 },
    null,
    501,
    { errors: [{ extensions: { code: 'NOT_IMPLEMENTED' } }] },
  ],
  [
    'a file of unknown length',
    { uploadLengthDeferred: true, chunkSize: 10 },
    null,
    501,
    { errors: [{ extensions: { code: 'NOT_IMPLEMENTED' } }] },
  ],
])('%s is refused with the reason as JSON', async (_what, options, bytes, status, body) => {
  const refused = await refusal(start(bytes ?? (await photograph()), options))
  expect(refused).toMatchObject({ status, type: 'application/json; charset=utf-8', body })
})

test('bytes in the trash are refused with what can be restored', async () => {
  const bytes = await photograph()
  const { media } = bodyOf(await start(bytes).done)
  const trash = `mutation ($input: TrashItemInput!) {
    trashItem(input: $input) { ... on TrashItemSuccess { deletion { id } } }
  }`
  const answer = await new Client(server.url).send(trash, { input: { itemId: media.id } })
  const { deletion } = (answer.data as { trashItem: { deletion: { id: string } } }).trashItem
  for (const uploadDataDuringCreation of [true, false]) {
    const refused = await refusal(start(bytes, { uploadDataDuringCreation }))
    expect(refused).toMatchObject({
      status: 422,
      body: { __typename: 'MediaInTrash', media: { id: media.id }, deletion: { id: deletion.id } },
    })
  }
  const again = start(bytes, { metadata: { ...slot, filename: 'a.jpg', whenInTrash: 'UPLOAD_AGAIN' } })
  expect(bodyOf(await again.done).decision).toBe('INSERT')
})

const preflight = {
  origin: 'https://app.example',
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'x-http-method-override',
}

test.each([
  ['without CORS', {}, ''],
  ['of an upload', {}, '/01890a5d-ac96-774b-bcce-b302099a8057?workspace=nonsense'],
  ['with CORS', { CORS_ORIGINS: preflight.origin }, ''],
])('OPTIONS %s tells what the server can do', async (_how, env, path) => {
  const own = Object.keys(env).length > 0 ? await startServer(env) : server
  const expected = {
    'tus-resumable': '1.0.0',
    'tus-version': '1.0.0',
    'tus-extension': 'creation,creation-with-upload,termination,expiration',
    'tus-max-size': String(500 * 1024 ** 2),
  }
  for (const headers of [{}, { 'tus-resumable': '0.2.2' }, preflight]) {
    if (headers === preflight && own === server) continue
    const response = await fetch(`${own.url}/uploads${path}`, { method: 'OPTIONS', headers })
    expect([response.status, Object.fromEntries(response.headers)]).toMatchObject([204, expected])
    if (headers !== preflight) continue
    expect(response.headers.get('access-control-allow-origin')).toBe(preflight.origin)
    expect(response.headers.get('access-control-allow-headers')).toContain('x-http-method-override')
  }
  if (own !== server) await own.stop()
})

test('a method that a header names is applied to an upload, and nothing else', async () => {
  const { upload, done } = start(await photograph(), { metadata: { ...slot, filename: 'a.jpg' } })
  await done
  const post = (method: string) =>
    fetch(upload.url ?? '', {
      method: 'POST',
      headers: { 'tus-resumable': '1.0.0', 'x-http-method-override': method },
    })
  const statuses = ['HEAD', 'DELETE', 'GET', 'constructor', ''].map(async (name) => (await post(name)).status)
  expect(await Promise.all(statuses)).toEqual([200, 409, 405, 405, 405])
})

test('an upload that ends with its creation request keeps no room', async () => {
  const cut = new AbortController()
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(10)),
  })
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const metadata = Object.entries(slot).map(([name, value]) => `${name} ${encode(value)}`)
  const lost = fetch(`${server.url}/uploads`, {
    method: 'POST',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '1000',
      'upload-metadata': metadata.join(','),
      'content-type': 'application/offset+octet-stream',
    },
    body,
    duplex: 'half',
    signal: cut.signal,
  }).catch(() => 'lost')
  const reservations = async () => (await queryDatabase(server, 'select id from upload_reservations')).length
  await until(async () => (await reservations()) === 1)
  await until(async () => (await partial()).length === 2)
  cut.abort()
  expect(await lost).toBe('lost')
  await until(async () => (await reservations()) === 0)
  await until(async () => (await partial()).length === 0)
})
