import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startEmbedded } from '../src/db/postgres/embedded.ts'

/** A server that is measured. */
export interface Target {
  readonly name: string
  readonly url: string
  readonly pid: number
  /** What its requests have besides the type of the body. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Bench {
  readonly targets: readonly [floor: Target, wordloom: Target]
  readonly db: pg.Client
  readonly postgresPid: number
  /** The folder that everything is in. */
  readonly dataDir: string
}

const serverProgram = fileURLToPath(new URL('../dist/server.js', import.meta.url))
const floorProgram = fileURLToPath(new URL('./floor.ts', import.meta.url))

/** Runs `work` with a fresh database and both servers on it; afterwards nothing of them is left. */
export async function withTargets(signal: AbortSignal, work: (bench: Bench) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'wordloom-bench-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true, maxRetries: 10 })]
  try {
    // Started here, not by the server: so it is not part of the server's process tree, and both servers find it running.
    const embedded = await startEmbedded(dataDir)
    const postgresPid = parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'))
    closers.push(async () => {
      await embedded.release()
      await embedded.kill()
    })
    signal.throwIfAborted()
    const wordloom = await startServer(dataDir, signal, closers)
    const floor = await startFloor(embedded.connection, signal, closers)
    const db = new pg.Client(embedded.connection)
    await db.connect()
    closers.push(() => db.end())
    await work({ targets: [floor, wordloom], db, postgresPid, dataDir })
  } finally {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer()
  }
}

export async function stop(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** The server as `npm start` runs it, with all its defaults; its log goes to a file. */
export async function startServer(
  dataDir: string,
  signal: AbortSignal,
  closers: (() => Promise<unknown>)[],
  env: Readonly<Record<string, string>> = {},
): Promise<Target> {
  const logFile = join(dataDir, `server-${closers.length}.log`)
  const log = await open(logFile, 'a')
  const child = spawn(process.execPath, [serverProgram], {
    cwd: dataDir, // An .env of the checkout is not for the benchmark.
    env: {
      PATH: process.env['PATH'],
      // As `npm start` sets them.
      NODE_OPTIONS: process.env['NODE_OPTIONS'],
      MALLOC_ARENA_MAX: '2',
      PORT: '0',
      DATA_DIR: dataDir,
      ...env,
    },
    stdio: ['ignore', log.fd, log.fd],
    detached: true, // Ctrl+C reaches this process only, which then ends it once.
  })
  await log.close()
  closers.push(() => stop(child))
  for (;;) {
    signal.throwIfAborted()
    const output = await readFile(logFile, 'utf8')
    const url = /Wordloom is ready: API and Apollo Sandbox (\S+)\/graphql/.exec(output)?.[1]
    if (url !== undefined && child.pid !== undefined) return { name: 'wordloom', url, pid: child.pid }
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`The server did not start:\n${output}`)
    await delay(50)
  }
}

async function startFloor(
  connection: { host: string; port: number; user: string; database: string },
  signal: AbortSignal,
  closers: (() => Promise<unknown>)[],
): Promise<Target> {
  const child = fork(floorProgram, {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: {
      PATH: process.env['PATH'],
      PGHOST: connection.host,
      PGPORT: String(connection.port),
      PGUSER: connection.user,
      PGDATABASE: connection.database,
    },
    detached: true,
  })
  closers.push(() => stop(child))
  const [{ url }] = (await once(child, 'message', { signal })) as [{ url: string }]
  if (child.pid === undefined) throw new Error('The floor did not start.')
  return { name: 'floor', url, pid: child.pid }
}
