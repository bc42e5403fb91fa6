import { Command } from 'commander'
import { type App, createApp } from './app.ts'
import { check } from './cli/check.ts'
import { demo } from './cli/demo.ts'
import { type JobsOptions, listJobs, retry } from './cli/jobs.ts'
import { collect, type CollectOptions } from './cli/gc.ts'
import { rotateMediaKeys } from './cli/media-keys.ts'
import { addPeopleCommands } from './cli/people-commands.ts'
import { replay } from './cli/replay.ts'
import { reportMigrations } from './cli/migrate.ts'
import { hold, purge, type PurgeOptions, release } from './cli/purge.ts'
import { rebuild, type RebuildOptions } from './cli/thumbnails.ts'
import {
  createToken,
  type CreateTokenOptions,
  listTokens,
  type ListTokensOptions,
  revoke,
} from './cli/tokens.ts'
import { verify, type VerifyOptions } from './cli/verify.ts'
import { why } from './cli/why.ts'
import {
  listWorkspaces,
  restore,
  trash,
  type TrashOptions,
  type WorkspacesOptions,
} from './cli/manage-workspaces.ts'
import { ConfigError, loadConfig, serverUrl } from './config.ts'
import { Unavailable } from './domain/unavailable.ts'
import { createLog } from './log.ts'
import { onSignals } from './signals.ts'
import { version } from './version.ts'

/**
 * Runs `work` with the database of a running server for this DATA_DIR; if there is none, starts the database and stops
 * it afterwards. Ctrl+C or SIGTERM ends the command at once; work that accepts the abort signal ends by itself after
 * the first one.
 */
