import type { Readable } from 'node:stream'
import type { StorageCategory, StorageKey } from '../domain/storage-key.ts'
import type { FileTooLarge } from '../domain/upload-limits.ts'

/** A file that has arrived whole but is not kept yet. It lies on the server's own disk. */
export interface ReceivedFile {
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
  /** The first bytes, enough to tell the type. */
  readonly head: Uint8Array
}

export interface ByteRange {
  /** First and last byte, both included. */
  readonly start: number
  readonly end: number
}

/** How a store sends an object to a client that comes with a presigned URL. */
export interface PresignedRead {
  readonly contentType: string
  readonly contentDisposition: string
  /** At most seven days. */
  readonly expiresInSeconds: number
}

/** The largest size in bytes, or how to tell it from the beginning of the file. */
export type SizeLimit = number | ((head: Uint8Array) => Promise<number>)

/** An object as its store tells of it. */
export interface StoredObject {
  readonly key: StorageKey
  readonly sizeBytes: number
  /** When it was written last, by the clock of the store. */
  readonly modifiedAt: Date
}

export interface ObjectPage {
  readonly objects: readonly StoredObject[]
  /** How many others were met that do not have such names as are made here: somebody else put them there. */
  readonly others: number
}

/** Where the bytes are. The only thing that knows of paths; everything is found by the key in a row. */
export interface FileStorage {
  /**
   * Streams a file in, with constant memory, and stops at its limit. Throws when the source breaks off, and then leaves
   * nothing behind.
   */
  receive(source: Readable, limit: SizeLimit): Promise<ReceivedFile | FileTooLarge>
  /** Drops a received file that is not kept. Without effect when it is gone. */
  discard(file: ReceivedFile): Promise<void>
  /**
   * Keeps a received file as a new original: when this returns, it survives a crash. The key is made of the time, the
   * extension and a random number, and never used twice.
   */
  keep(file: ReceivedFile, extension: string, now: Date): Promise<StorageKey>
  /** Stores a thumbnail, complete or not at all, in place of the one that was there. */
  putThumbnail(key: StorageKey, bytes: Uint8Array): Promise<void>
  /** The size in bytes, or null when there is no such object. */
  size(key: StorageKey): Promise<number | null>
  /** What the store tells of an object, or null when there is none. */
  stat(key: StorageKey): Promise<StoredObject | null>
  /** The bytes, or a part of them. Fails on the stream when there is no such object. */
  read(key: StorageKey, range?: ByteRange): Readable
  /**
   * What is stored, in pages of at most 1,000 and in no order, with the memory of one. What comes or goes meanwhile may be in it
   * or not.
   */
  list(category: StorageCategory): AsyncIterable<ObjectPage>
  /** Without effect when there is no such object; throws when its store is not there. */
  remove(key: StorageKey): Promise<void>
  /**
   * A URL by which whoever has it reads the object from the store itself, until it expires. The store sends no header but
   * those asked for, so what could run in a browser must not go this way. Undefined: only this server can read.
   */
  readonly presignedUrl?: (key: StorageKey, read: PresignedRead) => Promise<string>
  /** The path of a file with these bytes for programs that need one; call `release` after use. */
  openLocally(key: StorageKey): Promise<{ path: string; release(): Promise<void> }>
  /** Removes what uploads that broke off before this time left behind: parts and half-received files, never an object. */
  sweep(before: Date): Promise<void>
  /** Throws, saying what to do, when nothing can be stored. */
  check(): Promise<void>
}
