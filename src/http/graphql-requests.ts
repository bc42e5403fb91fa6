import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { giveAsString, inexactNumber } from '../domain/exact-numbers.ts'
import { acceptsGraphQLResponses, errorAnswer, refuse, refuseWith } from './authenticate.ts'
import { isFromOtherSite } from './cross-site.ts'

/** Checks requests before Apollo Server takes them. Runs after the bodies were read. Pages of `origins` are welcome. */
export function checkGraphQLRequests(app: FastifyInstance, origins: readonly string[]) {
  app.addHook('preHandler', async (request, reply) => {
    if (Array.isArray(request.body)) return refuseBatch(request.body.length, reply)
    if (request.method !== 'GET') return
    void reply.header('cache-control', 'no-store')
    const { variables } = request.query as Record<string, unknown>
    const number = typeof variables === 'string' ? inexactNumber(variables) : undefined
    if (number !== undefined) return refuse(reply, 400, 'BAD_REQUEST', giveAsString(number))
    allowQuery(request, origins)
  })
}

/**
 * Some clients send short queries as simple GET requests. Those change nothing, so they need no preflight request unless
 * they come from a page of another site. Apollo Server recognises by this header that they are allowed.
 */
function allowQuery(request: FastifyRequest, origins: readonly string[]) {
  if (!isFromOtherSite(request, origins)) request.headers['apollo-require-preflight'] = 'true'
}

/** The maximum number of operations of a batch that each get their own answer. */
const maxBatch = 100

/** Clients that batch show what they get for each operation. To others a list would be no answer. */
function refuseBatch(operations: number, reply: FastifyReply) {
  const message =
    'This server takes one operation per request, not a list of operations. Turn off batching in the client; in ' +
    'Apollo Client, use `HttpLink` instead of `BatchHttpLink`.'
  const answer = errorAnswer('BATCHING_NOT_SUPPORTED', message)
  const each = acceptsGraphQLResponses(reply.request) && operations > 0 && operations <= maxBatch
  return refuseWith(reply, 400, each ? Array.from({ length: operations }, () => answer) : answer)
}
