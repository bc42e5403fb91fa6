import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AllowsOrigin } from './origins.ts'

/** All browsers begin their name like this, and no page can change it without a preflight request. */
const browserName = 'Mozilla/'

const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : undefined)

/**
 * Whether a page of an origin that is not allowed may have sent the request. Pages cannot set these headers, they can
 * only suppress `Referer`.
 *
 * - `Origin` of an allowed page.
 * - `Sec-Fetch-Site`: `same-origin` or, if the user entered the address, `none`. A page of a neighbouring host or port
 *   (`same-site`) has an origin of its own, which has to be allowed.
 * - Without it, the request comes from a program; or from an older browser, or a newer one that reads over plain HTTP
 *   from another machine. Those give `Origin` or `Referer`, and if they give neither, nothing is known.
 */
export function mayBeFromOtherSite(request: FastifyRequest, allows: AllowsOrigin): boolean {
  const { origin, referer, 'sec-fetch-site': site, 'user-agent': agent } = request.headers
  if (origin !== undefined && allows(origin)) return false
  if (site !== undefined) return site !== 'same-origin' && (site !== 'none' || origin !== undefined)
  const sender =
    origin ?? (agent?.startsWith(browserName) ? (originOf(referer ?? '') ?? 'unknown') : undefined)
  return sender !== undefined && sender !== `${request.protocol}://${request.host}` && !allows(sender)
}

/** Refuses requests that pages of other sites can send without a preflight request, such as forms. */
export const sameSiteOnly =
  (allows: AllowsOrigin) => async (request: FastifyRequest, reply: FastifyReply) => {
    if (!mayBeFromOtherSite(request, allows)) return
    const error = 'Pages of other sites may not do this. Add the origin of the page to CORS_ORIGINS.'
    return reply.code(403).send({ error })
  }
