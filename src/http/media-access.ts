import type { FastifyReply, FastifyRequest } from 'fastify'
import { bearerOfUrl } from '../domain/access.ts'
import { Failure } from '../domain/failure.ts'
import type { SignedMediaAddress } from '../domain/media-url.ts'
import type { Services } from '../usecases/context.ts'
import { authenticate, refuse } from './authenticate.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the URL was signed for; null when the request goes by its own credentials. */
    signed: SignedMediaAddress | null
  }
}

/** The routes of media: the id and the variant in the path. */
export interface MediaRoute {
  Params: { id: string; variant?: string }
  Querystring: Record<string, unknown>
}

/**
 * Makes the actor of a request for media. A URL that says it is signed must be valid, whatever else the request brings;
 * then nothing else is needed, and the workspace is the one it was signed for.
 */
export function authenticateMedia(services: Services) {
  const byCredentials = authenticate(services)
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { id, variant } = request.params as MediaRoute['Params']
    const query = request.query as MediaRoute['Querystring']
    const signed = await services.mediaUrls.verify({ id, variant, query })
    if (signed === undefined) return byCredentials(request, reply)
    if (signed instanceof Failure) return refuse(reply, 403, signed.code, signed.message)
    request.actor = bearerOfUrl(signed.workspaceId)
    request.signed = signed
  }
}
