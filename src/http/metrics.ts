import { createHash, timingSafeEqual } from 'node:crypto'
import {
  type FastifyBaseLogger,
  fastify,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Metrics } from '../observe/metrics.ts'
import { refuse } from './authenticate.ts'
import { answerErrors } from './errors.ts'

/** Reports each request that is answered. */
function countRequests(app: FastifyInstance, metrics: Metrics) {
  app.addHook('onResponse', async (request, { statusCode: status, elapsedTime }) => {
    const { method, routeOptions, report } = request
    const { errorCodes, named } = report ?? {}
    metrics.requestAnswered({
      method,
      route: routeOptions.url,
      status,
      seconds: elapsedTime / 1_000,
      operation: named,
      errorCodes,
    })
  })
}

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Whether a request has the token. It takes as long whatever it has. */
function hasToken({ headers: { authorization = '' } }: FastifyRequest, token: string): boolean {
  return timingSafeEqual(digest(authorization), digest(`Bearer ${token}`))
}

/** `GET /metrics`, with the token as bearer if there is one. */
export function metricsRoute(app: FastifyInstance, metrics: Metrics, token: string | undefined) {
  app.get('/metrics', async (request, reply) => {
    if (token !== undefined && !hasToken(request, token)) {
      void reply.header('www-authenticate', 'Bearer')
      return refuse(reply, 401, 'UNAUTHENTICATED', 'Send METRICS_TOKEN as `Authorization: Bearer`.')
    }
    return reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.text())
  })
}

/** Counts the requests of a server that has metrics, and serves them if there is a token for it. */
export function serveMetrics(app: FastifyInstance, metrics: Metrics | undefined, token: string | undefined) {
  if (!metrics) return
  countRequests(app, metrics)
  if (token !== undefined) metricsRoute(app, metrics, token)
}

/** Serves the metrics at a port of their own. It does not listen yet. */
export function createMetricsServer(
  metrics: Metrics,
  log: FastifyBaseLogger,
  token: string | undefined,
): FastifyInstance {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  })
  app.decorateRequest('report', null)
  answerErrors(app)
  metricsRoute(app, metrics, token)
  return app
}
