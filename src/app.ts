import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { openDb } from './db/client.ts'
import { type EmbeddedPostgres, startEmbedded } from './db/postgres/embedded.ts'
import { migrate } from './db/postgres/migrate.ts'
import { openSessionLocks } from './db/postgres/session-locks.ts'
import { openQueue, startQueue } from './queue/queue.ts'
import { findPrograms, programMs } from './probes/programs.ts'
import type { FileStorage } from './storage/file-storage.ts'
import { openLocalStorage } from './storage/local-storage.ts'
import { openLocalPartialUploads } from './storage/partial-uploads.ts'
import type { Limits, Log, Services } from './usecases/context.ts'
import { resumableMs } from './usecases/media/resumable-uploads.ts'
import { openMediaUrls } from './usecases/media/media-urls.ts'

/** Everything that is constructed, ready to use, and how to end it. */
export interface App {
  readonly config: Config
  readonly services: Services
  readonly log: Log
  /** The names of the migrations that were applied just now. */
  readonly migrated: readonly string[]
  /** Ends in the reverse order of the start. The embedded database is stopped when nobody else uses it. */
  close(): Promise<void>
  /** Stops the embedded database at once when nobody else uses it; for a process that must end now. */
  kill(): Promise<void>
}

/** How long a running job may take to end; one that does not is done again later. */
const jobGraceMs = 10_000

/** What operations heed of the configuration. */
export const limitsOf = (config: Config): Limits => ({
  imageBytes: config.maxImageBytes,
  videoBytes: config.maxVideoBytes,
  filesPerOwner: config.maxFilesPerOwner,
  imagePixels: config.maxImagePixels,
  batchFiles: config.maxBatchFiles,
  batchTurns: config.batchTurns,
  retentionDays: config.trashRetentionDays,
  tagLevels: config.tagLevels,
  purge: { items: config.purgeSafetyLimitItems, bytes: BigInt(config.purgeSafetyLimitBytes) },
  blockRevisions: config.maxBlockRevisions,
  programMs,
})

async function openStorage({ s3, storageDir }: Config): Promise<FileStorage> {
  if (!s3) return openLocalStorage(storageDir)
  // Its libraries take time and memory, which a folder can do without.
  const { openS3Storage } = await import('./storage/s3-storage.ts')
  return openS3Storage(s3, storageDir)
}

/** Opens the database, brings it up to date, and opens the storage and the queue of jobs, which `runsJobs` keeps in order too. */
export async function createApp(
  config: Config,
  log: Log,
  { runsJobs = false }: { runsJobs?: boolean } = {},
): Promise<App> {
  let embedded: EmbeddedPostgres | undefined
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    const failures: unknown[] = []
    for (let closer = closers.pop(); closer; closer = closers.pop()) {
      await closer().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
  try {
    if (config.databaseUrl === undefined) {
      await mkdir(config.dataDir, { recursive: true })
      const started = await startEmbedded(config.dataDir)
      embedded = started
      closers.push(() => started.release())
    }
    const connection = embedded?.connection ?? { connectionString: config.databaseUrl ?? '' }
    const db = openDb(connection, config.databasePoolSize, (err) =>
      log.error({ err }, 'A database connection broke'),
    )
    closers.push(() => db.close())
    const migrated = await migrate(db)
    const locks = openSessionLocks(connection, (err) =>
      log.error({ err }, 'The connection of the locks broke'),
    )
    // After the queue has ended: the jobs hold locks.
    closers.push(() => locks.close())
    const queue = openQueue(db, (err) => log.error({ err }, 'The queue of jobs failed'), runsJobs)
    closers.push(() => queue.stop(jobGraceMs))
    await startQueue(db, queue)
    const storage = await openStorage(config)
    const partials = await openLocalPartialUploads(join(config.storageDir, 'partial'), resumableMs)
    const programs = findPrograms(config)
    const now = () => new Date()
    const mediaUrls = openMediaUrls({ db, now }, config.mediaUrls)
    const services: Services = {
      db,
      storage,
      partials,
      locks,
      queue,
      programs,
      limits: limitsOf(config),
      mediaUrls,
      now,
    }
    return { config, services, log, migrated, close, kill: async () => embedded?.kill() }
  } catch (error) {
    await close().catch((err: unknown) => log.error({ err }, 'Could not close cleanly'))
    throw error
  }
}
