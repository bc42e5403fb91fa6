import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { FileStore } from '@tus/file-store'
import { type DataStore, ERRORS } from '@tus/server'
import { outage } from './store-error.ts'

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
  const create = store.create.bind(store)
  store.create = (upload) => create(upload).catch(told)
  // The package does not tell why it could not. Nor does a pipeline: its source is told first, and tells whoever gave it.
  store.write = async (source, id, offset) => {
    const file = createWriteStream(pathOf(id), { flags: 'r+', start: offset })
    source.once('error', (error) => file.destroy(error))
    await finished(source.pipe(file)).catch(told)
    return offset + file.bytesWritten
  }

  return {
    store,
    received: (id) => receivedIn(store, id),
    read: (id) => createReadStream(pathOf(id), { highWaterMark: 256 * 1024 }),
    remove: async (id) => {
      for (const path of [pathOf(id), `${pathOf(id)}.json`]) await rm(path, { force: true }).catch(told)
    },
  }
}

function told(error: unknown): never {
  throw outage(error)
}

async function receivedIn(store: DataStore, id: string): Promise<number | undefined> {
  try {
    return (await store.getUpload(id)).offset
  } catch (error) {
    if (error === ERRORS.FILE_NOT_FOUND || error === ERRORS.FILE_NO_LONGER_EXISTS) return undefined
    throw error
  }
}
