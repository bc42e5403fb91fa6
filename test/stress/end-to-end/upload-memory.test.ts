import { createHash } from 'node:crypto'
import { createReadStream, openAsBlob } from 'node:fs'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../../support/client.ts'
import { writeLargeVideo } from '../../support/media/clips.ts'
import { makeLibrary, queryDatabase } from '../../support/library/library.ts'
import { photograph } from '../../support/media/pictures.ts'
import { runToEnd, until } from '../../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../../support/server.ts'

cleanUpServers()

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wordloom-e2e-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Makes a PNG of noise in a process of its own, so that its memory is nobody's. About three bytes a pixel. */
async function noiseFile(side: number, name: string) {
  const path = join(folder, name)
  const program = `
    import sharp from 'sharp'
    const noise = { type: 'gaussian', mean: 128, sigma: 60 }
    await sharp({ create: { width: ${side}, height: ${side}, channels: 3, background: '#808080', noise } })
      .png({ compressionLevel: 0 }).toFile(${JSON.stringify(path)})`
  const { exitCode, output } = await runToEnd(['--input-type=module', '--eval', program])
  if (exitCode !== 0) throw new Error(output)
  return path
}

async function sha256Of(path: string) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

interface Uploaded {
  readonly __typename: string
  readonly media?: { readonly url: string; readonly thumbnailUrl: string; readonly sha256: string }
}

async function upload(client: Client, slot: object, file: Blob, fileName: string) {
  const answer = await client.upload({ slot }, file, fileName)
  expect(answer.errors).toEqual([])
  const { uploadMedia } = answer.data as { uploadMedia: Uploaded }
  expect(uploadMedia.__typename).toBe('UploadMediaSuccess')
  if (!uploadMedia.media) throw new Error('There is no medium.')
  return uploadMedia.media
}

/** What `npm start` sets for the server. */
async function startEnvironment() {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: { start: string } }
  const set = [...scripts.start.matchAll(/(\w+)=(\S+) /g)]
  return Object.fromEntries(set.map(([, name = '', value = '']) => [name, value]))
}

/** Waits until the jobs have made every thumbnail of this many pictures. */
const thumbnailsMade = (server: RunningServer, pictures: number) =>
  until(async () => {
    await delay(200)
    const [row] = await queryDatabase<{ made: number }>(
      server,
      `select count(*)::int as made from blobs where processing_status = 'READY'`,
    )
    return row?.made === pictures
  })

/** The largest resident set of a process so far, in bytes. */
async function peakMemory(pid: number | undefined) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}

test.skipIf(process.platform !== 'linux')(
  'a picture of 100 MB is taken within 64 MB of memory, and made smaller within 128',
  async () => {
    const server = await startServer(await startEnvironment())
    const client = new Client(server.url)
    const { images } = await makeLibrary(client)
    const { pid } = server.process
    await upload(client, images, new Blob([Uint8Array.from(await photograph())]), 'warm-up.jpg')
    await thumbnailsMade(server, 1)

    const path = await noiseFile(5900, 'large.png')
    expect((await stat(path)).size).toBeGreaterThan(100_000_000)
    // Makes the peak what is resident now.
    await writeFile(`/proc/${pid}/clear_refs`, '5')
    const before = await peakMemory(pid)
    const media = await upload(client, images, await openAsBlob(path), 'large.png')
    const uploaded = await peakMemory(pid)
    await thumbnailsMade(server, 2)
    const after = await peakMemory(pid)
    const megabytes = (bytes: number) => Math.round(bytes / 1024 ** 2)
    console.log(
      `Memory in MB: ${megabytes(before)} before, at most ${megabytes(uploaded)} while uploading, ` +
        `at most ${megabytes(after)} with its thumbnails`,
    )
    expect(media.sha256).toBe(await sha256Of(path))
    expect(uploaded - before).toBeLessThan(64 * 1024 ** 2)
    // It is decoded once, and each size is encoded as WebP and as AVIF.
    expect(after - before).toBeLessThan(128 * 1024 ** 2)
    await server.stop()
  },
)

