import { createHash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { makeLibrary, queryDatabase, stored } from '../support/library/library.ts'
import { noise } from '../support/media/pictures.ts'
import { until } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'
import { begin, call, send } from '../support/media/resumable.ts'
import { dropDisk, setWritable, smallDisk } from '../support/small-disk.ts'
import { inObjectStore } from '../support/media/stored-files.ts'

const disk = smallDisk(2)
if (disk instanceof Error) console.log(`No test of a full disk: ${disk.message}`)

describe.skipIf(disk instanceof Error)('on a full disk', () => {
  const storageDir = String(disk)
  const filler = join(storageDir, 'filler')
  let server: RunningServer
  let client: Client
  let slot: object

  cleanUpServers()
  afterAll(() => dropDisk(storageDir))
  beforeAll(async () => {
    server = await startServer({ STORAGE_DIR: storageDir })
    client = new Client(server.url)
    slot = (await makeLibrary(client)).cover
  })
  beforeEach(() => rm(filler, { force: true }))

  /** What is stored, with no thumbnail being made just now: one that is dropped would make room. */
  async function settled() {
    const rendering = `select from jobs where name = 'render-thumbnails'
      and (status = 'RUNNING' or status = 'QUEUED' and due_at <= now())`
    await until(async () => (await queryDatabase(server, rendering)).length === 0)
    await until(async () => (await stored(server, storageDir)).incoming === 0)
    return stored(server, storageDir)
  }

  const upload = async (side: number) => {
    const bytes = await noise(side, side)
    const answer = await client.upload({ slot }, new Blob([Uint8Array.from(bytes)]), 'noise.png')
    return { answer, bytes }
  }

  async function expectRefused({ answer }: Awaited<ReturnType<typeof upload>>, before: object) {
    const [error] = answer.errors
    expect([answer.status, error?.extensions?.code]).toEqual([503, 'STORAGE_UNAVAILABLE'])
    expect(error?.message).toContain(inObjectStore ? 'The storage of this server' : 'is full (ENOSPC)')
    expect(error?.message).toContain(error?.extensions?.requestId)
    // What it printed comes through a pipe, which may be later than its answer.
    await expect.poll(() => server.output()).toContain(`"reqId":"${error?.extensions?.requestId}"`)
    expect(await settled()).toEqual(before)
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
  }

  async function expectTaken({ answer, bytes }: Awaited<ReturnType<typeof upload>>) {
    expect(answer.errors).toEqual([])
    const { media } = (answer.data as { uploadMedia: { media: { url: string; sha256: string } } }).uploadMedia
    const download = Buffer.from(await (await fetch(media.url)).arrayBuffer())
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect([media.sha256, createHash('sha256').update(download).digest('hex')]).toEqual([sha256, sha256])
  }

  test('a picture that is larger than the disk is refused, and a smaller one after it is taken', async () => {
    const before = await settled()
    await expectRefused(await upload(1000), before)
    await expectTaken(await upload(200))
  })

  test('a disk without a free byte takes no picture, and does again when there is room', async () => {
    const before = await settled()
    await writeFile(filler, Buffer.alloc(4 * 1024 * 1024)).catch(() => null)
    await expectRefused(await upload(100), before)
    const form = new FormData()
    form.append('file', new Blob([Uint8Array.from(await noise(100, 100))]), 'noise.png')
    const answer = await fetch(`${server.url}/api/images`, { method: 'POST', body: form })
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({
      error: expect.stringContaining('The storage of this server') as string,
    })
    await rm(filler)
    await expectTaken(await upload(100))
  })

  test('an upload in pieces is told that the disk is full, and goes on when there is room', async () => {
    const slotOf = slot as Record<string, string>
    const bytes = await noise(90, 90)
    const { url } = await begin(server.url, bytes.length, slotOf)
    await writeFile(filler, Buffer.alloc(4 * 1024 * 1024)).catch(() => null)
    const refused = await send(url, 0, bytes)
    expect(refused.status).toBe(503)
    expect(await refused.json()).toEqual({
      errors: [
        {
          message: expect.stringContaining('is full (ENOSPC)') as string,
          extensions: { code: 'STORAGE_UNAVAILABLE' },
        },
      ],
    })
    const another = await begin(server.url, 10, slotOf)
    expect(another.response.status).toBe(503)
    // Nothing is held for what could not begin.
    expect(await queryDatabase(server, 'select id from resumable_uploads')).toHaveLength(1)
    await rm(filler)
    const offset = Number((await call(url, 'HEAD')).headers.get('upload-offset'))
    expect((await send(url, offset, bytes.subarray(offset))).status).toBe(200)
  })

  test('a disk that became read-only takes nothing, and does again when it can be written', async () => {
    const before = await settled()
    setWritable(storageDir, false)
    try {
      const { answer } = await upload(100)
      const [error] = answer.errors
      expect([answer.status, error?.extensions?.code]).toEqual([503, 'STORAGE_UNAVAILABLE'])
      await expect.poll(() => server.output()).toContain('EROFS')
      expect(await stored(server, storageDir)).toEqual(before)
    } finally {
      setWritable(storageDir, true)
    }
    await expectTaken(await upload(100))
  })

  test('pictures that race for the last room are each taken whole or refused', async () => {
    const before = await settled()
    const results = await Promise.all([300, 301, 302, 303, 304, 305, 306, 307].map(upload))
    const taken = results.filter(({ answer }) => answer.errors.length === 0)
    expect(taken.length).toBeGreaterThan(0)
    // To an object store a file leaves the disk when it is whole, and so makes room.
    if (!inObjectStore) expect(taken.length).toBeLessThan(results.length)
    const after = await settled()
    expect(after).toEqual({
      blobs: (before.blobs ?? 0) + taken.length,
      media: (before.media ?? 0) + taken.length,
      files: before.files + taken.length,
      incoming: 0,
    })
  })
})
