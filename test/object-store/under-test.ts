import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import type { FileStorage } from '../../src/storage/file-storage.ts'
import type { S3Config } from '../../src/storage/s3-client.ts'
import { openS3Storage } from '../../src/storage/s3-storage.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { makeBucket, type TestBucket, testStore } from '../support/object-store.ts'

/** Makes a bucket for the tests of a `describe`, and storages in it that know nothing of each other. */
export function useBucket() {
  let made: TestBucket | undefined
  const bucket = () => {
    if (!made) throw new Error('There is no bucket yet.')
    return made
  }
  removeTemporaryFolders()
  beforeAll(async () => {
    if (testStore) made = await makeBucket(testStore)
  })
  afterAll(() => made?.drop())

  const openNew = async (change: Partial<S3Config> = {}) => {
    const prefix = `${randomBytes(8).toString('hex')}/`
    const scratch = await temporaryFolder()
    const storage = await openS3Storage({ ...bucket().config(prefix), ...change }, scratch)
    const count = async () =>
      (await bucket().objects(prefix)).length +
      (await bucket().pending(prefix)).length +
      (await readdir(join(scratch, 'incoming'))).length
    const putForeign = async (name: string) => {
      const { client, name: Bucket } = bucket()
      await client.send(new PutObjectCommand({ Bucket, Key: prefix + name, Body: 'x' }))
    }
    return { storage, prefix, scratch, count, putForeign }
  }
  return { bucket, openNew }
}

export async function receive(storage: FileStorage, bytes: Buffer) {
  const chunks = []
  for (let at = 0; at < bytes.length; at += 65_536) chunks.push(bytes.subarray(at, at + 65_536))
  const file = await storage.receive(Readable.from(chunks), bytes.length)
  if (file instanceof Failure) throw new Error(file.message)
  return file
}
