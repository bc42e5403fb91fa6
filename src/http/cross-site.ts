import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Refuses what a page of another site sends without having to ask first, such as a form. `origins` are those that may;
 * programs, which send neither header, may too.
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
