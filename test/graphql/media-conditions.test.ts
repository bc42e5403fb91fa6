import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readlink, truncate, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { storedKey } from '../../src/domain/storage-key.ts'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { until } from '../support/processes.ts'
import { bodyOf, useServedPicture } from '../support/media/served-picture.ts'

const database = useDatabase()
const api = useApi(database)
const { upload, here, get } = useServedPicture(api)

const day = 24 * 3_600_000

/** The validators of the picture, and dates around the one it is of. */
async function facts() {
  const { headers } = await get()
  const etag = headers.get('etag') ?? ''
  const modified = headers.get('last-modified') ?? ''
  const at = (ms: number) => new Date(Date.parse(modified) + ms).toUTCString()
  return { etag, modified, before: at(-day), after: at(day) }
}

type Facts = Awaited<ReturnType<typeof facts>>

test.each<[string, number, (of: Facts) => Record<string, string>]>([
  ['its tag must match', 200, ({ etag }) => ({ 'if-match': etag })],
  ['one of several tags must match', 200, ({ etag }) => ({ 'if-match': `"a", ${etag}` })],
  ['any tag must match', 200, () => ({ 'if-match': '*' })],
  ['another tag must match', 412, () => ({ 'if-match': '"a"' })],
  ['its tag must match, but it is weak', 412, ({ etag }) => ({ 'if-match': `W/${etag}` })],
  ['it must be as it was later', 200, ({ after }) => ({ 'if-unmodified-since': after })],
  ['it must be as it was then', 200, ({ modified }) => ({ 'if-unmodified-since': modified })],
  ['it must be as it was before', 412, ({ before }) => ({ 'if-unmodified-since': before })],
  ['it must be as it was at no date', 200, () => ({ 'if-unmodified-since': 'yesterday' })],
  [
    'the tag that must match goes before the date',
    200,
    ({ etag, before }) => ({ 'if-match': etag, 'if-unmodified-since': before }),
  ],
  ['it must have changed since then', 304, ({ modified }) => ({ 'if-modified-since': modified })],
  ['it must have changed since later', 304, ({ after }) => ({ 'if-modified-since': after })],
  ['it must have changed since before', 200, ({ before }) => ({ 'if-modified-since': before })],
  ['it must have changed since no date', 200, () => ({ 'if-modified-since': '0' })],
  [
    'the tag that must not match goes before the date',
    200,
    ({ after }) => ({ 'if-none-match': '"a"', 'if-modified-since': after }),
  ],
  [
    'what must match goes before what must not',
    412,
    ({ etag }) => ({ 'if-match': '"a"', 'if-none-match': etag }),
  ],
  ['no tag at all must not match', 200, () => ({ 'if-none-match': '' })],
  ['nonsense must not match', 200, ({ etag }) => ({ 'if-none-match': etag.replaceAll('"', '') })],
])('when %s, the answer is %d', async (_condition, status, headersOf) => {
  const headers = headersOf(await facts())
  for (const method of ['GET', 'HEAD']) {
    const response = await fetch(here().url, { method, headers })
    expect(response.status).toBe(status)
    const body = await bodyOf(response)
    if (status === 412) expect(response.headers.get('cache-control')).toBe('no-store')
    if (status !== 200 && method === 'HEAD') expect(body).toHaveLength(0)
    if (status === 412 && method === 'GET') expect(body.toString()).toContain('PRECONDITION_FAILED')
  }
})

test('a part is sent to who has the bytes of the same date, and the whole to others', async () => {
  const { modified, before, after } = await facts()
  const range = 'bytes=0-9'
  expect((await get({ range, 'if-range': modified })).status).toBe(206)
  for (const other of [before, after, 'yesterday', '', '*']) {
    expect((await get({ range, 'if-range': other })).status).toBe(200)
  }
})

test('a range beyond the end is no fault when the client has other bytes', async () => {
  expect((await get({ range: 'bytes=99999999-', 'if-range': '"other"' })).status).toBe(200)
})

test.each(['9'.repeat(400), '9007199254740993', '00000000000000000000000000000000'])(
  'a range with the number %s is answered, and right',
  async (number) => {
    const { bytes } = here()
    const beyond = Number(number) >= bytes.length
    expect((await get({ range: `bytes=${number}-` })).status).toBe(beyond ? 416 : 206)
    expect((await get({ range: `bytes=${number}-${number}` })).status).toBe(beyond ? 416 : 206)
    const last = await get({ range: `bytes=-${number}` })
    expect(last.status).toBe(beyond ? 206 : 416)
    if (beyond) expect((await bodyOf(last)).equals(bytes)).toBe(true)
  },
)

test('a thousand ranges are answered with the whole, once', async () => {
  const range = `bytes=${Array.from({ length: 1000 }, () => '0-').join(',')}`
  const response = await get({ range })
  expect(response.status).toBe(200)
  expect((await bodyOf(response)).equals(here().bytes)).toBe(true)
})

/** The open files of this process, which is the server too, that are in a storage. */
async function openFiles() {
  const handles = await readdir('/proc/self/fd')
  const paths = await Promise.all(handles.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return paths.filter((path) => path.includes('wordloom-files-') && path.includes('/files/'))
}

/** A medium whose row says it is of 64 MB, with that many bytes behind it. */
async function uploadLarge() {
  const { workspace } = here()
  const { id, url } = await upload(workspace, await photograph())
  const sizeBytes = 64 * 1024 * 1024
  const { blobId, blob } = await database.db.prisma.media.findFirstOrThrow({
    where: { id },
    include: { blob: true },
  })
  const { path } = await workspace.ctx.storage.openLocally(storedKey(blob.storageKey))
  await writeFile(path, randomBytes(sizeBytes))
  await database.db.pool.query('update blobs set size_bytes = $1 where id = $2', [sizeBytes, blobId])
  await database.db.pool.query('update media set size_bytes = $1 where blob_id = $2', [sizeBytes, blobId])
  // The permanent address leads to the signed one.
  const { headers } = await fetch(url, { redirect: 'manual' })
  return { url: new URL(headers.get('location') ?? '', url).href, path, sizeBytes }
}

async function begin(url: string) {
  const { hostname, port, pathname, search } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await once(socket, 'data')
  socket.pause()
  return socket
}

test.skipIf(process.platform !== 'linux')(
  'a client that goes in the middle leaves no file open',
  async () => {
    const { url } = await uploadLarge()
    const sockets = await Promise.all(Array.from({ length: 10 }, () => begin(url)))
    expect((await openFiles()).length).toBe(10)
    for (const [index, socket] of sockets.entries()) {
      if (index % 2) socket.resetAndDestroy()
      else socket.destroy()
    }
    await until(async () => (await openFiles()).length === 0)
  },
)

test('a file that ends early breaks the answer off, and the server goes on', async () => {
  const { url, path, sizeBytes } = await uploadLarge()
  await truncate(path, sizeBytes / 2)
  const response = await fetch(url)
  expect(response.status).toBe(200)
  await expect(response.arrayBuffer()).rejects.toThrow()
  expect((await get()).status).toBe(200)
  // A part that is there is sent.
  expect(await bodyOf(await get({ range: 'bytes=0-99' }, url))).toHaveLength(100)
})
