import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { everyoneCanReach } from './postgres-binaries.ts'

/** How to run PostgreSQL's programs. PostgreSQL refuses to run as root, so root runs them as another user. */
export interface PostgresUser {
  /** Null if the current user runs them. */
  readonly ids: { readonly uid: number; readonly gid: number } | null
  command(program: string, args: readonly string[]): { program: string; args: string[] }
}

const run = promisify(execFile)

async function idsOf(name: string) {
  const { stdout } = await run('getent', ['passwd', name])
  const [, , uid, gid] = stdout.split(':')
  return { uid: Number(uid), gid: Number(gid) }
}

/** Capabilities that let a process enter inaccessible folders, by bit number; the weaker one first. */
const capabilities = [
  { bit: 2n, name: 'dac_read_search' },
  { bit: 1n, name: 'dac_override' },
] as const

async function capability() {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`)
  const found = capabilities.find(({ bit }) => (effective >> bit) & 1n)
  if (!found) {
    throw new Error(
      'PostgreSQL cannot run as root, and the user it would run as cannot enter this folder. Start as an ordinary user, ' +
        'move the checkout and DATA_DIR to where everyone can enter, or set DATABASE_URL.',
    )
  }
  return found.name
}

/**
 * The user for a cluster in `dataFolder`: the current one; for root the owner of the cluster, else `postgres`, else
 * `nobody`. If that user cannot enter the folders above (a checkout below a folder of mode 0700), its processes get the
 * one capability for entering and reading folders, and no other.
 */
export async function postgresUser(dataFolder: string, paths: readonly string[]): Promise<PostgresUser> {
  if (process.getuid?.() !== 0)
    return { ids: null, command: (program, args) => ({ program, args: [...args] }) }

  const owner = await stat(dataFolder).catch(() => null)
  const ids = owner?.uid
    ? { uid: owner.uid, gid: owner.gid }
    : await idsOf('postgres').catch(() => idsOf('nobody'))
  const reachable = (await Promise.all(paths.map(everyoneCanReach))).every(Boolean)
  const flags = [
    `--reuid=${ids.uid}`,
    `--regid=${ids.gid}`,
    '--clear-groups',
    '--no-new-privs',
    '--reset-env',
  ]
  if (!reachable) {
    const name = await capability()
    // Without no_setuid_fixup, access(2) ignores the capability; PostgreSQL uses it to find its own programs.
    flags.push(
      '--securebits=+no_setuid_fixup',
      `--inh-caps=-all,+${name}`,
      `--ambient-caps=-all,+${name}`,
      `--bounding-set=-all,+${name}`,
    )
  }
  return {
    ids,
    command: (program, args) => ({ program: 'setpriv', args: [...flags, '--', program, ...args] }),
  }
}
