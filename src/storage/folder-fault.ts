import fs, { type PathLike } from 'node:fs'
import { access, rm } from 'node:fs/promises'
import { StorageUnavailable } from '../domain/storage-unavailable.ts'

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

export const isCode = (error: unknown, code: string) => codeOf(error) === code

/** Turns an error of the file system into an outage. Other errors are our own faults and stay unchanged. */
export function folderFault(error: unknown): unknown {
  const code = codeOf(error)
  if (error instanceof StorageUnavailable || code === undefined || !/^E[A-Z]+$/.test(code)) return error
  const message =
    `The folder of the files cannot be used (${code}). Check STORAGE_DIR: that its disk is mounted and well, ` +
    'and its permissions.'
  return new StorageUnavailable('The storage of this server is unavailable. Try again later.', {
    message,
    cause: error,
  })
}

/** Work on the files of a folder, whose errors are outages. */
export async function inFolder<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw folderFault(error)
  }
}

/**
 * Says what is wrong when a file could not be opened or read. If only the file is missing, that error stays; if its
 * folder is missing too, e.g. because the disk is not mounted, nothing is known of the file.
 */
async function faultOfFile(error: unknown, folder: string): Promise<unknown> {
  if (!isCode(error, 'ENOENT')) return folderFault(error)
  try {
    await access(folder)
    return error
  } catch (gone) {
    return folderFault(gone)
  }
}

/** Throws the fault, unless only the file is missing. */
export async function expectMissing(error: unknown, folder: string) {
  const fault = await faultOfFile(error, folder)
  if (fault !== error || !isCode(error, 'ENOENT')) throw fault
}

type Opened = (error: NodeJS.ErrnoException | null, fd: number) => void
type Read = (error: NodeJS.ErrnoException | null, bytesRead: number, buffer: Buffer) => void

/** The file system for a stream of a file in a folder, whose errors are those of `faultOfFile`. */
export const streamsIn = (folder: string) => ({
  open: (path: PathLike, flags: string, mode: number, done: Opened) => {
    fs.open(path, flags, mode, (error, fd) => {
      if (!error) done(null, fd)
      else void faultOfFile(error, folder).then((fault) => done(fault as NodeJS.ErrnoException, fd))
    })
  },
  read: (fd: number, buffer: Buffer, offset: number, length: number, position: number, done: Read) => {
    fs.read(fd, buffer, offset, length, position, (error, bytesRead) =>
      done(error && (folderFault(error) as NodeJS.ErrnoException), bytesRead, buffer),
    )
  },
  close: fs.close,
})

/** Removes a file that is of no use any more. What cannot be removed now is swept later, so it fails nothing. */
export const removeQuietly = (path: string): Promise<void> => rm(path, { force: true }).catch(() => {})
