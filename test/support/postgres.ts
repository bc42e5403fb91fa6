import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openDb } from '../../src/db/client.ts'
import { type EmbeddedPostgres, startEmbedded } from '../../src/db/postgres/embedded.ts'
import { migrate } from '../../src/db/postgres/migrate.ts'
import { installedBinaries } from '../../src/db/postgres/postgres-binaries.ts'
import { openQueue, startQueue } from '../../src/queue/queue.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of an installed PostgreSQL's programs; null is the embedded one. */
    postgresFolder: string | null
    /** The socket of the PostgreSQL of this run. Its database `wordloom` is the migrated template of each test file's. */
    postgresSocket: string
  }
}

const fail = (error: Error) => {
  throw error
}

/** Starts a PostgreSQL for the run and migrates the template. */
export default async function setup(project: TestProject) {
  const folder = project.config.provide.postgresFolder
  const dataDir = await mkdtemp(join(tmpdir(), 'wordloom-test-'))
  const postgres = await startEmbedded(dataDir, folder ? installedBinaries(folder) : undefined)
  const teardown = async () => {
    await postgres.release()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await makeTemplate(postgres.connection)
  } catch (error) {
    await teardown()
    throw error
  }
  project.provide('postgresSocket', postgres.connection.host)
  return teardown
}

async function makeTemplate(connection: EmbeddedPostgres['connection']) {
  const db = openDb(connection, 2, fail)
  try {
    await migrate(db)
    const queue = openQueue(db, fail)
    await startQueue(db, queue)
    await queue.boss.stop({ graceful: false, wait: true })
  } finally {
    await db.close()
  }
}
