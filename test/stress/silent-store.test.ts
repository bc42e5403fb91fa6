import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { storedKey } from '../../src/domain/storage-key.ts'
import { StorageUnavailable } from '../../src/domain/storage-unavailable.ts'
import { Failure } from '../../src/domain/failure.ts'
import type { FileStorage } from '../../src/storage/file-storage.ts'
import { openS3Storage } from '../../src/storage/s3-storage.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'

/** Short, so that the tests are. */
const limitMs = 1_000
const megabyte = 1024 * 1024
const key = storedKey('files/1700000000000-mp4-123456789012')

removeTemporaryFolders()
const servers = new Set<Server>()
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers.clear()
})

/** A store that does only what a test needs. */
async function openStore(respond: RequestListener) {
  const server = createServer(respond)
  servers.add(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const config = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    bucket: 'bucket',
    prefix: '',
    keys: { accessKeyId: 'a', secretAccessKey: 'b' },
    forcePathStyle: true,
  }
  return openS3Storage(config, await temporaryFolder(), limitMs)
}

async function received(storage: FileStorage, bytes: Buffer) {
  const file = await storage.receive(Readable.from([bytes]), bytes.length)
  if (file instanceof Failure) throw new Error(file.message)
  return file
}

const operations: readonly [string, (storage: FileStorage) => Promise<unknown>][] = [
  ['a look', (storage) => storage.size(key)],
  ['a read', (storage) => buffer(storage.read(key))],
  ['a copy for a program', (storage) => storage.openLocally(key)],
  ['a thumbnail', (storage) => storage.putThumbnail(storedKey('thumbnails/a-b'), randomBytes(10))],
  ['a removal', (storage) => storage.remove(key)],
  ['a listing', (storage) => storage.list('files')[Symbol.asyncIterator]().next()],
  ['a sweep', (storage) => storage.sweep(new Date())],
]

describe('a store that takes requests and answers none', () => {
  test.each(operations)('fails %s in time', async (_what, work) => {
    let requests = 0
    const storage = await openStore(() => (requests += 1))
    await expect(work(storage)).rejects.toBeInstanceOf(StorageUnavailable)
    // A repetition would take as long again.
    expect(requests).toBe(1)
  })

  test.each([1, 12])('fails the upload of %d MB, also when it takes a part of it', async (size) => {
    const storage = await openStore((request, response) => {
      if (request.method === 'HEAD' || request.method === 'DELETE') response.writeHead(404).end()
      else if (request.method === 'POST') response.end(started)
      else request.once('data', () => request.pause())
    })
    const file = await received(storage, randomBytes(size * megabyte))
    await expect(storage.keep(file, 'mp4', new Date())).rejects.toBeInstanceOf(StorageUnavailable)
  })

  test('fails a read in the middle', async () => {
    const storage = await openStore((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('a part')
    })
    await expect(buffer(storage.read(key))).rejects.toThrow('The object store stopped sending')
  })
})

const started =
  '<?xml version="1.0"?><InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>'

test('an upload may take longer than that, as long as it moves', async () => {
  let [bytes, parts] = [0, 0]
  const storage = await openStore((request, response) => {
    if (request.method === 'HEAD') return response.writeHead(404).end()
    if (request.method === 'POST') return request.resume().once('end', () => response.end(started))
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    request.once('end', () => {
      parts += 1
      setTimeout(() => response.setHeader('etag', '"1"').end(), limitMs / 2)
    })
  })
  const startedAt = performance.now()
  await storage.keep(await received(storage, randomBytes(30 * megabyte)), 'mp4', new Date())
  expect([bytes, parts]).toEqual([30 * megabyte, 6])
  expect(performance.now() - startedAt).toBeGreaterThan(limitMs)
})

test('a slow reader gets everything', async () => {
  const bytes = randomBytes(4 * megabyte)
  const storage = await openStore((_request, response) => response.end(bytes))
  const parts: Buffer[] = []
  for await (const chunk of storage.read(key)) {
    if (parts.push(chunk as Buffer) === 2) await delay(2 * limitMs)
  }
  expect(Buffer.concat(parts).equals(bytes)).toBe(true)
})
