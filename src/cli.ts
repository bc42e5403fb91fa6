import { Command } from 'commander'
import { type App, createApp } from './app.ts'
import { check } from './cli/check.ts'
import { demo } from './cli/demo.ts'
import { type JobsOptions, listJobs, retry } from './cli/jobs.ts'
import { collect, type CollectOptions } from './cli/gc.ts'
import { rotateMediaKeys } from './cli/media-keys.ts'
import { replay } from './cli/replay.ts'
import { reportMigrations } from './cli/migrate.ts'
import { purge, type PurgeOptions } from './cli/purge.ts'
import { rebuild, type RebuildOptions } from './cli/thumbnails.ts'
import { verify, type VerifyOptions } from './cli/verify.ts'
import { why } from './cli/why.ts'
import { ConfigError, loadConfig, serverUrl } from './config.ts'
import { createLog } from './log.ts'
import { onSignals } from './signals.ts'

/**
 * Runs `work` on the database: that of a running server of this DATA_DIR, else one started for it and stopped again. Ctrl+C or
 * SIGTERM ends it at once; work that takes the signal ends by itself after the first one.
 */
async function withApp(work: (app: App, signal: AbortSignal) => Promise<void> | void) {
  const stopping = new AbortController()
  let exitCode = 130
  const config = loadConfig()
  const opening = createApp(config, createLog({ ...config, logLevel: 'warn' }, 'stderr'))
  // A database that was started for the command is stopped, one that others use goes on.
  const interrupted = (signal: NodeJS.Signals) => {
    exitCode = signal === 'SIGTERM' ? 143 : 130
    if (work.length > 1 && !stopping.signal.aborted) {
      stopping.abort()
      return
    }
    void opening
      .then((app) => app.close())
      .catch(() => {})
      .finally(() => process.exit(exitCode))
  }
  const deaf = onSignals(['SIGINT', 'SIGTERM'], interrupted)
  const app = await opening
  try {
    await work(app, stopping.signal)
    if (stopping.signal.aborted) process.exitCode = exitCode
  } finally {
    await app.close()
    deaf()
  }
}

const program = new Command('npm run cli --')
  .description(
    'Commands for the operator of a Wordloom installation. They use the same configuration as the server.',
  )
  .showHelpAfterError()

program
  .command('migrate')
  .description('Bring the database up to date. The server does so by itself when it starts.')
  .action(() => withApp(reportMigrations))

program
  .command('check')
  .description(
    'Count the uses of every tag and every file anew, walk the tree of tags, and report every drift. Changes nothing; ends with 1 on a drift.',
  )
  .action(() =>
    withApp(async (app) => {
      if (!(await check(app))) process.exitCode = 1
    }),
  )

program
  .command('media-keys')
  .description('The keys that the URLs of media are signed with.')
  .command('rotate')
  .description('Let a new key sign. URLs given out until now stay valid until they expire.')
  .option('--revoke', 'end every URL given out until now, on every server within 5 seconds')
  .action((options: { revoke?: boolean }) => withApp((app) => rotateMediaKeys(app, options)))

program
  .command('replay')
  .description(
    'Rebuild the media of every workspace from their events and report every difference. Changes nothing; ends with 1 on a difference.',
  )
  .action(() =>
    withApp(async (app) => {
      if (!(await replay(app))) process.exitCode = 1
    }),
  )

program
  .command('verify')
  .description(
    'Look whether the bytes of every file are in the storage, and whether every object there has a row. Changes nothing; ends with 1 on a problem.',
  )
  .option('--hash', 'also read all bytes and compare their SHA-256')
  .option('--json', 'print the report as JSON, and nothing else')
  .action((options: VerifyOptions) =>
    withApp(async (app, signal) => {
      if (!(await verify(app, options, signal))) process.exitCode = 1
    }),
  )

program
  .command('thumbnails')
  .description('The pictures that are derived from media.')
  .command('rebuild')
  .description(
    'Make those that are missing or outdated and remove those of recipes that are no more. Can be ended and run again; ends with 1 when some could not be made.',
  )
  .option('--all', 'make everything anew')
  .option('--workspace <id>', 'only in this workspace')
  .action((options: RebuildOptions) =>
    withApp(async (app, signal) => {
      if (!(await rebuild(app, options, signal))) process.exitCode = 1
    }),
  )

program
  .command('purge')
  .description(
    'Remove for good what is in the trash longer than it can be restored. Stops at the safety limit (PURGE_SAFETY_LIMIT_ITEMS, PURGE_SAFETY_LIMIT_BYTES). Can be ended with Ctrl+C and run again; ends with 1 when the safety limit stopped it or a workspace failed.',
  )
  .option('--dry-run', 'only say how much that would be')
  .option('--all', 'everything that is in the trash now')
  .option('--workspace <id>', 'only in this workspace')
  .option('--force', 'however much it is')
  .option('--json', 'print JSON and nothing else')
  .action((options: PurgeOptions) =>
    withApp(async (app, signal) => {
      if (!(await purge(app, options, signal))) process.exitCode = 1
    }),
  )

const jobs = program
  .command('jobs')
  .description('The newest jobs of every workspace: the long ones, and all that failed.')
  .option('--failed', 'only those that were given up')
  .option('--json', 'for programs')
  .action((options: JobsOptions) => withApp((app) => listJobs(app, options)))

jobs
  .command('retry <id>')
  .description('Have a job that was given up tried again. Ends with 1 when it is not.')
  .action((id: string) =>
    withApp(async (app) => {
      if (!(await retry(app, id))) process.exitCode = 1
    }),
  )

program
  .command('gc')
  .description(
    'Collect what nobody has needed for 7 days: files without a medium, and objects in the storage that no row knows. Can be ended with Ctrl+C and run again; ends with 1 when the safety limit stopped it or the storage did not remove something.',
  )
  .option('--dry-run', 'only list what would go, and why')
  .option('--workspace <id>', 'only the files of this workspace; unknown objects belong to the default one')
  .option('--force', 'take unknown objects even when that looks like a mistake')
  .option('--json', 'print JSON and nothing else')
  .action((options: CollectOptions) =>
    withApp(async (app, signal) => {
      if (!(await collect(app, options, signal))) process.exitCode = 1
    }),
  )

program
  .command('why')
  .description(
    'Say why bytes are kept, or when they go: by the id of a medium, a storage key or a SHA-256. Ends with 1 when there are none.',
  )
  .argument('<id|key|sha256>')
  .option('--json', 'print JSON and nothing else')
  .action((text: string, options: { json?: boolean }) =>
    withApp(async (app) => {
      if (!(await why(app, text, options))) process.exitCode = 1
    }),
  )

program
  .command('demo')
  .description(
    'Play a frontend against a running server (WORDLOOM_URL, default the local one) and check every answer.',
  )
  .action(() => demo(serverUrl()))

program.parseAsync().catch((error: unknown) => {
  const { expected = error instanceof ConfigError, code = '' } = error as {
    expected?: boolean
    code?: string
  }
  const noDatabase = ['ECONNREFUSED', 'ENOTFOUND'].includes(code)
  if (noDatabase)
    console.error(
      `The database cannot be reached (${(error as Error).message}). Check DATABASE_URL, and that it runs.`,
    )
  else console.error(expected ? (error as Error).message : error)
  // A queue that was only half started would hold the process up for ever.
  process.exit(1)
})
