import { createApp } from './app.ts'
import { ConfigError, loadConfig } from './config.ts'
import { createServer } from './http/server.ts'
import { runJobs } from './jobs/handlers.ts'
import { createLog } from './log.ts'
import { StoreError } from './storage/store-error.ts'

/** Starts the server: the API and the jobs in one process. Ends on SIGINT and SIGTERM; a second one ends it at once. */
async function main() {
  const config = loadConfig()
  const log = createLog(config)
  // Heard from the beginning: a start that is interrupted must not leave the database running.
  const signals = { received: 0, onFirst: () => {}, onSecond: () => {} }
  const hear = (signal: NodeJS.Signals) => {
    signals.received += 1
    if (signals.received > 1) {
      log.warn(`${signal} again: ending at once`)
      signals.onSecond()
      process.exit(1)
    }
    log.info(`${signal}: finishing the requests under way (${signal} again ends at once)`)
    signals.onFirst()
  }
  process.on('SIGINT', hear)
  process.on('SIGTERM', hear)

  const app = await createApp(config, log)
  signals.onSecond = () => app.kill()
  const server = await createServer(config, app.services, log).catch(async (error: unknown) => {
    await app.close()
    throw error
  })
  const end = async () => {
    const overdue = setTimeout(() => server.server.closeAllConnections(), config.shutdownGraceSeconds * 1000)
    overdue.unref()
    // A client may keep its connection after the answer: it would hold the end up although nothing is under way.
    const idle = setInterval(() => server.server.closeIdleConnections(), 50)
    await server.close()
    clearInterval(idle)
    await app.close()
    log.info('Ended')
  }
  try {
    await app.services.storage.check()
    await runJobs(app.services, log, config)
    const address = await server.listen({ host: config.host, port: config.port })
    const base = config.publicUrl ?? address
    const database =
      config.databaseUrl === undefined ? `PostgreSQL in ${config.dataDir}` : 'the configured PostgreSQL'
    const files = config.s3 ? `files in the bucket ${config.s3.bucket}` : `files in ${config.storageDir}`
    log.info(
      `Wordloom is ready: API and Apollo Sandbox ${base}/graphql, offline explorer ${base}/graphiql, ${database}, ${files}`,
    )
  } catch (error) {
    await server.close()
    await app.close()
    throw error
  }
  signals.onFirst = () => {
    end().catch((err: unknown) => {
      log.error({ err }, 'Could not end cleanly')
      process.exit(1)
    })
  }
  if (signals.received > 0) signals.onFirst()
}

main().catch((error: unknown) => {
  const known =
    error instanceof ConfigError ||
    error instanceof StoreError ||
    (error as { code?: string }).code === 'EADDRINUSE'
  const hint =
    (error as { code?: string }).code === 'EADDRINUSE'
      ? '\nSet PORT to a free one, or stop what uses it.'
      : ''
  console.error(known ? `${(error as Error).message}${hint}` : error)
  // A queue that was only half started would hold the process up for ever.
  process.exit(1)
})
