import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { type Db, openDb } from './db/client.ts'
import { hasBlobs } from './db/media/blobs.ts'
import { type EmbeddedPostgres, startEmbedded } from './db/postgres/embedded.ts'
import { databaseTime } from './db/clock.ts'
import { migrate } from './db/postgres/migrate.ts'
import { openSessionLocks } from './db/postgres/session-locks.ts'
import { openQueue } from './queue/queue.ts'
import type { Mail } from './mail/smtp.ts'
import { version } from './version.ts'
import { findPrograms, programMs } from './probes/programs.ts'
import type { FileStorage } from './storage/file-storage.ts'
import { openLocalStorage } from './storage/local-storage.ts'
import { openLocalPartialUploads } from './storage/partial-uploads.ts'
import type { JwtVerifier, Limits, Log, Services } from './usecases/context.ts'
import type { Metrics } from './observe/metrics.ts'
import { metricsSources } from './usecases/upkeep/metrics-sources.ts'
import { resumableMs } from './usecases/media/resumable-uploads.ts'
import { openMediaUrls } from './usecases/media/media-urls.ts'

/** All constructed services, and how to end them. */
export interface App {
  readonly config: Config
  readonly services: Services
  readonly log: Log
  /** The names of the migrations that this start applied. */
  readonly migrated: readonly string[]
  /** Closes everything in reverse order. Stops the embedded database if no other process uses it. */
  close(): Promise<void>
  /** Stops the embedded database at once if no other process uses it; for a process that must end now. */
  kill(): Promise<void>
}

/** The parts of the configuration that operations use. */
export const limitsOf = ({
  limits: { purgeItems, purgeBytes, ...limits },
  documents,
}: Pick<Config, 'limits' | 'documents'>): Limits => ({
  ...limits,
  documents,
  purge: { items: purgeItems, bytes: BigInt(purgeBytes) },
  programMs,
})

async function openStorage({ s3, storageDir }: Config, db: Db): Promise<FileStorage> {
  if (!s3) return openLocalStorage(storageDir, await hasBlobs(db))
  // The SDK takes time and memory to load, which a folder does not need.
  const { openS3Storage } = await import('./storage/s3-storage.ts')
  return openS3Storage(s3, storageDir)
}

/** Only installations that send mail load what it needs. */
export const openMail = async ({ mail }: Pick<Config, 'mail'>): Promise<Mail | undefined> =>
  mail && (await import('./mail/smtp.ts')).openSmtp(mail.url, mail.from)

/** Only installations that accept JSON Web Tokens load what they need. */
export const openJwts = async ({ jwt }: Pick<Config, 'jwt'>): Promise<JwtVerifier | undefined> =>
  jwt && (await import('./auth/jwt.ts')).openJwtVerifier(jwt)

/** The metrics of this process, if they are asked for. Others do not load what they need. */
export async function startMetrics(
  { metrics, databasePoolSize }: Pick<Config, 'metrics' | 'databasePoolSize'>,
  db: Db,
): Promise<Metrics | undefined> {
  if (!metrics) return undefined
  const { openMetrics } = await import('./observe/prometheus.ts')
  return openMetrics({ version, pool: db.pool, poolSize: databasePoolSize, ...metricsSources(db) })
}

/** The storage, which reports to the metrics if there are some. */
export async function observed(storage: FileStorage, metrics: Metrics | undefined): Promise<FileStorage> {
  if (!metrics) return storage
  const { observedStorage } = await import('./observe/observed-storage.ts')
  return observedStorage(storage, metrics)
}

/** Opens the database, migrates it, and opens the storage. */
export async function createApp(config: Config, log: Log): Promise<App> {
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
    const db = openDb(
      connection,
      config.databasePoolSize,
      (err) => log.error({ err }, 'A database connection was lost'),
      config.databaseAnswerMs,
    )
    closers.push(() => db.close())
    const migrated = await migrate(db)
    const locks = openSessionLocks(
      connection,
      (err) => log.error({ err }, 'The connection that holds the locks was lost'),
      config.databaseAnswerMs,
    )
    closers.push(() => locks.close())
    const metrics = await startMetrics(config, db)
    const storage = await observed(await openStorage(config, db), metrics)
    const partials = await openLocalPartialUploads(join(config.storageDir, 'partial'), resumableMs)
    const programs = findPrograms(config)
    const now = () => new Date()
    const mediaUrls = openMediaUrls({ db, now }, config.mediaUrls)
    const services: Services = {
      db,
      storage,
      partials,
      locks,
      queue: openQueue(),
      programs,
      limits: limitsOf(config),
      mediaUrls,
      mail: await openMail(config),
      jwts: await openJwts(config),
      metrics,
      now,
      databaseNow: databaseTime,
    }
    return { config, services, log, migrated, close, kill: async () => embedded?.kill() }
  } catch (error) {
    await close().catch((err: unknown) => log.error({ err }, 'Could not shut down cleanly'))
    throw error
  }
}
