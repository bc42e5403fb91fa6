import { type FastifyBaseLogger, fastify, type FastifyInstance, LogController } from 'fastify'
import type { Services } from '../usecases/context.ts'
import { answerErrors } from './errors.ts'
import { healthRoutes } from './health.ts'

/** Answers questions about the health of a process that serves nothing else. It does not listen yet. */
export function createHealthServer(
  services: Services,
  log: FastifyBaseLogger,
  version: string,
): FastifyInstance {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  })
  answerErrors(app)
  healthRoutes(app, services, version)
  return app
}