async function withApp(work: (app: App, signal: AbortSignal) => Promise<void> | void) {
  const stopping = new AbortController()
  let exitCode = 130
  const config = loadConfig()
  const opening = createApp(config, createLog({ ...config, logLevel: 'warn' }, 'stderr'))
  // A database that was started for the command is stopped; one that others use keeps running.
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

/** The exit code when the database or the storage is unavailable, as in `sysexits.h`: try again later. */
const unavailableCode = 75

/** The exit code for a command line that cannot be understood. */
const usageCode = 2

const program = new Command('npm run cli --')
  .description(
    'Commands for the operator of a Wordloom installation. They use the same configuration as the server.',
  )
  .version(version)
  .showHelpAfterError(
    'Run `npm run cli -- help` for all commands, or `npm run cli -- help <command>` for one.',
  )
  // Inherited by all commands. 1 is the answer of a command, such as a drift that it found.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : usageCode))

/** A command that has an action and subcommands takes the name of an unknown subcommand for an argument. */
function refuseArguments(command: Command) {
  const [given] = command.args
  if (given === undefined) return
  const known = command.commands.map((one) => one.name()).join(', ')
  command.error(`error: unknown command '${given}'. '${command.name()}' has: ${known}.`)
}

program
  .command('migrate')
  .description('Apply pending database migrations. The server does this itself when it starts.')
  .action(() => withApp(reportMigrations))

program
  .command('check')
  .description(
    'Recount the uses of every tag and every file, check the tag tree, and report every drift. Changes ' +
      'nothing; exits with 1 on a drift.',
  )
  .action(() =>
    withApp(async (app) => {
      if (!(await check(app))) process.exitCode = 1
    }),
  )

program
  .command('media-keys')
  .description('Manage the keys that sign the URLs of media.')
  .command('rotate')
  .description('Sign with a new key from now on. Earlier URLs stay valid until they expire.')
  .option('--revoke', 'revoke all earlier URLs, on every server within 5 seconds')
  .action((options: { revoke?: boolean }) => withApp((app) => rotateMediaKeys(app, options)))

program
  .command('replay')
  .description(
    'Rebuild the media of every workspace from their events and report every difference. Changes nothing; ' +
      'exits with 1 on a difference.',
  )
  .action(() =>
    withApp(async (app) => {
      if (!(await replay(app))) process.exitCode = 1
    }),
  )

program
  .command('verify')
  .description(
    'Check that the storage has the bytes of every file, and that every object in it has a row. Changes ' +
      'nothing; exits with 1 on a problem.',
  )
  .option('--hash', 'also read all bytes and compare their SHA-256 hashes')
  .option('--json', 'print only the report, as JSON')
  .action((options: VerifyOptions) =>
    withApp(async (app, signal) => {
      if (!(await verify(app, options, signal))) process.exitCode = 1
    }),
  )

program
  .command('thumbnails')
  .description('Manage the thumbnails of media.')
  .command('rebuild')
  .description(
    'Make missing or outdated thumbnails and remove those of obsolete recipes and focal points. Read again the files ' +
      'that could not be read before. Can be interrupted with Ctrl+C and run again; exits with 1 if some could not ' +
      'be made.',
  )
  .option('--all', 'make all thumbnails again')
  .option('--workspace <id>', 'only in this workspace')
  .action((options: RebuildOptions) =>
    withApp(async (app, signal) => {
      if (!(await rebuild(app, options, signal))) process.exitCode = 1
    }),
  )

const purging = program
  .command('purge')
  .description(
    'Permanently remove expired items from the trash, and expired workspaces. Removes nothing if that exceeds the safety limit ' +
      '(PURGE_SAFETY_LIMIT_PERCENT, _ITEMS, _BYTES). Can be interrupted with Ctrl+C and run again; exits ' +
      'with 1 if the safety limit stopped it or a workspace failed.',
  )
  .option('--dry-run', 'only print how much would be removed')
  .option('--all', 'remove everything that is in the trash now')
  .option('--workspace <id>', 'only in this workspace')
  .option('--force', 'ignore the safety limit')
  .option('--json', 'print only JSON')
  .allowExcessArguments()
  .action((options: PurgeOptions, command: Command) => {
    refuseArguments(command)
    return withApp(async (app, signal) => {
      if (!(await purge(app, options, signal))) process.exitCode = 1
    })
  })

purging
  .command('hold')
  .description(
    'Hold automatic removal on all servers: no purge and no garbage collection begins by itself until it is released.',
  )
  .action(() => withApp(hold))

purging
  .command('release')
  .description('End the hold of automatic removal.')
  .action(() => withApp(release))

const jobs = program
  .command('jobs')
  .description('List the newest jobs of every workspace: long-running ones, and all that failed.')
  .option('--failed', 'only failed jobs')
  .option('--json', 'print only JSON')
  .allowExcessArguments()
  .action((options: JobsOptions, command: Command) => {
    refuseArguments(command)
    return withApp((app) => listJobs(app, options))
  })

jobs
  .command('retry <id>')
  .description('Restart a failed job. Exits with 1 if that is not possible.')
  .action((id: string) =>
    withApp(async (app) => {
      if (!(await retry(app, id))) process.exitCode = 1
    }),
  )

const workspaces = program
  .command('workspaces')
  .description('List all workspaces, also those in the trash.')
  .option('--json', 'print only JSON')
  .allowExcessArguments()
  .action((options: WorkspacesOptions, command: Command) => {
    refuseArguments(command)
    return withApp((app) => listWorkspaces(app, options))
  })

workspaces
  .command('trash <id>')
  .description('Move a workspace to the trash. Exits with 1 if it stays.')
  .requiredOption('--confirm <name>', 'the name of the workspace, exactly as it is')
  .option('--reason <text>', 'why')
  .action((id: string, options: TrashOptions) =>
    withApp(async (app) => {
      if (!(await trash(app, id, options))) process.exitCode = 1
    }),
  )

workspaces
  .command('restore <id>')
  .description('Take a workspace out of the trash. Exits with 1 if that is not possible.')
  .action((id: string) =>
    withApp(async (app) => {
      if (!(await restore(app, id))) process.exitCode = 1
    }),
  )

addPeopleCommands(program, withApp)

const tokens = program
  .command('tokens')
  .description('Manage API tokens. Works on the database, so it needs no sign-in.')

tokens
  .command('create')
  .description('Make an API token with which a program acts as a member of a workspace, and print it.')
  .requiredOption('--user <email>', 'the address of the member')
  .requiredOption('--name <text>', 'what it is for')
  .requiredOption('--scope <scope>', 'read, write or admin')
  .option('--days <number>', 'how long it is valid, at most 366 days (default: 90)')
  .option('--workspace <id>', 'the workspace (default: the default one)')
  .action((options: CreateTokenOptions) =>
    withApp(async (app) => {
      if (!(await createToken(app, options))) process.exitCode = 1
    }),
  )

tokens
  .command('list')
  .description('List the API tokens of all people.')
  .option('--workspace <id>', 'only in this workspace')
  .option('--json', 'print only JSON')
  .action((options: ListTokensOptions) => withApp((app) => listTokens(app, options)))

tokens
  .command('revoke <id>')
  .description('Revoke an API token: it stops working at once. Exits with 1 if there is none.')
  .action((id: string) =>
    withApp(async (app) => {
      if (!(await revoke(app, id))) process.exitCode = 1
    }),
  )

program
  .command('gc')
  .description(
    'Run a garbage collection: remove files that no media item has used for 7 days, and storage objects ' +
      'without a row. Can be interrupted with Ctrl+C and run again; exits with 1 if the safety limit stopped it ' +
      'or the storage failed to remove something.',
  )
  .option('--dry-run', 'only list what would be removed, and why')
  .option('--workspace <id>', 'only the files of this workspace; unknown objects belong to the default one')
  .option('--force', 'remove unknown objects even if that looks like a mistake')
  .option('--json', 'print only JSON')
  .action((options: CollectOptions) =>
    withApp(async (app, signal) => {
      if (!(await collect(app, options, signal))) process.exitCode = 1
    }),
  )

program
  .command('why')
  .description(
    'Explain why bytes are kept, or when they will be removed. Accepts the ID of a media item, a storage key or the name of ' +
      'its file, or a SHA-256 hash. Exits with 1 if there are no such bytes.',
  )
  .argument('<id|key|sha256>')
  .option('--json', 'print only JSON')
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
  const { expected = error instanceof ConfigError } = error as { expected?: boolean }
  if (error instanceof Unavailable) console.error(error.explanation)
  else console.error(expected ? (error as Error).message : error)
  // An open connection would keep the process alive for ever.
  process.exit(error instanceof Unavailable ? unavailableCode : 1)
})
