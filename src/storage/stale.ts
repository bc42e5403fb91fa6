import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A file that was neither kept nor deleted for this long is left over from a crash. */
const staleAfterMs = 24 * 60 * 60 * 1000

/** Files that were last written before this time belong to no upload any more. */
export const staleSince = (now: Date) => new Date(now.getTime() - staleAfterMs)

/** Removes the files of a folder that were last written before a time. */
export async function removeOlder(folder: string, before: Date) {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => null)
    if (found && found.mtimeMs < before.getTime()) await rm(path, { force: true })
  }
}
