import { randomBytes, randomInt } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, constants, link, mkdir, open, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileKey, type StorageKey, storedKey } from '../domain/storage-key.ts'
import type { FileStorage, ReceivedFile } from './file-storage.ts'
import { listFolder } from './list-objects.ts'
import { receiveInto } from './receive.ts'
import { removeOlder, staleSince } from './stale.ts'

const isCode = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code

/** Makes a new name in a folder survive a crash. */
async function syncFolder(path: string) {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Bytes in a folder: `files/`, `thumbnails/` and, for incoming files, `incoming/`. Creates the folders. */
export async function openLocalStorage(root: string): Promise<FileStorage> {
  const incoming = join(root, 'incoming')
  for (const folder of ['files', 'thumbnails', 'incoming'])
    await mkdir(join(root, folder), { recursive: true })
  await removeOlder(incoming, staleSince(new Date()))
  const pathOf = (key: StorageKey) => join(root, storedKey(key))
  const draft = () => join(incoming, randomBytes(16).toString('hex'))

  const found = async (key: StorageKey) => {
    try {
      const { size, mtime } = await stat(pathOf(key))
      return { key, sizeBytes: size, modifiedAt: mtime }
    } catch (error) {
      if (isCode(error, 'ENOENT')) return null
      throw error
    }
  }

  return {
    receive: (source, limit) => receiveInto(draft(), source, limit),

    discard: ({ path }: ReceivedFile) => rm(path, { force: true }),

    keep: async ({ path }, extension, now) => {
      for (;;) {
        const key = fileKey(now.getTime(), extension, randomInt(10 ** 12))
        try {
          // Unlike a rename, a link never replaces an existing file.
          await link(path, pathOf(key))
        } catch (error) {
          if (isCode(error, 'EEXIST')) continue
          throw error
        }
        await syncFolder(dirname(pathOf(key)))
        await rm(path)
        return key
      }
    },

    putThumbnail: async (key, bytes) => {
      const path = draft()
      try {
        await writeFile(path, bytes, { flush: true })
        // The folder may have been deleted as a whole: its content can always be made again.
        await mkdir(dirname(pathOf(key)), { recursive: true })
        await rename(path, pathOf(key))
      } catch (error) {
        await rm(path, { force: true })
        throw error
      }
    },

    size: async (key) => (await found(key))?.sizeBytes ?? null,
    stat: found,

    read: (key, range) => createReadStream(pathOf(key), { ...range, highWaterMark: 256 * 1024 }),

    list: (category) => listFolder(root, category),

    remove: async (key) => {
      const path = pathOf(key)
      try {
        await unlink(path)
      } catch (error) {
        if (!isCode(error, 'ENOENT')) throw error
        // If the folder of an original is missing, its disk may be unmounted, so nothing is known. The folder of
        // thumbnails may be removed as a whole.
        if (key.startsWith('files/')) await access(dirname(path))
      }
    },

    openLocally: (key) => Promise.resolve({ path: pathOf(key), release: () => Promise.resolve() }),

    sweep: (before) => removeOlder(incoming, before),

    check: async () => {
      const [path, name] = [draft(), draft()]
      try {
        await writeFile(path, '')
        await link(path, name)
        await access(join(root, 'files'), constants.W_OK)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        throw new Error(
          `Cannot store files in STORAGE_DIR (${code}). Check that the folder exists, its permissions, and ` +
            'that its file system has hard links.',
        )
      } finally {
        await rm(path, { force: true })
        await rm(name, { force: true })
      }
    },
  }
}
