import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chown, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { keepInUse } from './embedded-keeper.ts'
import type pg from 'pg'
import { answerMs } from './connection.ts'
import { expectOwnLock, isRunning } from './lock-file.ts'
import { packagedBinaries, type PostgresBinaries } from './postgres-binaries.ts'
import { postgresUser, type PostgresUser } from './postgres-user.ts'
import { Watch } from './watch.ts'
import { WatchedClient } from './watched-client.ts'

/** An embedded PostgreSQL. It listens only on a Unix socket in a private folder. */
export interface EmbeddedPostgres {
  readonly connection: {
    readonly host: string
    readonly port: number
    readonly user: string
    readonly database: string
  }
  /** Ends its use; the last process that does so stops it. */
  release(): Promise<void>
  /** The same, but immediately. PostgreSQL recovers at the next start. */
  kill(): Promise<void>
}

const port = 5432
const role = 'wordloom'
const startTimeoutMs = 60_000
const killTimeoutMs = 2_000
/** The longest path of a Unix socket on Linux (108) and macOS (104), minus the file name and the final NUL. */
const maxSocketFolder = 104 - '/.s.PGSQL.5432'.length - 1

/**
 * Starts the cluster in `dataDir`, or joins it when it runs already: beside another process, or because its server was
 * killed. Makes it when there is none. `settings` of PostgreSQL go before its own.
 */
export async function startEmbedded(
  dataDir: string,
  binaries?: PostgresBinaries,
  settings: Readonly<Record<string, string>> = {},
): Promise<EmbeddedPostgres> {
  const programs = binaries ?? (await packagedBinaries())
  const cluster = join(dataDir, 'postgres')
  await mkdir(dataDir, { recursive: true })
  const user = await postgresUser(cluster, [cluster, programs.postgres])
  const socket = await socketFolder(dataDir, user)
  if (!(await exists(join(cluster, 'PG_VERSION')))) await makeCluster(cluster, programs, user)

  const keeper = await keepInUse(() => connectOrStart(cluster, socket, programs, user, settings))
  await keeper
    .client()
    .query(`create database ${role}`)
    .catch((error: unknown) => {
      if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error
    })
  const pid = () => parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'))

  return {
    connection: { host: socket, port, user: role, database: role },
    release: () =>
      keeper.release(async () => {
        const running = pid()
        // SIGINT is PostgreSQL's fast shutdown: it ends connections, writes a checkpoint and stops.
        process.kill(running, 'SIGINT')
        while (isRunning(running)) await delay(20)
      }),
    kill: async () => {
      const killed = keeper.release(() => {
        process.kill(pid(), 'SIGQUIT')
        return Promise.resolve()
      })
      // It may be gone already, or no longer respond.
      await Promise.race([killed.catch(() => {}), delay(killTimeoutMs)])
    },
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

async function give(path: string, { ids }: PostgresUser) {
  if (ids) await chown(path, ids.uid, ids.gid)
}

async function socketFolder(dataDir: string, user: PostgresUser) {
  const beside = join(dataDir, 'socket')
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  const folder = Buffer.byteLength(beside) <= maxSocketFolder ? beside : join(tmpdir(), `wordloom-${hash}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await give(folder, user)
  const { uid, mode } = await stat(folder)
  if (uid !== (user.ids?.uid ?? process.getuid?.()) || mode & 0o077) {
    throw new Error(`${folder} must belong only to the user of the database. Remove it and start again.`)
  }
  return folder
}

/**
 * Created under a temporary name and renamed, so that nobody uses a half-made cluster, and of two creators one wins.
 */
async function makeCluster(cluster: string, { initdb, localeFlags }: PostgresBinaries, user: PostgresUser) {
  const draft = `${cluster}.new-${randomBytes(6).toString('hex')}`
  await mkdir(draft, { mode: 0o700 })
  try {
    await give(draft, user)
    // Trust authentication, because only this user can enter the folder of the socket.
    const args = ['-D', draft, '-U', role, '--auth=trust', ...localeFlags]
    const command = user.command(initdb, args)
    await promisify(execFile)(command.program, command.args, { cwd: '/' })
    await rename(draft, cluster).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function connect(host: string): Promise<pg.Client> {
  const connection = { host, port, user: role, database: 'postgres' }
  const watch = new Watch(connection, answerMs)
  // The pool meets the same errors and reports them.
  const client: pg.Client = new WatchedClient({ ...connection, application_name: 'wordloom keeper' }, watch)
  await client.connect()
  return client
}

/** Another process was faster, or a killed one is still shutting down. */
const lostRace = /lock file "[^"]+" already exists|is (already|still) in use/

async function connectOrStart(
  cluster: string,
  socket: string,
  programs: PostgresBinaries,
  user: PostgresUser,
  settings: Readonly<Record<string, string>>,
) {
  const deadline = Date.now() + startTimeoutMs
  let child: Awaited<ReturnType<typeof spawnServer>> | undefined
  for (;;) {
    try {
      return await connect(socket)
    } catch (error) {
      if (Date.now() > deadline) throw error
      // Nothing listens there: start the cluster, unless ours is still starting.
      const { code } = (error as { cause?: { code?: string } }).cause ?? {}
      if ((code === 'ENOENT' || code === 'ECONNREFUSED') && !child?.running()) {
        if (child) {
          const words = await child.lastWords()
          if (!lostRace.test(words)) throw new Error(`PostgreSQL did not start: ${words}`)
          await expectOwnLock(cluster)
          await delay(100)
        }
        child = await spawnServer(cluster, socket, programs, user, settings)
      }
      await delay(20)
    }
  }
}

/**
 * The memory for PostgreSQL's page cache: an eighth of the machine's, between PostgreSQL's default and 1 GiB. It is
 * allocated on demand. The search indexes are larger than the default.
 */
function bufferMegabytes(): number {
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Infinity)
  return Math.min(1024, Math.max(128, Math.floor(bytes / 8 / 1024 ** 2)))
}

async function spawnServer(
  cluster: string,
  socket: string,
  { postgres }: PostgresBinaries,
  user: PostgresUser,
  given: Readonly<Record<string, string>>,
) {
  const log = `${cluster}.log`
  const output = await open(log, 'a', 0o600)
  const start = (await output.stat()).size
  const settings = {
    listen_addresses: '',
    unix_socket_directories: socket,
    unix_socket_permissions: '0700',
    max_connections: '100',
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
    shared_buffers: `${bufferMegabytes()}MB`,
    ...given,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = user.command(postgres, ['-D', cluster, '-p', String(port), ...flags])
  // In a separate session, because Ctrl+C in the terminal must reach the server first, which then stops the database.
  const child = spawn(command.program, command.args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
  })
  let failure: Error | undefined
  child.on('error', (error) => (failure = error))
  child.unref()
  await output.close()
  return {
    running: () => !failure && child.exitCode === null && child.signalCode === null,
    lastWords: async () => failure?.message ?? (await readFile(log)).subarray(start).toString().trim(),
  }
}
