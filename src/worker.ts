import { runProcess } from './entry.ts'
import { createHealthServer } from './http/health-server.ts'
import { version } from './version.ts'

// The worker: the jobs without the API, in any number of processes. It answers only questions about its health.
runProcess({
  finishing: 'the jobs in progress',
  runsJobs: () => true,
  createEntryPoint: async ({ config: { host, healthPort: port, metrics }, services }, log) => {
    const ready = 'The Wordloom worker is ready: jobs run here'
    if (port === undefined) return { open: () => Promise.resolve(ready), close: () => Promise.resolve() }
    const server = createHealthServer(services, log, version, metrics?.token)
    return {
      open: async () => `${ready}, health ${await server.listen({ host, port })}/health/ready`,
      close: () => server.close(),
    }
  },
})
