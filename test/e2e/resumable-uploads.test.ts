import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { Upload } from 'tus-js-client'
import { numberOf as lockNumber } from '../../src/db/postgres/session-locks.ts'
import { Client } from '../support/client.ts'
import { writeLargeVideo } from '../support/media/clips.ts'
import { connectTo, makeLibrary, queryDatabase } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import { killHard, until } from '../support/processes.ts'
import { type Answer, answerOf, begin, call, send } from '../support/media/resumable.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'

cleanUpServers()

let server: RunningServer
let slot: { ownerType: string; ownerId: string; role: string }

beforeAll(async () => {
  server = await startServer()
  slot = (await makeLibrary(new Client(server.url))).images
})

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const partial = ({ dataDir }: RunningServer) => readdir(join(dataDir, 'storage', 'partial'))
/** How much has arrived of an upload. */
const arrived = async (url: string) =>
  (await stat(join(server.dataDir, 'storage', 'partial', url.split('/').at(-1) ?? ''))).size
/** A video of 48 MB whose bytes nothing else has. */
async function large() {
  const path = join(server.dataDir, 'large.mp4')
  await writeLargeVideo(path, 48_000_000)
  return readFile(path)
}

const create = (size: number, metadata: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  begin(server.url, size, { ...slot, ...metadata }, headers)

/** Uploads with the client of the protocol, cutting it off each time so much more has been sent. */
async function uploadInterrupted(bytes: Buffer, cuts: number[], atCut: (index: number) => Promise<void>) {
  let uploadUrl: string | null = null
  for (let index = 0; index <= cuts.length; index += 1) {
    const done = await new Promise<string | undefined>((resolve, reject) => {
      const upload: Upload = new Upload(bytes, {
        endpoint: `${server.url}/uploads`,
        uploadUrl: uploadUrl && server.url + new URL(uploadUrl).pathname,
        chunkSize: 4 * 1024 * 1024,
        metadata: { ...slot, role: 'VIDEO', filename: '大.mp4' },
        retryDelays: null,
        onError: reject,
        onSuccess: ({ lastResponse }) => resolve(lastResponse.getBody()),
        onProgress: (sent) => {
          if (sent < (cuts[index] ?? Infinity)) return
          uploadUrl = upload.url
          void upload.abort().then(() => resolve(undefined))
        },
      })
      upload.start()
    })
    if (done !== undefined) return JSON.parse(done) as Answer
    await atCut(index)
  }
  throw new Error('It never ended.')
}

test('a video that is interrupted three times arrives whole', async () => {
  const bytes = await large()
  const cuts = [0.2, 0.5, 0.8].map((share) => bytes.length * share)
  const { media } = await uploadInterrupted(bytes, cuts, () => Promise.resolve())
  expect(media).toMatchObject({ sha256: sha256(bytes), sizeBytes: String(bytes.length) })
  expect(await partial(server)).toEqual([])
})

test('a server that is killed in the middle goes on with it', async () => {
  const bytes = await large()
  const { media } = await uploadInterrupted(bytes, [bytes.length * 0.5], async () => {
    await killHard(server)
    server = await startServer({}, server.dataDir)
  })
  expect(media.sha256).toBe(sha256(bytes))
})

test('a server that is killed between the last byte and the rows finishes it, when asked and when not', async () => {
  for (const asked of [true, false]) {
    const bytes = await photograph()
    const { url } = await create(bytes.length)
    const other = await connectTo(server)
    await other.query('begin')
    await other.query('lock table media in access exclusive mode')
    const lost = send(url, 0, bytes).catch(() => 'lost')
    await until(async () => (await partial(server)).length > 0)
    await until(async () => {
      const { rows } = await other.query('select 1 from pg_locks where not granted')
      return rows.length > 0
    })
    await killHard(server)
    expect(await lost).toBe('lost')
    await other.query('rollback')
    await other.end()
    server = await startServer({}, server.dataDir)
    const path = new URL(url).pathname
    if (asked) {
      const head = await call(server.url + path, 'HEAD')
      expect(head.status).toBe(200)
      expect(head.headers.get('upload-offset')).toBe(String(bytes.length))
      expect(head.headers.get('x-media-id')).toBeTruthy()
    }
    await until(async () => {
      const found = await queryDatabase(server, `select 1 from blobs where sha256 = '${sha256(bytes)}'`)
      return found.length === 1 && (await partial(server)).length === 0
    })
  }
})

test('a finished upload is told as finished, and its last request is answered as before', async () => {
  const bytes = await photograph()
  const { url } = await create(bytes.length)
  const half = bytes.length >> 1
  expect((await send(url, 0, bytes.subarray(0, half))).status).toBe(204)
  const first = await send(url, half, bytes.subarray(half))
  expect(first.status).toBe(200)
  const { media } = await answerOf(first)
  const head = await call(url, 'HEAD')
  expect([head.status, head.headers.get('upload-offset'), head.headers.get('x-media-id')]).toEqual([
    200,
    String(bytes.length),
    media.id,
  ])
  const again = await send(url, bytes.length, Buffer.alloc(0))
  expect([again.status, (await answerOf(again)).media.id]).toEqual([200, media.id])
  expect((await send(url, 0, bytes)).status).toBe(409)
  expect((await call(url, 'DELETE')).status).toBe(409)
})

test('a piece for an upload that is finished meanwhile is a conflict', async () => {
  const bytes = await photograph()
  const { url } = await create(bytes.length)
  const id = url.split('/').at(-1) ?? ''
  const other = await connectTo(server)
  await other.query(`select pg_advisory_lock(${lockNumber(`upload ${id}`)})`)
  await other.query('listen wordloom_wanted')
  const wanted = once(other, 'notification')
  const late = send(url, 0, bytes)
  await wanted
  // All of it arrived by another server, and whoever asks first finishes it.
  await writeFile(join(server.dataDir, 'storage', 'partial', id), bytes)
  expect((await call(url, 'HEAD')).status).toBe(200)
  await other.end()
  expect((await late).status).toBe(409)
})

test('a file that is refused at its end is answered with why, also later', async () => {
  const bytes = Buffer.from('This is no picture.')
  const { url } = await create(bytes.length)
  const refused = await send(url, 0, bytes)
  expect([refused.status, (await answerOf(refused)).__typename]).toEqual([415, 'UnsupportedFileType'])
  expect((await call(url, 'HEAD')).status).toBe(415)
  expect(await partial(server)).toEqual([])
})

test('a name with what cannot be stored is stored without it', async () => {
  const bytes = await photograph()
  const { response, url } = await create(bytes.length, { filename: 'a\0b.jpg' })
  expect(response.status).toBe(201)
  expect(await (await send(url, 0, bytes)).json()).toMatchObject({ media: { fileName: 'ab.jpg' } })
})

/** A body that sends some bytes and then waits. */
function waiting(bytes: Buffer) {
  const end: { now: () => void } = { now: () => {} }
  const body = new ReadableStream({
    start: (controller) => {
      controller.enqueue(new Uint8Array(bytes))
      end.now = () => controller.close()
    },
  })
  return { body, end: () => end.now() }
}

const stream = (url: string, body: ReadableStream) =>
  fetch(url, {
    method: 'PATCH',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
    },
    body,
    duplex: 'half',
  }).catch(() => null)

