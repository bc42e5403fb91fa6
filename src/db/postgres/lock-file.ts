import { readFile, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'

/** A folder of the database that another program seems to use. The message says what to do. */
export class ClusterInUse extends Error {
  override readonly name = 'ClusterInUse'
  readonly expected = true
}

/**
 * PostgreSQL refuses to start when the process of its lock file runs, whatever that process is. Throws unless it is the
 * PostgreSQL of this cluster, which another start has begun or a killed server has left, and which will answer or end.
 */
export async function expectOwnLock(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid')
  const [pidText = '', folder = ''] = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  const pid = Number.parseInt(pidText)
  // It ended meanwhile.
  if (Number.isNaN(pid) || !isRunning(pid)) return
  const here = await realpath(cluster)
  const original = await realpath(folder).catch(() => folder)
  // PostgreSQL works in the folder of its cluster. Systems without /proc show only what the file says.
  const workingIn = await readlink(`/proc/${pid}/cwd`).catch(() => original)
  if (workingIn === here) return
  throw new ClusterInUse(
    workingIn === original
      ? `${cluster} is a copy of ${original}, made while the PostgreSQL of that folder was running (process ${pid}). ` +
          `Such a copy may be damaged: stop the server of ${original} and copy its DATA_DIR again, or use that DATA_DIR.`
      : `${file} names process ${pid} as the PostgreSQL of this folder, but that process is another program, which ` +
          `works in ${workingIn}. If no PostgreSQL uses this folder, also not on another machine or in another ` +
          `container, remove the file and start again.`,
  )
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
