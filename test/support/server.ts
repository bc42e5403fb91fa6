import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, inject } from 'vitest'
import { copyCluster } from './copy-cluster.ts'
import { storageEnvironment } from './media/stored-files.ts'

/** The Node that runs the built server; the tests themselves run on the one that was started. */
export const nodeBinary = inject('serverNode') ?? process.execPath

export interface RunningServer {
  readonly url: string
  readonly dataDir: string
  readonly process: ChildProcess
  /** Everything it has printed. */
  output(): string
  /** Ends it as an operator does and gives its exit code. */
  stop(): Promise<number | null>
}

/** How long an end may take: longer than requests, jobs and what is said of them are waited for together. */
const endMs = 90_000

const running = new Set<RunningServer>()
const dataDirs = new Set<string>()

/** Ends every server of the file, with its database, and removes the data. */
export function cleanUpServers() {
  afterAll(async () => {
    for (const server of running) await server.stop()
    for (const dataDir of dataDirs) {
      const pid = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').then(parseInt, () => 0)
      // A killed server leaves its database running, for the next one to join.
      try {
        if (pid > 0) process.kill(pid, 'SIGQUIT')
      } catch {
        // It was killed too, and left the file.
      }
      await rm(dataDir, { recursive: true, force: true, maxRetries: 10 })
    }
  })
}

/**
 * Starts the built server on a free port. `dataDir` goes on with the data of an earlier one, or is empty for a first start, which
 * makes its database; without it the server finds a database that is up to date.
 */
export const startServer = (env: Record<string, string> = {}, dataDir?: string): Promise<RunningServer> =>
  start('dist/server.js', /Wordloom is ready: API (?:and Apollo Sandbox )?(\S+)\/graphql/, env, dataDir)

/** The same of a worker, which has no URL. */
export const startWorker = (env: Record<string, string> = {}, dataDir?: string): Promise<RunningServer> =>
  start('dist/worker.js', /The Wordloom (worker) is ready/, env, dataDir)

async function start(
  program: string,
  isReady: RegExp,
  env: Record<string, string>,
  dataDir: string | undefined,
): Promise<RunningServer> {
  const data = dataDir ?? (await mkdtemp(join(tmpdir(), 'wordloom-e2e-')))
  dataDirs.add(data)
  if (dataDir === undefined) await copyCluster(inject('clusterTemplate'), data)
  const child = spawn(nodeBinary, [program], {
    env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: data, ...storageEnvironment(data), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ready = new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      output += chunk.toString()
      const url = isReady.exec(output)?.[1]
      if (url) resolve(url)
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}:\n${output}`)))
  })
  const server: RunningServer = {
    url: await ready,
    dataDir: data,
    process: child,
    output: () => output,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit', { signal: AbortSignal.timeout(endMs) }).catch(() => {
          child.kill('SIGKILL')
          throw new Error(`The server did not end:\n${output}`)
        })
      }
      running.delete(server)
      return child.exitCode
    },
  }
  running.add(server)
  return server
}