test('an upload that is given up while it runs is gone', async () => {
  const { url } = await create(100)
  const { body } = waiting(Buffer.alloc(10))
  const running = stream(url, body)
  await until(async () => (await arrived(url)) === 10)
  expect((await call(url, 'DELETE')).status).toBe(204)
  await running
  expect((await call(url, 'HEAD')).status).toBe(404)
  expect(await partial(server)).toEqual([])
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
})

test('of two servers that are sent the same piece, one takes it, and the file is right', async () => {
  const second = await startServer({}, server.dataDir)
  const bytes = await photograph()
  for (let round = 0; round < 5; round += 1) {
    const { url } = await create(bytes.length)
    const elsewhere = second.url + new URL(url).pathname
    const half = bytes.subarray(0, bytes.length >> 1)
    const statuses = await Promise.all(
      [send(url, 0, half), send(elsewhere, 0, half)].map(async (r) => (await r).status),
    )
    expect(statuses.filter((status) => status === 204).length).toBeLessThan(2)
    expect(statuses.filter((status) => ![204, 409, 423].includes(status))).toEqual([])
    const offset = Number((await call(elsewhere, 'HEAD')).headers.get('upload-offset'))
    expect(offset).toBeLessThanOrEqual(half.length)
    const last = await send(elsewhere, offset, bytes.subarray(offset))
    expect((await answerOf(last)).media.sha256).toBe(sha256(bytes))
  }
  const { url } = await create(100)
  const { body } = waiting(Buffer.alloc(10, 1))
  const running = stream(url, body)
  await until(async () => (await arrived(url)) === 10)
  expect((await send(second.url + new URL(url).pathname, 0, Buffer.alloc(100, 2))).status).toBe(409)
  await running
  const head = await call(url, 'HEAD')
  expect(head.headers.get('upload-offset')).toBe('10')
  await second.stop()
})

test('an upload that was not gone on with for a day is forgotten', async () => {
  const { url } = await create(10)
  await send(url, 0, Buffer.alloc(5))
  await queryDatabase(server, `update resumable_uploads set created_at = created_at - interval '25 hours'`)
  expect((await call(url, 'HEAD')).status).toBe(404)
  await server.stop()
  server = await startServer({}, server.dataDir)
  await until(async () => (await queryDatabase(server, 'select 1 from resumable_uploads')).length === 0)
  expect(await partial(server)).toEqual([])
})
