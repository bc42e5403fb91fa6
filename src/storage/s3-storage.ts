import { randomBytes, randomInt } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { fileKey, type StorageKey, storedKey } from '../domain/storage-key.ts'
import type { ByteRange, FileStorage } from './file-storage.ts'
import { listBucket } from './list-objects.ts'
import { receiveInto } from './receive.ts'
import { answer, checkBucket, openClient, type S3Config } from './s3-client.ts'
import { dropPending, uploadFile } from './s3-upload.ts'
import { removeOlder, staleSince } from './stale.ts'
import { StoreError, storeError } from './store-error.ts'

/** If the store sends nothing of an object for this long, it has stalled. */
const stalledMs = 30_000

/**
 * Objects in a bucket. Incoming files, and copies for programs, are in the folder `incoming` of `scratch`; servers need
 * not share it. Uses only features that every such store has: no conditional writes, lifecycle rules or batches.
 */
export async function openS3Storage(config: S3Config, scratch: string): Promise<FileStorage> {
  const incoming = join(scratch, 'incoming')
  await mkdir(incoming, { recursive: true })
  await removeOlder(incoming, staleSince(new Date()))
  const client = openClient(config)
  const draft = () => join(incoming, randomBytes(16).toString('hex'))
  const place = (key: StorageKey) => ({ Bucket: config.bucket, Key: config.prefix + storedKey(key) })

  const stat = async (key: StorageKey) => {
    try {
      const { ContentLength, LastModified } = await answer(client.send(new HeadObjectCommand(place(key))))
      return { key, sizeBytes: ContentLength ?? 0, modifiedAt: LastModified ?? new Date() }
    } catch (error) {
      if (error instanceof StoreError && error.missing) return null
      throw error
    }
  }
  const size = async (key: StorageKey) => (await stat(key))?.sizeBytes ?? null
  const read = (key: StorageKey, range?: ByteRange) =>
    Readable.from(bytesOf(client, place(key), range), { objectMode: false, highWaterMark: 256 * 1024 })

  return {
    receive: (source, limit) => receiveInto(draft(), source, limit),

    discard: ({ path }) => rm(path, { force: true }),

    keep: async (file, extension, now) => {
      const newKey = () => fileKey(now.getTime(), extension, randomInt(10 ** 12))
      let key = newKey()
      while ((await size(key)) !== null) key = newKey()
      await uploadFile(client, place(key), file)
      await rm(file.path, { force: true })
      return key
    },

    putThumbnail: async (key, Body) => {
      await answer(client.send(new PutObjectCommand({ ...place(key), Body })))
    },

    size,
    stat,
    read,

    list: (category) => listBucket(client, config, category),

    remove: async (key) => {
      await answer(client.send(new DeleteObjectCommand(place(key))))
    },

    presignedUrl: (key, { contentType, contentDisposition, expiresInSeconds }) => {
      const response = { ResponseContentType: contentType, ResponseContentDisposition: contentDisposition }
      const command = new GetObjectCommand({ ...place(key), ...response })
      return answer(getSignedUrl(client, command, { expiresIn: expiresInSeconds }))
    },

    openLocally: async (key) => {
      const path = draft()
      const release = () => rm(path, { force: true })
      try {
        await pipeline(read(key), createWriteStream(path, { flags: 'wx', mode: 0o600 }))
        return { path, release }
      } catch (error) {
        await release()
        throw error
      }
    },

    sweep: async (before) => {
      await removeOlder(incoming, before)
      const isOurs = (key: string) => /^files\/[a-z0-9-]+$/.test(key.slice(config.prefix.length))
      await dropPending(client, { Bucket: config.bucket, Prefix: `${config.prefix}files/` }, isOurs, before)
    },

    check: async () => {
      await checkScratch(draft())
      await checkBucket(client, config)
    },
  }
}

/** Streams the bytes of an object. Requests them on the first read, and stops when nobody reads on. */
async function* bytesOf(client: S3Client, place: { Bucket: string; Key: string }, range?: ByteRange) {
  const Range = range && `bytes=${range.start}-${range.end}`
  const { Body } = await answer(client.send(new GetObjectCommand({ ...place, Range })))
  const body = Body as Readable
  // Only while waiting for the store: the client may take its time.
  const watch = () =>
    setTimeout(() => body.destroy(new StoreError('The object store stopped sending.', false)), stalledMs)
  let stalled = watch()
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      clearTimeout(stalled)
      yield chunk
      stalled = watch()
    }
  } catch (error) {
    throw storeError(error)
  } finally {
    clearTimeout(stalled)
    body.destroy()
  }
}

async function checkScratch(path: string) {
  try {
    await writeFile(path, '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(
      `Cannot receive files in STORAGE_DIR (${code}). Check that the folder exists, its permissions and its ` +
        'free space.',
    )
  } finally {
    await rm(path, { force: true })
  }
}
