import type { FastifyReply, FastifyRequest } from 'fastify'

/** Whether a page of another site sends the request. `origins` lists the allowed ones. Programs send neither header. */
export function isFromOtherSite(request: FastifyRequest, origins: readonly string[]): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (origin !== undefined && origins.includes(origin)) return false
  const own = `${request.protocol}://${request.host}`
  return site === 'cross-site' || (origin !== undefined && origin !== own)
}

/** Refuses requests that pages of other sites can send without a preflight request, such as forms. */
export const sameSiteOnly =
  (origins: readonly string[]) => async (request: FastifyRequest, reply: FastifyReply) => {
    if (!isFromOtherSite(request, origins)) return
    const error = 'Pages of other sites may not do this. Add the origin of the page to CORS_ORIGINS.'
    return reply.code(403).send({ error })
  }
