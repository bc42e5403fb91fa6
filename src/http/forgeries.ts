import type { FastifyInstance, FastifyRequest } from 'fastify'
import { refuse } from './authenticate.ts'
import { mayBeFromOtherSite } from './cross-site.ts'
import type { AllowsOrigin } from './origins.ts'

/** A form of any page can have these types; others need a preflight request, which other origins do not pass. */
const formTypes = /^\s*(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/i

/** Headers that need a preflight request. */
const askedHeaders = [
  'authorization',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'x-workspace-id',
]

/** Whether any page can send such a request without asking first. */
function isSimple({ method, headers }: FastifyRequest): boolean {
  const type = headers['content-type']
  if (method !== 'POST' || askedHeaders.some((name) => headers[name] !== undefined)) return false
  return type === undefined || formTypes.test(type)
}

/**
 * Refuses every request that changes something and that a page of another site may have sent (Cross-Site Request
 * Forgery): those with cookies, and those that no preflight request precedes. It holds for every route, also for later
 * ones; routes with answers of their own check earlier.
 */
export function refuseForgeries(app: FastifyInstance, allows: AllowsOrigin) {
  app.addHook('preHandler', async (request, reply) => {
    if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return
    if (!isSimple(request) && request.headers.cookie === undefined) return
    if (!mayBeFromOtherSite(request, allows)) return
    const message =
      'A page of another site may have sent this request (Cross-Site Request Forgery), so nothing was done. Add the ' +
      'origin of your page to CORS_ORIGINS.'
    return refuse(reply, 403, 'FORBIDDEN', message)
  })
}
