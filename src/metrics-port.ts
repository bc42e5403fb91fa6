import type { App } from './app.ts'
import type { createLog } from './log.ts'

/** Serves the metrics at their own port, if there is one. */
export async function openMetricsPort(
  { config: { metrics: wanted }, services: { metrics } }: App,
  log: ReturnType<typeof createLog>,
) {
  if (!metrics || wanted?.port === undefined) return undefined
  const { createMetricsServer } = await import('./http/metrics.ts')
  const server = createMetricsServer(metrics, log, wanted.token)
  const address = await server.listen({ host: wanted.host, port: wanted.port })
  log.info(`Metrics are at ${address}/metrics`)
  return server
}
