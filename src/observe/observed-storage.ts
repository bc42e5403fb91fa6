import type { Readable } from 'node:stream'
import type { FileStorage } from '../storage/file-storage.ts'
import type { Metrics } from './metrics.ts'

type Observer = Pick<Metrics, 'storageAnswered' | 'bytesMoved'>

const since = (startedAt: number) => (performance.now() - startedAt) / 1_000

/** The same storage, which reports how long it takes, its errors and the bytes that it moves. */
export function observedStorage(storage: FileStorage, metrics: Observer): FileStorage {
  const timed = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now()
    let failed = true
    try {
      const result = await work()
      failed = false
      return result
    } finally {
      metrics.storageAnswered(operation, since(startedAt), failed)
    }
  }
  const { presignedUrl } = storage
  return {
    ...storage,
    // How long it takes to receive a file is up to the client.
    keep: async (file, extension, now) => {
      const key = await timed('keep', () => storage.keep(file, extension, now))
      metrics.bytesMoved('written', file.sizeBytes)
      return key
    },
    putThumbnail: async (key, bytes) => {
      await timed('put_thumbnail', () => storage.putThumbnail(key, bytes))
      metrics.bytesMoved('written', bytes.byteLength)
    },
    size: (key) => timed('stat', () => storage.size(key)),
    stat: (key) => timed('stat', () => storage.stat(key)),
    read: (key, range) => observedStream(storage.read(key, range), metrics),
    remove: (key) => timed('remove', () => storage.remove(key)),
    openLocally: (key) => timed('open_locally', () => storage.openLocally(key)),
    sweep: (before) => timed('sweep', () => storage.sweep(before)),
    check: () => timed('check', () => storage.check()),
    ...(presignedUrl && {
      presignedUrl: (key, read) => timed('presign', () => presignedUrl(key, read)),
    }),
  }
}

/** Counts what a stream gives, on its way: another stream in between would take memory and time. */
function observedStream(stream: Readable, metrics: Observer): Readable {
  const startedAt = performance.now()
  let answered = false
  const answer = (failed: boolean) => {
    if (!answered) metrics.storageAnswered('read', since(startedAt), failed)
    answered = true
  }
  const push = stream.push.bind(stream)
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    answer(false)
    if (chunk instanceof Uint8Array) metrics.bytesMoved('read', chunk.byteLength)
    return push(chunk, encoding)
  }
  stream.once('error', () => answer(true))
  return stream
}
