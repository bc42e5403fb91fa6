import { createApp } from './app.ts'
import { ConfigError, loadConfig } from './config.ts'
import { createServer } from './http/server.ts'
import { runJobs } from './jobs/handlers.ts'
import { createLog } from './log.ts'

/** Starts the server: the API and the jobs in one process. Ends on SIGINT and SIGTERM; a second one ends it at once. */
async function main() {
  const config = loadConfig()
  const log = createLog(config)
  const app = await createApp(config, log)
  const server = await createServer(config, app.services, log)

  let ending = false
  const end = (signal: NodeJS.Signals) => {
    if (ending) {
      log.warn(`${signal} again: ending at once`)
      app.kill()
      process.exit(1)
    }
    ending = true
    log.info(`${signal}: finishing the requests under way (${signal} again ends at once)`)
    const overdue = setTimeout(() => server.server.closeAllConnections(), config.shutdownGraceSeconds * 1000)
    overdue.unref()
    server
      .close()
      .then(() => app.close())
      .then(() => log.info('Ended'))
      .catch((err: unknown) => {
        log.error({ err }, 'Could not end cleanly')
        process.exitCode = 1
      })
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)

  try {
    await runJobs(app.services, log)
    const address = await server.listen({ host: config.host, port: config.port })
    const base = config.publicUrl ?? address
    const database =
      config.databaseUrl === undefined ? `PostgreSQL in ${config.dataDir}` : 'the configured PostgreSQL'
    log.info(
      `Wordloom is ready: API and Apollo Sandbox ${base}/graphql, offline explorer ${base}/graphiql, ${database}`,
    )
  } catch (error) {
    await server.close()
    await app.close()
    throw error
  }
}

main().catch((error: unknown) => {
  const known = error instanceof ConfigError || (error as { code?: string }).code === 'EADDRINUSE'
  const hint =
    (error as { code?: string }).code === 'EADDRINUSE'
      ? '\nSet PORT to a free one, or stop what uses it.'
      : ''
  console.error(known ? `${(error as Error).message}${hint}` : error)
  process.exitCode = 1
})
