import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { FileStore } from '@tus/file-store'
import { type DataStore, ERRORS } from '@tus/server'

/** Files that arrive in pieces, until they are whole and received as any other. Ids are the server's own, never a client's text. */
export interface PartialUploads {
  /** What the server of the protocol writes to. */
  readonly store: DataStore
  /** How much is there, in bytes; undefined when there is no such upload. */
  received(id: string): Promise<number | undefined>
  read(id: string): Readable
  /** Without effect when there is no such upload. */
  remove(id: string): Promise<void>
}

/** Partial uploads as files of a folder, which all servers share. They are forgotten after `expiresMs`. */
export async function openLocalPartialUploads(folder: string, expiresMs: number): Promise<PartialUploads> {
  await mkdir(folder, { recursive: true })
  const store = new FileStore({ directory: folder, expirationPeriodInMilliseconds: expiresMs })
  // The size is known from the beginning: it is checked before anything is sent.
  store.extensions = store.extensions.filter((name) => name !== 'creation-defer-length')
  const pathOf = (id: string) => join(folder, id)

  return {
    store,
    received: (id) => receivedIn(store, id),
    read: (id) => createReadStream(pathOf(id), { highWaterMark: 256 * 1024 }),
    remove: async (id) => {
      await rm(pathOf(id), { force: true })
      await rm(`${pathOf(id)}.json`, { force: true })
    },
  }
}

async function receivedIn(store: DataStore, id: string): Promise<number | undefined> {
  try {
    return (await store.getUpload(id)).offset
  } catch (error) {
    if (error === ERRORS.FILE_NOT_FOUND || error === ERRORS.FILE_NO_LONGER_EXISTS) return undefined
    throw error
  }
}
