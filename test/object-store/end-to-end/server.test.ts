import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from '../../support/client.ts'
import { makeLibrary, queryDatabase } from '../../support/library/library.ts'
import { howToGetAStore, makeBucket, type TestBucket, testStore } from '../../support/object-store.ts'
import { noise, photograph } from '../../support/media/pictures.ts'
import { postgresPid, runToEnd, until } from '../../support/processes.ts'
import { startProxy } from '../../support/proxy.ts'
import { cleanUpServers, type RunningServer, startServer } from '../../support/server.ts'

if (!testStore) console.log(`No test of a server with an object store. ${howToGetAStore}`)

const readiness = async ({ url }: RunningServer) => (await fetch(`${url}/health/ready`)).status

describe.skipIf(!testStore)('a server with an object store', () => {
  let bucket: TestBucket
  cleanUpServers()
  beforeAll(async () => {
    if (testStore) bucket = await makeBucket(testStore)
  })
  afterAll(() => bucket.drop())

  const environment = (prefix: string, endpoint = testStore?.endpoint ?? '') => ({
    STORAGE: 's3',
    S3_ENDPOINT: endpoint,
    S3_BUCKET: bucket.name,
    S3_PREFIX: prefix,
    S3_ACCESS_KEY_ID: testStore?.keys.accessKeyId ?? '',
    S3_SECRET_ACCESS_KEY: testStore?.keys.secretAccessKey ?? '',
  })

  async function uploaded(client: Client, slot: object, bytes: Buffer) {
    const answer = await client.upload({ slot }, new Blob([Uint8Array.from(bytes)]), 'picture.png')
    expect(answer.errors).toEqual([])
    return (answer.data as { uploadMedia: { media: { url: string; thumbnailUrl: string } } }).uploadMedia
      .media
  }

  test.each([
    ['bucket', { S3_BUCKET: 'wordloom-test-none' }, 'Check S3_BUCKET, or create the bucket'],
    ['secret', { S3_SECRET_ACCESS_KEY: 'wrong' }, 'Check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY'],
    ['endpoint', { S3_ENDPOINT: 'http://127.0.0.1:9' }, 'Check S3_ENDPOINT, and that the store is running'],
  ])('does not start with a wrong %s, and says what to look at', async (_what, wrong, advice) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'wordloom-e2e-'))
    const env = { ...environment('start'), ...wrong, PORT: '0', DATA_DIR: dataDir }
    const { exitCode, output } = await runToEnd(['dist/server.js'], env)
    expect(exitCode).toBe(1)
    expect(output).toContain(advice)
    expect(output).not.toContain('    at ')
    expect(await postgresPid(dataDir)).toBeNull()
    await rm(dataDir, { recursive: true })
  })

  test('serves whole files, parts of them and pictures made again, and keeps nothing on its disk', async () => {
    const server = await startServer(environment('serve'))
    const client = new Client(server.url)
    const bytes = await noise(1_500, 1_500)
    const { url, thumbnailUrl } = await uploaded(client, (await makeLibrary(client)).images, bytes)
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true)
    const part = await fetch(url, { headers: { range: `bytes=${bytes.length - 100}-` } })
    expect(part.status).toBe(206)
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(-100))).toBe(true)

    const thumbnail = Buffer.from(await (await fetch(thumbnailUrl)).arrayBuffer())
    const incoming = () => readdir(join(server.dataDir, 'storage/incoming'))
    await until(async () => (await incoming()).length === 0)
    for (const { key } of await bucket.objects('serve/thumbnails')) await bucket.remove(key)
    const again = await fetch(thumbnailUrl)
    expect([again.status, Buffer.from(await again.arrayBuffer()).equals(thumbnail)]).toEqual([200, true])
    await until(async () => (await incoming()).length === 0)
    expect((await readdir(join(server.dataDir, 'storage'))).sort()).toEqual(['incoming', 'partial'])
    expect(await readdir(join(server.dataDir, 'storage/partial'))).toEqual([])
    await until(() => server.output().includes('"job":"sweep-storage"'))
    await server.stop()
  })

  test('that is lost in the middle refuses what it cannot do, keeps nothing by halves, and goes on when it is back', async () => {
    const proxy = await startProxy(testStore?.endpoint ?? '')
    const server = await startServer(environment('outage', proxy.url))
    const client = new Client(server.url)
    const { images } = await makeLibrary(client)
    const photo = await photograph()
    const before = await uploaded(client, images, photo)
    const rows =
      'select (select count(*)::int from blobs) as blobs, (select count(*)::int from media) as media'

    const large = await noise(2_200, 2_200)
    let sent = 0
    proxy.onReceived((received) => {
      sent ||= received
      if (received - sent > 6 * 1024 * 1024) proxy.down()
    })
    const lost = await client.upload({ slot: images }, new Blob([Uint8Array.from(large)]), 'noise.png')
    expect(lost.errors[0]?.extensions?.code).toBe('STORAGE_UNAVAILABLE')
    expect(lost.errors[0]?.message).toContain(lost.errors[0]?.extensions?.requestId)
    await expect.poll(() => server.output()).toContain('The object store cannot be reached')
    expect(await queryDatabase(server, rows)).toEqual([{ blobs: 1, media: 1 }])
    expect(await bucket.objects('outage/files')).toHaveLength(1)
    expect(await readdir(join(server.dataDir, 'storage/incoming'))).toEqual([])
    // Bytes that are stored already are looked for.
    const again = await client.upload({ slot: images }, new Blob([Uint8Array.from(photo)]), 'photo.jpg')
    expect(again.errors[0]?.extensions?.code).toBe('STORAGE_UNAVAILABLE')
    expect((await fetch(before.url)).status).toBe(503)
    expect(await readiness(server)).toBe(503)
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200)

    proxy.onReceived(() => {})
    proxy.up()
    await until(async () => (await readiness(server)) === 200)
    const after = await uploaded(client, images, large)
    expect(Buffer.from(await (await fetch(after.url)).arrayBuffer()).equals(large)).toBe(true)
    expect((await fetch(before.url)).status).toBe(200)
    expect(await queryDatabase(server, rows)).toEqual([{ blobs: 2, media: 2 }])
    expect(await server.stop()).toBe(0)
    proxy.close()
  })
})
