import { type App, createApp } from './app.ts'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { type RunningJobs, runJobs } from './jobs/run.ts'
import { createLog } from './log.ts'
import { openMetricsPort } from './metrics-port.ts'
import { ffprobeWarning } from './probes/programs.ts'
import { onSignals } from './signals.ts'
import { BadManifest } from './domain/operations-manifest.ts'
import { ClusterInUse } from './db/postgres/lock-file.ts'
import { Unavailable } from './domain/unavailable.ts'
import { version } from './version.ts'

/** The way in which requests reach a process. */
export interface EntryPoint {
  /** Starts to accept requests and returns a message for the operator. */
  open(): Promise<string>
  /** Lets the requests in progress finish. */
  close(): Promise<void>
}

interface Closable {
  close(): Promise<unknown>
}

interface Entry {
  /** The work to finish before the end, e.g. `the requests in progress`. */
  readonly finishing: string
  readonly runsJobs: (config: Config) => boolean
  readonly createEntryPoint: (app: App, log: ReturnType<typeof createLog>) => Promise<EntryPoint>
}

/** How long a running job may take to end; a job that does not end is repeated later. */
const jobGraceMs = 10_000

/**
 * Runs a process until SIGINT or SIGTERM: the jobs, if it runs them, and its entry point. A second signal ends it at
 * once. With `--version` it only prints the version.
 */
export function runProcess(entry: Entry): void {
  if (process.argv.includes('--version')) {
    console.log(version)
    return
  }
  main(entry).catch((error: unknown) => {
    const { code } = error as { code?: string }
    const known =
      error instanceof ConfigError ||
      error instanceof BadManifest ||
      error instanceof ClusterInUse ||
      error instanceof Unavailable ||
      code === 'EADDRINUSE'
    const hint =
      code === 'EADDRINUSE'
        ? '\nSet PORT (or METRICS_PORT, HEALTH_PORT) to a free port, or stop the program that uses it.'
        : ''
    console.error(known ? `${messageOf(error)}${hint}` : error)
    // An open connection would keep the process alive for ever.
    process.exit(1)
  })
}

const messageOf = (error: unknown) =>
  error instanceof Unavailable ? error.explanation : (error as Error).message

async function main({ finishing, runsJobs, createEntryPoint }: Entry) {
  const config = loadConfig()
  const log = createLog(config)
  // Handle signals from the beginning: an interrupted start must not leave the database running.
  const signals = { received: 0, onFirst: () => {}, onSecond: () => Promise.resolve() }
  const hear = (signal: NodeJS.Signals) => {
    signals.received += 1
    if (signals.received > 1) {
      log.warn(`${signal} again: exiting at once`)
      void signals.onSecond().finally(() => process.exit(1))
      return
    }
    log.info(`${signal}: finishing ${finishing} (${signal} again exits at once)`)
    signals.onFirst()
  }
  onSignals(['SIGINT', 'SIGTERM'], hear)

  const here = runsJobs(config)
  const app = await createApp(config, log)
  signals.onSecond = () => app.kill()
  const warning = ffprobeWarning(app.services.programs)
  for (const text of [...config.warnings, ...(warning === undefined ? [] : [warning])]) log.warn(text)
  const opened: { entryPoint?: EntryPoint; jobs?: RunningJobs; metrics?: Closable | undefined } = {}
  const close = async () => {
    await opened.entryPoint?.close()
    await opened.jobs?.stop(jobGraceMs)
    await opened.metrics?.close()
    await app.close()
  }
  try {
    const entryPoint = await createEntryPoint(app, log)
    opened.entryPoint = entryPoint
    opened.metrics = await openMetricsPort(app, log)
    await app.services.storage.check()
    if (here) opened.jobs = await runJobs(app.services, log, config)
    const ready = await entryPoint.open()
    log.info(`${ready}, ${placesOf(config)}, version ${version}`)
  } catch (error) {
    await close()
    throw error
  }
  signals.onFirst = () => {
    close()
      .then(() => {
        log.info('Ended')
        // Pending work of a library must not keep the process alive.
        process.exit(0)
      })
      .catch((err: unknown) => {
        log.error({ err }, 'Could not shut down cleanly')
        process.exit(1)
      })
  }
  if (signals.received > 0) signals.onFirst()
}

function placesOf({ databaseUrl, dataDir, s3, storageDir }: Config): string {
  const database = databaseUrl === undefined ? `PostgreSQL in ${dataDir}` : 'the configured PostgreSQL'
  return `${database}, ${s3 ? `files in the bucket ${s3.bucket}` : `files in ${storageDir}`}`
}
