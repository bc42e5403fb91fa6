import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Refuses requests that pages of other sites can send without a preflight request, such as forms. `origins` lists the
 * allowed ones. Programs, which send neither header, are allowed too.
 */
export const sameSiteOnly =
  (origins: readonly string[]) => async (request: FastifyRequest, reply: FastifyReply) => {
    const { origin, 'sec-fetch-site': site } = request.headers
    if (origin !== undefined && origins.includes(origin)) return
    const own = `${request.protocol}://${request.host}`
    if (origin === undefined ? site !== 'cross-site' : origin === own && site !== 'cross-site') return
    const error = 'Pages of other sites may not do this. Add the origin of the page to CORS_ORIGINS.'
    return reply.code(403).send({ error })
  }
