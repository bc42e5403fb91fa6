import { randomBytes } from 'node:crypto'
import { readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { StoreError } from '../../src/storage/store-error.ts'
import { howToGetAStore, testStore } from '../support/object-store.ts'
import { until } from '../support/processes.ts'
import { fileStorageContract } from '../storage/contract.ts'
import { receive, useBucket } from './under-test.ts'

if (!testStore) console.log(`No test of an object store. ${howToGetAStore}`)

describe.skipIf(!testStore)('an object store', () => {
  const { bucket, openNew } = useBucket()

  describe('keeps what every storage promises', () => {
    fileStorageContract(openNew)
  })

  test('has its objects below the prefix, by the keys that a folder would give them', async () => {
    const { storage, prefix } = await openNew()
    const now = new Date(1_795_302_000_000)
    const key = await storage.keep(await receive(storage, randomBytes(10)), 'jpg', now)
    await storage.putThumbnail('thumbnails/a-1', Buffer.from('a'))
    const objects = await bucket().objects(prefix)
    expect(objects.map((object) => object.key)).toEqual([prefix + key, `${prefix}thumbnails/a-1`])
  })

  test.each([
    [
      'a wrong secret',
      { keys: { accessKeyId: testStore?.keys.accessKeyId ?? '', secretAccessKey: 'wrong' } },
      'Check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY (SignatureDoesNotMatch)',
    ],
    [
      'an unknown key',
      { keys: { accessKeyId: 'unknown', secretAccessKey: 'wrong' } },
      'Check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY (InvalidAccessKeyId)',
    ],
    [
      'a bucket that is not there',
      { bucket: 'wordloom-test-none' },
      'Check S3_BUCKET, or create the bucket: the server does not create it (NoSuchBucket)',
    ],
    [
      'nothing at the endpoint',
      { endpoint: 'http://127.0.0.1:9' },
      'cannot be reached. Check S3_ENDPOINT, and that the store is running (ECONNREFUSED)',
    ],
  ])('tells %s in plain words, and nothing is left behind', async (_what, change, message) => {
    const { storage, scratch } = await openNew(change)
    await expect(storage.check()).rejects.toThrow(message)
    const file = await receive(storage, randomBytes(10))
    await expect(storage.keep(file, 'jpg', new Date())).rejects.toBeInstanceOf(StoreError)
    await storage.discard(file)
    await expect(storage.putThumbnail('thumbnails/a-1', Buffer.from('a'))).rejects.toThrow(message)
    await expect(buffer(storage.read('files/1-jpg-1'))).rejects.toThrow(message)
    await expect(storage.openLocally('files/1-jpg-1')).rejects.toThrow(message)
    expect(await readdir(join(scratch, 'incoming'))).toEqual([])
  })

  test('is not ready while the folder of what is on its way is gone', async () => {
    const { storage, scratch } = await openNew()
    await rename(join(scratch, 'incoming'), join(scratch, 'elsewhere'))
    await expect(storage.check()).rejects.toThrow('Cannot receive files in STORAGE_DIR (ENOENT)')
  })

  test('gives out URLs by which clients read from it, with the type and name they are told, for a while', async () => {
    const { storage } = await openNew()
    const bytes = randomBytes(1_000)
    const key = await storage.keep(await receive(storage, bytes), 'png', new Date())
    const headers = {
      contentType: 'image/png',
      contentDisposition: `attachment; filename="?.png"; filename*=UTF-8''%E7%8C%AB.png`,
    }
    const url = (await storage.presignedUrl?.(key, { ...headers, expiresInSeconds: 60 })) ?? ''
    const answer = await fetch(url)
    expect(answer.headers.get('content-type')).toBe(headers.contentType)
    expect(answer.headers.get('content-disposition')).toBe(headers.contentDisposition)
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true)
    const part = await fetch(url, { headers: { range: 'bytes=10-19' } })
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, bytes.subarray(10, 20)])
    expect((await fetch(url.replace('image%2Fpng', 'text%2Fhtml'))).status).toBe(403)

    const short = (await storage.presignedUrl?.(key, { ...headers, expiresInSeconds: 1 })) ?? ''
    await until(async () => (await fetch(short)).status === 403)
  })

  test('is swept of the parts of uploads that broke off long ago, but of no others', async () => {
    const { storage, prefix } = await openNew()
    const { client, name: Bucket, pending } = bucket()
    for (const key of ['files/1-jpg-1', 'files/1-jpg-1', 'files/2-mp4-2', 'others/1', 'files/not ours']) {
      const Key = prefix + key
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
      await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'part' }))
    }
    await storage.sweep(new Date(Date.now() - 60_000))
    expect(await pending(prefix)).toHaveLength(5)
    await storage.sweep(new Date(Date.now() + 60_000))
    expect((await pending(prefix)).sort()).toEqual([`${prefix}files/not ours`, `${prefix}others/1`])
  })

  test('is swept whole, however many uploads broke off', async () => {
    const { storage, prefix } = await openNew()
    const { client, name: Bucket, pending } = bucket()
    const begin = (number: number) =>
      client.send(new CreateMultipartUploadCommand({ Bucket, Key: `${prefix}files/${number}-jpg-1` }))
    for (let from = 0; from < 250; from += 50)
      await Promise.all(Array.from({ length: 50 }, (_, index) => begin(from + index)))
    await storage.sweep(new Date(Date.now() + 60_000))
    expect(await pending(prefix)).toEqual([])
  })
})
