import { createHash, randomBytes } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDb } from '../../src/db/client.ts'
import { type EmbeddedPostgres, startEmbedded } from '../../src/db/postgres/embedded.ts'
import { migrate } from '../../src/db/postgres/migrate.ts'
import { packagedBinaries, type PostgresBinaries } from '../../src/db/postgres/postgres-binaries.ts'
import { copyFolder } from './copy-cluster.ts'

const checkout = fileURLToPath(new URL('../../', import.meta.url))
const cache = join(checkout, 'node_modules/.cache/wordloom')

/** A cluster is made by these files and folders; another one of them makes another cluster. */
const makers = ['package-lock.json', 'prisma/migrations', 'src/db/postgres']

const fail = (error: Error) => {
  throw error
}

/**
 * The folder of a cluster that has never been used, with the migrated database `wordloom`. It is
 * made once and kept for later runs: to copy it takes a tenth of the time.
 */
export async function clusterTemplate(binaries?: PostgresBinaries): Promise<string> {
  const { postgres } = binaries ?? (await packagedBinaries())
  const kind = binaries ? 'installed' : 'packaged'
  const template = join(cache, `${kind}-${await keyOf(postgres)}`)
  if (await exists(template)) return template
  const dataDir = await mkdtemp(join(tmpdir(), 'wordloom-template-'))
  const draft = join(cache, `draft-${randomBytes(6).toString('hex')}`)
  try {
    const made = await startEmbedded(dataDir, binaries)
    await fill(made.connection).finally(() => made.release())
    await mkdir(cache, { recursive: true })
    // The folders may be on different file systems.
    await copyFolder(join(dataDir, 'postgres'), draft)
    const old = (await readdir(cache)).filter((name) => name.startsWith(`${kind}-`))
    // Another run may have been faster.
    await rename(draft, template).catch(async (error: unknown) => {
      if (!(await exists(template))) throw error
    })
    for (const name of old) await rm(join(cache, name), { recursive: true, force: true })
  } finally {
    await rm(draft, { recursive: true, force: true })
    await rm(dataDir, { recursive: true, force: true })
  }
  return template
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

async function keyOf(postgres: string) {
  const { mtimeMs, size } = await stat(postgres)
  const hash = createHash('sha256').update([postgres, mtimeMs, size, process.getuid?.()].join(' '))
  for (const maker of makers) {
    for (const path of await filesOf(join(checkout, maker))) hash.update(path).update(await readFile(path))
  }
  return hash.digest('hex').slice(0, 16)
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

async function fill(connection: EmbeddedPostgres['connection']) {
  const db = openDb(connection, 2, fail)
  try {
    await migrate(db)
  } finally {
    await db.close()
  }
}
