import { type EntryPoint, runProcess } from './entry.ts'
import type { App } from './app.ts'
import { createServer } from './http/server.ts'
import { offerSetup } from './usecases/people/invitations.ts'
import type { createLog } from './log.ts'

/** The API. */
async function createEntryPoint(
  { config, services }: App,
  log: ReturnType<typeof createLog>,
): Promise<EntryPoint> {
  const server = await createServer(config, services, log)
  return {
    open: async () => {
      const address = await server.listen({ host: config.host, port: config.port })
      const base = config.publicUrl ?? address
      if (config.signIn) await showSetup(services, base, log)
      const jobs = config.runJobs ? 'jobs run here' : 'jobs run only in workers (RUN_JOBS=false)'
      const api = config.explorers
        ? `API and Apollo Sandbox ${base}/graphql, offline explorer ${base}/graphiql`
        : `API ${base}/graphql`
      return `Wordloom is ready: ${api}, ${jobs}`
    },
    close: async () => {
      const overdue = setTimeout(
        () => server.server.closeAllConnections(),
        config.shutdownGraceSeconds * 1000,
      )
      overdue.unref()
      // A client may keep its connection after the answer; the idle connection would delay the end.
      const idle = setInterval(() => server.server.closeIdleConnections(), 50)
      await server.close()
      clearInterval(idle)
    },
  }
}

/** Shows the link by which the first person becomes the owner. The link of the last server that started is valid. */
async function showSetup(services: App['services'], base: string, log: ReturnType<typeof createLog>) {
  const secret = await offerSetup(services)
  if (secret === undefined) return
  log.warn(`Nobody can sign in yet. Become the owner within 24 hours at ${base}/invitations/${secret}`)
}

// The server: the API and, unless workers run them, the jobs.
runProcess({ finishing: 'the requests in progress', runsJobs: ({ runJobs }) => runJobs, createEntryPoint })