test.skipIf(process.platform !== 'linux')(
  'a video of 500 MB is taken within 64 MB of memory, and read back in parts',
  async () => {
    const server = await startServer(await startEnvironment())
    const client = new Client(server.url)
    const { blockId, images } = await makeLibrary(client)
    const videos = { ownerType: 'BLOCK', ownerId: blockId, role: 'VIDEO' }
    const { pid } = server.process
    await upload(client, images, new Blob([Uint8Array.from(await photograph())]), 'warm-up.jpg')
    await thumbnailsMade(server, 1)
    const warm = join(folder, 'warm-up.mp4')
    await writeLargeVideo(warm, 5_000_000)
    await upload(client, videos, await openAsBlob(warm), 'warm-up.mp4')

    const path = join(folder, 'large.mp4')
    const sizeBytes = 500 * 1024 * 1024
    const sha256 = await writeLargeVideo(path, sizeBytes)
    await writeFile(`/proc/${pid}/clear_refs`, '5')
    const before = await peakMemory(pid)
    const media = await upload(client, videos, await openAsBlob(path), 'large.mp4')
    const after = await peakMemory(pid)
    console.log(`Memory in MB: ${before / 1024 ** 2} before, at most ${after / 1024 ** 2} while uploading`)
    expect(media.sha256).toBe(sha256)
    expect(after - before).toBeLessThan(64 * 1024 ** 2)
    const end = await fetch(media.url, { headers: { range: 'bytes=-1000' } })
    expect([end.status, end.headers.get('content-range')]).toEqual([
      206,
      `bytes ${sizeBytes - 1000}-${sizeBytes - 1}/${sizeBytes}`,
    ])
    const tail = Buffer.alloc(1000)
    const file = await open(path)
    await file.read(tail, 0, 1000, sizeBytes - 1000)
    await file.close()
    expect(Buffer.from(await end.arrayBuffer())).toEqual(tail)
    await server.stop()
    await rm(path)
  },
)

test.skipIf(process.platform !== 'linux')(
  'a text and a JSON of 100 MiB are read within 64 MB of memory, while the server answers',
  async () => {
    const server = await startServer(await startEnvironment())
    const client = new Client(server.url)
    const { blockId, images } = await makeLibrary(client)
    const attachments = { ownerType: 'BLOCK', ownerId: blockId, role: 'ATTACHMENT' }
    const { pid } = server.process
    await upload(client, images, new Blob([Uint8Array.from(await photograph())]), 'warm-up.jpg')
    await thumbnailsMade(server, 1)
    await upload(client, attachments, new Blob(['warm-up']), 'warm-up.txt')

    const mebibytes = 100
    const line = (text: string) =>
      Buffer.from(text.repeat(Math.ceil(1024 ** 2 / text.length))).subarray(0, 1024 ** 2)
    const texts = {
      'large.txt': Array.from({ length: mebibytes }, () => line('Lines of words.\n')),
      'large.json': [
        ...[
          Buffer.from('['),
          Buffer.from('[1,{"a":"b"}],'.repeat(74_898 * (mebibytes - 1))),
          Buffer.from('0]'),
        ],
      ],
    }
    for (const [name, parts] of Object.entries(texts)) {
      const path = join(folder, name)
      await writeFile(path, parts)
      await writeFile(`/proc/${pid}/clear_refs`, '5')
      const before = await peakMemory(pid)
      const started = performance.now()
      let slowest = 0
      const uploaded = new AbortController()
      const asking = (async () => {
        while (!uploaded.signal.aborted) {
          const asked = performance.now()
          await fetch(`${server.url}/health/live`)
          slowest = Math.max(slowest, performance.now() - asked)
          await delay(20)
        }
      })()
      const { sha256 } = await upload(client, attachments, await openAsBlob(path), name)
      uploaded.abort()
      await asking
      const after = await peakMemory(pid)
      console.log(
        `${name}: ${Math.round(performance.now() - started)} ms, memory in MB ${before / 1024 ** 2} before, at most ` +
          `${after / 1024 ** 2}; slowest answer meanwhile ${Math.round(slowest)} ms`,
      )
      expect(sha256).toBe(await sha256Of(path))
      expect(after - before).toBeLessThan(64 * 1024 ** 2)
      await rm(path)
    }
    const types = await queryDatabase<{ mimeType: string }>(
      server,
      `select mime_type as "mimeType" from blobs where size_bytes > 1000000 order by mime_type`,
    )
    expect(types.map(({ mimeType }) => mimeType)).toEqual(['application/json', 'text/plain'])
    await server.stop()
  },
)

test('sixteen uploads at once end complete and right', async () => {
  const server = await startServer()
  const client = new Client(server.url)
  const { images } = await makeLibrary(client)
  const bytes = await readFile(await noiseFile(1420, 'one.png'))
  expect(bytes.length).toBeGreaterThan(6_000_000)
  // Bytes after the end of a PNG belong to the file all the same, and make each another one.
  const files = Array.from({ length: 16 }, (_, index) =>
    Buffer.concat([bytes, Buffer.from(`picture ${index}`)]),
  )

  await Promise.all(
    files.map(async (file, index) => {
      const sha256 = createHash('sha256').update(file).digest('hex')
      const media = await upload(client, images, new Blob([file]), `picture ${index}.png`)
      expect(media.sha256).toBe(sha256)
      const download = Buffer.from(await (await fetch(media.url)).arrayBuffer())
      expect(createHash('sha256').update(download).digest('hex')).toBe(sha256)
      const thumbnail = await fetch(media.thumbnailUrl)
      expect(thumbnail.status).toBe(200)
      expect((await thumbnail.arrayBuffer()).byteLength).toBeGreaterThan(100)
    }),
  )
  const [rows] = await queryDatabase<{ media: number }>(server, 'select count(*)::int as media from media')
  expect(rows?.media).toBe(16)
  await server.stop()
})
