import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { OperationReport } from '../graphql/context.ts'
import { shownUrl } from './shown-url.ts'

declare module 'fastify' {
  interface FastifyRequest {
    report: OperationReport | null
  }
}

/** What the log says about the operation of a request, to be filled in. */
export const reportOf = (request: FastifyRequest): OperationReport => (request.report ??= {})

/** Logs each request with its operation, and requests for health and metrics only on the level debug. */
export function logRequests(app: FastifyInstance) {
  app.addHook('onResponse', async (request, { statusCode, elapsedTime }) => {
    const { method, url, actor, log } = request
    const report = { ...request.report, named: undefined }
    const level = /^\/(health\/|metrics$)/.test(url) ? 'debug' : 'info'
    const workspaceId = actor?.workspaceId
    const times = { statusCode, ms: Math.round(elapsedTime) }
    log[level]({ method, url: shownUrl(url), ...report, workspaceId, ...times }, 'Request done')
  })
}
