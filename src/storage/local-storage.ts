import { randomBytes, randomInt } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, constants, link, mkdir, open, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileKey, type StorageKey, storedKey } from '../domain/storage-key.ts'
import { StorageUnavailable } from '../domain/storage-unavailable.ts'
import type { FileStorage, ReceivedFile } from './file-storage.ts'
import { expectMissing, folderFault, inFolder, isCode, removeQuietly, streamsIn } from './folder-fault.ts'
import { listFolder } from './list-objects.ts'
import { receiveInto } from './receive.ts'
import { removeOlder, staleSince } from './stale.ts'

const unless = (code: string) => (error: unknown) => {
  if (!isCode(error, code)) throw error
}

/** Makes a new name in a folder survive a crash. */
async function syncFolder(path: string) {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Creates the folders. Those of an installation that has files already must be there: its disk may not be mounted. */
async function makeFolders(root: string, hasFiles: boolean) {
  if (hasFiles)
    await access(join(root, 'files')).catch((cause: unknown) => {
      const message =
        `The database knows files, but there is no folder ${join(root, 'files')}. Check STORAGE_DIR, and that its ` +
        'disk is mounted. If all files are lost, create the folder.'
      throw new StorageUnavailable('The storage of this server is unavailable.', { message, cause })
    })
  for (const folder of ['files', 'thumbnails', 'incoming'])
    await mkdir(join(root, folder), { recursive: true })
}

/**
 * Bytes in a folder: `files/`, `thumbnails/` and, for incoming files, `incoming/`. Creates the folders, but not again
 * if the installation `hasFiles`: the folder `files` shows that the right disk is there.
 */
export async function openLocalStorage(root: string, hasFiles = false): Promise<FileStorage> {
  const incoming = join(root, 'incoming')
  await inFolder(makeFolders(root, hasFiles))
  await removeOlder(incoming, staleSince(new Date()))
  const pathOf = (key: StorageKey) => join(root, storedKey(key))
  const draft = () => join(incoming, randomBytes(16).toString('hex'))

  const found = async (key: StorageKey) => {
    try {
      const { size, mtime } = await stat(pathOf(key))
      return { key, sizeBytes: size, modifiedAt: mtime }
    } catch (error) {
      await expectMissing(error, key.startsWith('files/') ? join(root, 'files') : root)
      return null
    }
  }

  return {
    receive: (source, limit) => receiveInto(draft(), source, limit),

    discard: ({ path }: ReceivedFile) => inFolder(rm(path, { force: true })),

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
        await removeQuietly(path)
        return key
      }
    },

    putThumbnail: async (key, bytes) => {
      const path = draft()
      try {
        await writeFile(path, bytes, { flush: true })
        // The folder may have been deleted as a whole: its content can always be made again.
        await mkdir(dirname(pathOf(key))).catch(unless('EEXIST'))
        await rename(path, pathOf(key))
      } catch (error) {
        await rm(path, { force: true }).catch(() => {})
        throw folderFault(error)
      }
    },

    size: async (key) => (await found(key))?.sizeBytes ?? null,
    stat: found,

    read: (key, range) => {
      const place = { fs: streamsIn(dirname(pathOf(key))), highWaterMark: 256 * 1024 }
      return createReadStream(pathOf(key), { ...range, ...place })
    },

    list: (category) => listFolder(root, category),

    remove: async (key) => {
      const path = pathOf(key)
      try {
        await unlink(path)
      } catch (error) {
        // If the folder of an original is missing, its disk may be unmounted, so nothing is known. The folder of
        // thumbnails may be removed as a whole.
        await expectMissing(error, key.startsWith('files/') ? dirname(path) : root)
      }
    },

    openLocally: async (key) => {
      const path = pathOf(key)
      // The program reports a missing file; it could not tell that the disk is gone.
      await access(path, constants.R_OK).catch((error: unknown) => expectMissing(error, dirname(path)))
      return { path, release: () => Promise.resolve() }
    },

    sweep: (before) => inFolder(removeOlder(incoming, before)),

    check: async () => {
      const [path, name] = [draft(), draft()]
      try {
        await writeFile(path, '')
        await link(path, name)
        await access(join(root, 'files'), constants.W_OK)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        const message =
          `Cannot store files in STORAGE_DIR (${code}). Check that the folder exists, its permissions, and ` +
          'that its file system has hard links.'
        throw new StorageUnavailable('The storage of this server is unavailable. Try again later.', {
          message,
          cause: error,
        })
      } finally {
        await removeQuietly(path)
        await removeQuietly(name)
      }
    },
  }
}
