import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { FileTooLarge } from '../domain/upload-limits.ts'
import { collectBuffers } from './collect-buffers.ts'
import { removeQuietly } from './folder-fault.ts'
import type { ReceivedFile, SizeLimit } from './file-storage.ts'

/** Chunks are collected up to this size and hashed while the previous ones are being written. */
const batchBytes = 1024 * 1024

/** How much of the beginning is kept for detecting the type: an SVG may begin with long comments. */
const headBytes = 16 * 1024

/**
 * Writes a stream to a new file and hashes it in one pass. When this returns, the file is on the disk. Memory stays at
 * two batches. If the source exceeds its limit, it is destroyed. A limit that depends on the beginning of the file does
 * not apply to a file shorter than that beginning. Unless the file is complete, nothing is left behind.
 */
export async function receiveInto(
  path: string,
  source: Readable,
  limit: SizeLimit,
): Promise<ReceivedFile | FileTooLarge> {
  // A source that fails while nobody reads it must not end the process.
  source.on('error', () => {})
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    source.destroy()
    throw error
  })
  const hash = createHash('sha256')
  const head: Buffer[] = []
  let headSize = 0
  let sizeBytes = 0
  let batch: Buffer[] = []
  let gathered = 0
  let writing: Promise<unknown> = Promise.resolve()
  let complete = false
  let maxBytes = typeof limit === 'number' ? limit : undefined

  const beginning = () => Buffer.concat(head).subarray(0, headBytes)
  const flush = async () => {
    const chunks = batch
    batch = []
    gathered = 0
    await writing
    writing = file.writev(chunks)
    writing.catch(() => {}) // The write is awaited before the next one and at the end.
    for (const chunk of chunks) hash.update(chunk)
  }

  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length
      if (headSize < headBytes) headSize += head.push(chunk) && chunk.length
      if (typeof limit === 'function' && headSize >= headBytes) maxBytes ??= await limit(beginning())
      if (maxBytes !== undefined && sizeBytes > maxBytes) return new FileTooLarge(maxBytes)
      collectBuffers(chunk.length)
      batch.push(chunk)
      gathered += chunk.length
      if (gathered >= batchBytes) await flush()
    }
    if (gathered > 0) await flush()
    await writing
    // A full disk can end a write early without an error.
    if ((await file.stat()).size !== sizeBytes)
      throw Object.assign(new Error('The disk stored only part of the file. It may be full.'), {
        code: 'ENOSPC',
      })
    await file.sync()
    complete = true
    return { path, sizeBytes, sha256: hash.digest('hex'), head: beginning() }
  } finally {
    await writing.catch(() => {})
    // The bytes are on the disk, or the upload failed already.
    await file.close().catch(() => {})
    if (!complete) await removeQuietly(path)
  }
}
