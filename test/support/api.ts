import { limitsOf, observed, openJwts, openMail, startMetrics } from '../../src/app.ts'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll } from 'vitest'
import { type Config, readConfig } from '../../src/config.ts'
import { databaseTime } from '../../src/db/clock.ts'
import { openSessionLocks } from '../../src/db/postgres/session-locks.ts'
import { createServer } from '../../src/http/server.ts'
import { logOptions } from '../../src/log.ts'
import { openQueue } from '../../src/queue/queue.ts'
import type { FileStorage } from '../../src/storage/file-storage.ts'
import { openLocalPartialUploads } from '../../src/storage/partial-uploads.ts'
import { openLocalStorage } from '../../src/storage/local-storage.ts'
import type { Ctx, Services } from '../../src/usecases/context.ts'
import { openMediaUrls } from '../../src/usecases/media/media-urls.ts'
import { resumableMs } from '../../src/usecases/media/resumable-uploads.ts'
import { buildCtx, removeTemporaryFolders, temporaryFolder, type TestClock } from './builders.ts'
import { Client } from './client.ts'
import type { useDatabase } from './database.ts'
import { programs } from './programs.ts'

/** A line of the server's log. */
export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly reqId?: string
  readonly err?: { readonly message: string }
}

/** A route of the server, with one of its methods. */
export interface Route {
  readonly method: string
  readonly url: string
}

/** A workspace of its own: the context for builders, with a clock that can be set, and a client that works in it. */
export interface Workspace {
  readonly ctx: Ctx & { readonly clock: TestClock }
  readonly client: Client
}

interface Overrides extends Partial<Omit<Config, 'limits' | 'protection'>> {
  readonly limits?: Partial<Config['limits']>
  readonly protection?: Partial<Config['protection']>
}

/** Tests sign in as many people as they need. */
const withoutSignInLimits = {
  RATE_LIMIT_SIGN_INS: '0',
  RATE_LIMIT_RESETS: '0',
  RATE_LIMIT_INVITATIONS: '0',
  RATE_LIMIT_WRONG_PASSWORDS: '0',
}

/** The server in this process, on a free port, over the database of the test file and a storage of its own. */
export function useApi(
  database: Pick<ReturnType<typeof useDatabase>, 'db' | 'connection'>,
  { limits: limitOverrides, protection, ...overrides }: Overrides = {},
  openStorage: (config: Config) => Promise<FileStorage> = ({ storageDir }) => openLocalStorage(storageDir),
) {
  const started: { url?: string; services?: Services; close?: () => Promise<unknown> } = {}
  const log: LogLine[] = []
  const routes: Route[] = []
  removeTemporaryFolders()

  beforeAll(async () => {
    const { db } = database
    const folder = await temporaryFolder()
    const read = readConfig({ DATA_DIR: folder, LOG_FORMAT: 'json', ...withoutSignInLimits })
    const config = {
      ...read,
      ...overrides,
      limits: { ...read.limits, ...limitOverrides },
      protection: { ...read.protection, ...protection },
    }
    const limits = limitsOf(config)
    const metrics = await startMetrics(config, db)
    const storage = await observed(await openStorage(config), metrics)
    const queue = openQueue()
    const now = () => new Date()
    const mediaUrls = openMediaUrls({ db, now }, config.mediaUrls)
    const partials = await openLocalPartialUploads(join(folder, 'partial'), resumableMs)
    const locks = openSessionLocks(database.connection, () => {}, config.databaseAnswerMs)
    const services = {
      db,
      storage,
      partials,
      locks,
      limits,
      mediaUrls,
      mail: await openMail(config),
      jwts: await openJwts(config),
      queue,
      programs,
      metrics,
      now,
      databaseNow: databaseTime,
    }
    const lines = { write: (line: string) => void log.push(JSON.parse(line) as LogLine) }
    const server = await createServer(
      config,
      services,
      pino(logOptions(config), lines),
      ({ method, url }) => {
        for (const one of [method].flat()) routes.push({ method: one, url })
      },
    )
    started.services = services
    started.close = () => {
      const closed = server.close()
      // A test that does not read an answer keeps its connection until the answer is collected as garbage.
      server.server.closeAllConnections()
      return closed
    }
    started.url = await server.listen({ host: '127.0.0.1', port: 0 })
  })
  afterAll(() => started.close?.())

  const url = () => {
    if (started.url === undefined) throw new Error('The server is there from beforeAll on.')
    return started.url
  }
  return {
    get url() {
      return url()
    },
    /** Everything it serves. */
    routes,
    /** Everything it has logged. */
    log,
    /** A client that sends these headers. */
    client: (headers: Record<string, string> = {}) => new Client(url(), headers),
    async workspace(): Promise<Workspace> {
      const own = await buildCtx(database.db)
      const ctx = { ...own, storage: started.services?.storage ?? own.storage }
      return { ctx, client: new Client(url(), { 'x-workspace-id': ctx.actor.workspaceId }) }
    },
  }
}

/** The data of an answer, which must be one without errors. */
export async function ask<Data>(client: Client, query: string, variables: Record<string, unknown> = {}) {
  const answer = await client.send(query, variables)
  if (answer.errors.length > 0) throw new Error(JSON.stringify(answer.errors))
  return answer.data as Data
}
