import type { FastifyReply, FastifyRequest } from 'fastify'
import { bearerOfUrl } from '../domain/access.ts'
import { Failure } from '../domain/failure.ts'
import type { SignedMediaAddress } from '../domain/media-url.ts'
import { zeroUuid } from '../domain/text.ts'
import type { Services } from '../usecases/context.ts'
import { isLiveWorkspace } from '../usecases/workspaces.ts'
import { authenticate, type Authentication, refuse } from './authenticate.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The signed address; null if the request uses its own credentials. */
    signed: SignedMediaAddress | null
  }
}

/** The routes of media, with the ID and the variant in the path. */
export interface MediaRoute {
  Params: { id: string; variant?: string }
  Querystring: Record<string, unknown>
}

/**
 * Determines the actor of a request for media. If the URL claims to be signed, the signature must be valid, whatever
 * else the request contains. A valid signature needs no further credentials, and the workspace is the signed one.
 */
export function authenticateMedia(services: Services, authentication: Authentication) {
  const byCredentials = authenticate(services, authentication)
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { id, variant } = request.params as MediaRoute['Params']
    const query = request.query as MediaRoute['Querystring']
    const signed = await services.mediaUrls.verify({ id, variant, query })
    if (signed === undefined) return byCredentials(request, reply)
    if (signed instanceof Failure) return refuse(reply, 403, signed.code, signed.message)
    // While its workspace is in the trash, a URL leads nowhere, as if the workspace did not exist.
    const isLive = await isLiveWorkspace(services.db, signed.workspaceId)
    request.actor = bearerOfUrl(isLive ? signed.workspaceId : zeroUuid)
    request.signed = signed
  }
}

/** The same for the API before GraphQL, where only the reading of an image can be signed. */
export function authenticateOlderApi(services: Services, authentication: Authentication) {
  const byCredentials = authenticate(services, authentication)
  const byUrl = authenticateMedia(services, authentication)
  return (request: FastifyRequest, reply: FastifyReply) =>
    request.method !== 'DELETE' && request.routeOptions.url?.startsWith('/api/images/:id')
      ? byUrl(request, reply)
      : byCredentials(request, reply)
}
