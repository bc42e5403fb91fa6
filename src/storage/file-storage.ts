import type { Readable } from 'node:stream'
import type { StorageCategory, StorageKey } from '../domain/storage-key.ts'
import type { FileTooLarge } from '../domain/upload-limits.ts'

/** A file that arrived completely but is not kept yet. It is on the server's own disk. */
export interface ReceivedFile {
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
  /** The first bytes, enough to detect the type. */
  readonly head: Uint8Array
}

export interface ByteRange {
  /** The first and last byte, both inclusive. */
  readonly start: number
  readonly end: number
}

/** How a store sends an object to a client with a presigned URL. */
interface PresignedRead {
  readonly contentType: string
  readonly contentDisposition: string
  /** At most seven days. */
  readonly expiresInSeconds: number
}

/** The maximum size in bytes, or a function that determines it from the beginning of the file. */
export type SizeLimit = number | ((head: Uint8Array) => Promise<number>)

/** An object as reported by its store. */
export interface StoredObject {
  readonly key: StorageKey
  readonly sizeBytes: number
  /** When it was last written, by the clock of the store. */
  readonly modifiedAt: Date
}

export interface ObjectPage {
  readonly objects: readonly StoredObject[]
  /** The number of other objects, whose names were not made by this server. */
  readonly others: number
}

/** The place of the bytes. Only implementations know paths; everything else uses the key in a row. */
export interface FileStorage {
  /**
   * Streams a file in, with constant memory, and stops at its limit. If the source fails, it throws and leaves nothing
   * behind.
   */
  receive(source: Readable, limit: SizeLimit): Promise<ReceivedFile | FileTooLarge>
  /** Deletes a received file that is not kept. Has no effect if the file is gone. */
  discard(file: ReceivedFile): Promise<void>
  /**
   * Keeps a received file as a new original. When this returns, the file survives a crash. The key is made of the time,
   * the extension and a random number, and is never reused.
   */
  keep(file: ReceivedFile, extension: string, now: Date): Promise<StorageKey>
  /** Stores a thumbnail atomically and replaces an existing one. */
  putThumbnail(key: StorageKey, bytes: Uint8Array): Promise<void>
  /** The size in bytes, or null if there is no such object. */
  size(key: StorageKey): Promise<number | null>
  /** The store's information about an object, or null if there is no such object. */
  stat(key: StorageKey): Promise<StoredObject | null>
  /** The bytes, or a range of them. The stream fails if there is no such object. */
  read(key: StorageKey, range?: ByteRange): Readable
  /**
   * Lists the objects in pages of at most 1,000, unordered, with the memory of one page. Objects that are added or
   * removed meanwhile may or may not be listed.
   */
  list(category: StorageCategory): AsyncIterable<ObjectPage>
  /** Has no effect if there is no such object; throws if the store is unavailable. */
  remove(key: StorageKey): Promise<void>
  /**
   * A URL with which anyone can read the object directly from the store until it expires. The store sends only the
   * requested headers, so files that could run in a browser must not use it. Undefined if only this server can read.
   */
  readonly presignedUrl?: (key: StorageKey, read: PresignedRead) => Promise<string>
  /** The path of a file with these bytes, for programs that need one. Call `release` after use. */
  openLocally(key: StorageKey): Promise<{ path: string; release(): Promise<void> }>
  /**
   * Removes the remains of uploads that were interrupted before this time: parts and incomplete files, never an object.
   */
  sweep(before: Date): Promise<void>
  /** Throws an error that says what to do if the storage cannot store files. */
  check(): Promise<void>
}
