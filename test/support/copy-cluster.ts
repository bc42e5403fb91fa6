import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Copies a cluster that is stopped, with owner and mode, which PostgreSQL checks. */
export const copyFolder = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to])

/** Gives a data folder a cluster of its own. */
export async function copyCluster(template: string, dataDir: string) {
  await mkdir(dataDir, { recursive: true })
  await copyFolder(template, join(dataDir, 'postgres'))
}
