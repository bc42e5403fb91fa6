import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import { giveAsString, inexactNumber } from '../domain/exact-numbers.ts'
import { type JsonLimits, shapeProblem } from '../domain/json-shape.ts'
import { acceptsGraphQLResponses, errorAnswer, refuse, refuseWith } from './authenticate.ts'
import { mayBeFromOtherSite } from './cross-site.ts'
import { refuseExplorer } from './explorer.ts'
import type { AllowsOrigin } from './origins.ts'
import { reportOf } from './request-log.ts'

/** Checks requests before Apollo Server takes them. Runs after the bodies were read. */
export function checkGraphQLRequests(
  app: FastifyInstance,
  allows: AllowsOrigin,
  config: Pick<Config, 'queryLimits' | 'jsonLimits' | 'explorers'>,
) {
  app.addHook('preHandler', async (request, reply) => {
    if (Array.isArray(request.body)) return refuseBatch(request.body.length, reply)
    const isGet = request.method === 'GET'
    const { query, variables } = ((isGet ? request.query : request.body) ?? {}) as Record<string, unknown>
    const { characters } = config.queryLimits
    if (typeof query === 'string' && query.length > characters)
      return refuse(reply, 400, 'QUERY_TOO_COMPLEX', tooLong(characters))
    if (!isGet) return
    void reply.header('cache-control', 'no-store')
    const problem = typeof variables === 'string' ? problemOf(variables, config.jsonLimits) : undefined
    if (problem !== undefined) return refuse(reply, 400, 'BAD_REQUEST', problem)
    if (!config.explorers && asksForExplorer(request)) return refuseExplorer(reply)
    return allowQuery(request, reply, allows, config.explorers)
  })
}

const tooLong = (characters: number) =>
  `The text of the operation is longer than ${characters} characters. Send long texts in variables.`

/** What is wrong with the JSON of a URL; bodies were checked when they arrived. */
function problemOf(json: string, limits: JsonLimits): string | undefined {
  const number = inexactNumber(json)
  return number === undefined ? shapeProblem(Buffer.from(json), limits) : giveAsString(number)
}

const preflightHeader = 'apollo-require-preflight'

/** Apollo Server takes a query by GET with one of these, which no page of another origin can send unasked. */
const hasPreflightHeader = ({ headers }: FastifyRequest) =>
  [preflightHeader, 'x-apollo-operation-name'].some((name) => headers[name])

const acceptsPage = ({ headers }: FastifyRequest) => headers.accept?.includes('text/html') === true

const asksForExplorer = (request: FastifyRequest) =>
  acceptsPage(request) && Object.keys(request.query as object).length === 0

/**
 * Some clients send short queries as simple GET requests. Those change nothing, so they need no preflight request unless
 * a page of another site may have sent them. Apollo Server recognises by a header that they are allowed.
 */
function allowQuery(request: FastifyRequest, reply: FastifyReply, allows: AllowsOrigin, explorers: boolean) {
  if (hasPreflightHeader(request)) return
  if (!mayBeFromOtherSite(request, allows)) {
    request.headers[preflightHeader] = 'true'
    return
  }
  // Whoever follows a link from another site gets the explorer.
  if (explorers && acceptsPage(request)) return
  const message =
    'A page of another site may have sent this query (Cross-Site Request Forgery), so it was not run. Add the ' +
    'origin of your page to CORS_ORIGINS, use POST, or send the header `Apollo-Require-Preflight: true`.'
  return refuse(reply, 400, 'BAD_REQUEST', message)
}

/** The maximum number of operations of a batch that each get their own answer. */
const maxBatch = 100

/** Clients that batch show what they get for each operation. To others a list would be no answer. */
function refuseBatch(operations: number, reply: FastifyReply) {
  const message =
    'This server takes one operation per request, not a list of operations. Turn off batching in the client; in ' +
    'Apollo Client, use `HttpLink` instead of `BatchHttpLink`.'
  const code = 'BATCHING_NOT_SUPPORTED'
  reportOf(reply.request).errorCodes = [code]
  const answer = errorAnswer(code, message)
  const each = acceptsGraphQLResponses(reply.request) && operations > 0 && operations <= maxBatch
  return refuseWith(reply, 400, each ? Array.from({ length: operations }, () => answer) : answer)
}
