import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../../src/db/postgres/embedded.ts'
import { installedBinaries } from '../../src/db/postgres/postgres-binaries.ts'
import { clusterTemplate } from './cluster-template.ts'
import { copyCluster } from './copy-cluster.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of an installed PostgreSQL's programs; null is the embedded one. */
    postgresFolder: string | null
    /** The socket of the PostgreSQL of this run. Its database `wordloom` is the migrated template of each test file's. */
    postgresSocket: string
  }
}

/** Nothing here has to outlive a power cut. */
const hasty = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** Files that run at once may each hold 20, and some look from outside. */
const connectionsOfFile = 40

/** Starts a PostgreSQL for the run, whose database is the migrated template. */
export default async function setup(project: TestProject) {
  const folder = project.config.provide.postgresFolder
  const binaries = folder ? installedBinaries(folder) : undefined
  const template = await clusterTemplate(binaries)
  const dataDir = await mkdtemp(join(tmpdir(), 'wordloom-test-'))
  const connections = Math.max(100, connectionsOfFile * project.vitest.config.maxWorkers)
  try {
    await copyCluster(template, dataDir)
    const settings = { ...hasty, max_connections: String(connections) }
    const postgres = await startEmbedded(dataDir, binaries, settings)
    project.provide('postgresSocket', postgres.connection.host)
    return async () => {
      await postgres.release()
      await rm(dataDir, { recursive: true, force: true })
    }
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true })
    throw error
  }
}
