import { type FileHandle, open } from 'node:fs/promises'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { ReceivedFile } from './file-storage.ts'
import { answer, shortTimeoutMs } from './s3-client.ts'
import { StoreError } from './store-error.ts'

/** The smallest that stores take. Each of those under way is a buffer that is used again and again. */
const partBytes = 5 * 1024 * 1024
const partsAtOnce = 2
/** Stores take no more than 10,000. */
const mostParts = 9_000

interface Place {
  readonly Bucket: string
  readonly Key: string
}

/**
 * Stores a file under a key that nothing has: small ones in one request, others in parts. The store shows the object when
 * it is whole. Parts of an upload that fails are dropped, now or, when the store is gone, by `dropPending`.
 */
export async function uploadFile(client: S3Client, place: Place, { path, sizeBytes }: ReceivedFile) {
  const file = await open(path, 'r')
  let UploadId: string | undefined
  try {
    if (sizeBytes <= partBytes) {
      const Body = await readPart(file, Buffer.alloc(sizeBytes), 0)
      await answer(client.send(new PutObjectCommand({ ...place, Body })))
      return
    }
    ;({ UploadId } = await answer(client.send(new CreateMultipartUploadCommand(place))))
    const Parts = await uploadParts(client, { ...place, UploadId }, file, sizeBytes)
    const complete = { ...place, UploadId, MultipartUpload: { Parts } }
    await answer(client.send(new CompleteMultipartUploadCommand(complete)))
  } catch (error) {
    await dropFailed(client, place, UploadId)
    throw error
  } finally {
    await file.close()
  }
}

/** Sends a file in parts. All have ended when this returns or throws, so none comes after they were dropped. */
async function uploadParts(
  client: S3Client,
  upload: Place & { UploadId: string | undefined },
  file: FileHandle,
  sizeBytes: number,
) {
  const size = Math.max(partBytes, Math.ceil(sizeBytes / mostParts))
  const parts: CompletedPart[] = []
  let next = 0
  const sendSome = async () => {
    const space = Buffer.allocUnsafe(size)
    for (let at = next; at < sizeBytes; at = next) {
      next += size
      try {
        const Body = await readPart(file, space.subarray(0, Math.min(size, sizeBytes - at)), at)
        const PartNumber = at / size + 1
        const { ETag } = await answer(client.send(new UploadPartCommand({ ...upload, PartNumber, Body })))
        parts[PartNumber - 1] = { PartNumber, ETag }
      } catch (error) {
        next = sizeBytes
        throw error
      }
    }
  }
  const sent = await Promise.allSettled(Array.from({ length: partsAtOnce }, sendSome))
  const failed = sent.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
  return parts
}

/** Fills a buffer from a place in a file. */
async function readPart(file: FileHandle, space: Buffer, from: number) {
  for (let filled = 0; filled < space.length;) {
    const { bytesRead } = await file.read(space, filled, space.length - filled, from + filled)
    if (bytesRead === 0) throw new Error('A received file became shorter on the disk.')
    filled += bytesRead
  }
  return space
}

/** The answer to the last request may be what failed, so there may be a whole object: no row has its key. */
async function dropFailed(client: S3Client, place: Place, UploadId: string | undefined) {
  const soon = { abortSignal: AbortSignal.timeout(shortTimeoutMs) }
  await Promise.allSettled([
    ...(UploadId ? [client.send(new AbortMultipartUploadCommand({ ...place, UploadId }), soon)] : []),
    client.send(new DeleteObjectCommand(place), soon),
  ])
}

/** Drops the parts of uploads that began before a time, of the keys that `isOurs` knows. */
export async function dropPending(
  client: S3Client,
  { Bucket, Prefix }: { Bucket: string; Prefix: string },
  isOurs: (key: string) => boolean,
  before: Date,
) {
  for (let from = {}, more = true; more;) {
    const page = await answer(client.send(new ListMultipartUploadsCommand({ Bucket, Prefix, ...from })))
    for (const { Key = '', UploadId, Initiated } of page.Uploads ?? []) {
      if (!isOurs(Key) || !Initiated || Initiated >= before) continue
      // Another server may have dropped it meanwhile.
      const dropping = answer(client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })))
      await dropping.catch((error: unknown) => {
        if (!(error instanceof StoreError && error.missing)) throw error
      })
    }
    from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
    more = page.IsTruncated === true && page.NextKeyMarker !== undefined
  }
}
