import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder of a file system of so many megabytes, or why there is none. */
export function smallDisk(megabytes: number): string | Error {
  if (process.platform !== 'linux') return new Error('tmpfs is there on Linux only')
  const folder = mkdtempSync(join(tmpdir(), 'wordloom-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' })
    return folder
  } catch (error) {
    rmSync(folder, { recursive: true })
    return error as Error
  }
}

/** Makes it read-only, as the kernel does with a disk that has errors, or writable again. */
export function setWritable(folder: string, writable: boolean) {
  execFileSync('mount', ['-o', `remount,${writable ? 'rw' : 'ro'}`, folder])
}

/** Gives it up, with what is in it. */
export function dropDisk(folder: string) {
  execFileSync('umount', ['--lazy', folder])
  rmSync(folder, { recursive: true })
}
