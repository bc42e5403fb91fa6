import { type FastifyBaseLogger, fastify, type FastifyInstance, LogController } from 'fastify'
import type { Services } from '../usecases/context.ts'
import { answerErrors } from './errors.ts'
import { healthRoutes } from './health.ts'
import { metricsRoute } from './metrics.ts'

/** Answers questions about the health of a process that serves nothing else, and its metrics with the token. It does not listen yet. */
export function createHealthServer(
  services: Services,
  log: FastifyBaseLogger,
  version: string,
  metricsToken: string | undefined,
): FastifyInstance {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  })
  app.decorateRequest('report', null)
  answerErrors(app)
  if (services.metrics && metricsToken !== undefined) metricsRoute(app, services.metrics, metricsToken)
  healthRoutes(app, services, version)
  return app
}
