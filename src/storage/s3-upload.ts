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

/** The smallest part size that stores accept. Each concurrent part has a buffer that is reused. */
const partBytes = 5 * 1024 * 1024
const partsAtOnce = 2
/** Stores accept no more than 10,000. */
const mostParts = 9_000

interface Place {
  readonly Bucket: string
  readonly Key: string
}

/**
 * Stores a file under an unused key: small files in one request, others in parts. The store shows the object once it is
 * complete. If the upload fails, its parts are deleted now or, if the store is unavailable, by `dropPending`.
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
    await file.close().catch(() => {})
  }
}

/**
 * Sends a file in parts. All requests have ended when this returns or throws, so none can arrive after the parts were
 * deleted.
 */
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

/** Fills a buffer from an offset in a file. */
async function readPart(file: FileHandle, space: Buffer, from: number) {
  for (let filled = 0; filled < space.length;) {
    const { bytesRead } = await file.read(space, filled, space.length - filled, from + filled)
    if (bytesRead === 0) throw new Error('A received file became shorter on the disk.')
    filled += bytesRead
  }
  return space
}

/** Possibly only the answer to the last request was lost, so a complete object may exist; no row has its key. */
async function dropFailed(client: S3Client, place: Place, UploadId: string | undefined) {
  const soon = { abortSignal: AbortSignal.timeout(shortTimeoutMs) }
  await Promise.allSettled([
    ...(UploadId ? [client.send(new AbortMultipartUploadCommand({ ...place, UploadId }), soon)] : []),
    client.send(new DeleteObjectCommand(place), soon),
  ])
}

/** Deletes the parts of uploads that began before a time and whose keys `isOurs` accepts. */
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
      // Another server may have deleted it meanwhile.
      const dropping = answer(client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })))
      await dropping.catch((error: unknown) => {
        if (!(error instanceof StoreError && error.missing)) throw error
      })
    }
    from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
    more = page.IsTruncated === true && page.NextKeyMarker !== undefined
  }
}
