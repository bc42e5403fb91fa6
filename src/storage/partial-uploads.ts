import { createReadStream, createWriteStream } from 'node:fs'
import { access, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { FileStore } from '@tus/file-store'
import { type DataStore, ERRORS } from '@tus/server'
import { streamsIn } from './folder-fault.ts'
import { outage } from './store-error.ts'

/**
 * Files that arrive in chunks, until they are complete and received like any other. The server makes the IDs, never
 * from a client's text.
 */
export interface PartialUploads {
  /** The protocol server writes to this store. */
  readonly store: DataStore
  /** The number of received bytes; undefined if there is no such upload. */
  received(id: string): Promise<number | undefined>
  read(id: string): Readable
  /** Has no effect if there is no such upload. */
  remove(id: string): Promise<void>
}

// The package would create the folder later, at a time that nothing can wait for. The server has created it by then.
FileStore.prototype['checkOrCreateDirectory'] = () => {}

/** Keeps partial uploads as files in a folder that all servers share. They expire after `expiresMs`. */
export async function openLocalPartialUploads(folder: string, expiresMs: number): Promise<PartialUploads> {
  await mkdir(folder, { recursive: true })
  const store = new FileStore({ directory: folder, expirationPeriodInMilliseconds: expiresMs })
  // The size is known from the beginning, so it is checked before the client sends anything.
  store.extensions = store.extensions.filter((name) => name !== 'creation-defer-length')
  const pathOf = (id: string) => join(folder, id)
  const create = store.create.bind(store)
  const expectFolder = () => access(folder).catch(throwOutage)
  store.create = async (upload) => {
    // The package would create the folder again, although the disk below it may be unmounted.
    await expectFolder()
    return create(upload).catch(throwOutage)
  }
  const getUpload = store.getUpload.bind(store)
  store.getUpload = (id) =>
    getUpload(id).catch(async (error: unknown) => {
      // Without the folder nothing is known of the upload.
      await expectFolder()
      throw error
    })
  // The package does not report why a write failed. Neither does a pipeline: it tells the source first, and the source
  // tells its owner.
  store.write = async (source, id, offset) => {
    const file = createWriteStream(pathOf(id), { flags: 'r+', start: offset })
    source.once('error', (error) => file.destroy(error))
    await finished(source.pipe(file)).catch(throwOutage)
    return offset + file.bytesWritten
  }

  return {
    store,
    received: (id) => receivedIn(store, id),
    read: (id) => createReadStream(pathOf(id), { fs: streamsIn(folder), highWaterMark: 256 * 1024 }),
    remove: async (id) => {
      for (const path of [pathOf(id), `${pathOf(id)}.json`])
        await rm(path, { force: true }).catch(throwOutage)
    },
  }
}

function throwOutage(error: unknown): never {
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
