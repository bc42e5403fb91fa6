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
import { inFolder, removeQuietly } from './folder-fault.ts'
import { listBucket } from './list-objects.ts'
import { receiveInto } from './receive.ts'
import { answer, checkBucket, openClient, type S3Config, silenceMs } from './s3-client.ts'
import { dropPending, uploadFile } from './s3-upload.ts'
import { removeOlder, staleSince } from './stale.ts'
import { StoreError, storeError } from './store-error.ts'

/**
 * Objects in a bucket. Incoming files, and copies for programs, are in the folder `incoming` of `scratch`; servers need
 * not share it. Uses only features that every such store has: no conditional writes, lifecycle rules or batches.
 */
export async function openS3Storage(
  config: S3Config,
  scratch: string,
  limitMs = silenceMs,
): Promise<FileStorage> {
  const incoming = join(scratch, 'incoming')
  await inFolder(mkdir(incoming, { recursive: true }))
  await removeOlder(incoming, staleSince(new Date()))
  const client = openClient(config, 'answer', limitMs)
  const sender = openClient(config, 'upload', limitMs)
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
    Readable.from(bytesOf(client, place(key), limitMs, range), {
      objectMode: false,
      highWaterMark: 256 * 1024,
    })

  return {
    receive: (source, limit) => receiveInto(draft(), source, limit),

    discard: ({ path }) => inFolder(rm(path, { force: true })),

    keep: async (file, extension, now) => {
      const newKey = () => fileKey(now.getTime(), extension, randomInt(10 ** 12))
      let key = newKey()
      while ((await size(key)) !== null) key = newKey()
      await uploadFile(sender, place(key), file)
      await removeQuietly(file.path)
      return key
    },

    putThumbnail: async (key, Body) => {
      await answer(sender.send(new PutObjectCommand({ ...place(key), Body })))
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
      const release = () => inFolder(rm(path, { force: true }))
      try {
        await pipeline(read(key), createWriteStream(path, { flags: 'wx', mode: 0o600 }))
        return { path, release }
      } catch (error) {
        await removeQuietly(path)
        throw error
      }
    },

    sweep: async (before) => {
      await inFolder(removeOlder(incoming, before))
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
async function* bytesOf(
  client: S3Client,
  place: { Bucket: string; Key: string },
  limitMs: number,
  range?: ByteRange,
) {
  const Range = range && `bytes=${range.start}-${range.end}`
  const { Body } = await answer(client.send(new GetObjectCommand({ ...place, Range })))
  const body = Body as Readable
  // Only while waiting for the store: the client may take its time.
  const watch = () =>
    setTimeout(() => body.destroy(new StoreError('The object store stopped sending.', false)), limitMs)
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
    const message =
      `Cannot receive files in STORAGE_DIR (${code}). Check that the folder exists, its permissions and its ` +
      'free space.'
    throw new StoreError(message, false, error)
  } finally {
    await removeQuietly(path)
  }
}
