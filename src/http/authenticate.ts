import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Actor, defaultWorkspaceId, ownerId } from '../domain/access.ts'
import { isUuid } from '../domain/text.ts'
import type { Services } from '../usecases/context.ts'

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor | null
  }
}

/** The header by which a request chooses its workspace. */
export const workspaceHeader = 'x-workspace-id'

/** Answers a fault of the client in the form of a GraphQL error. */
export function refuse(reply: FastifyReply, status: number, code: string, message: string) {
  // What was said of a file before it turned out not to be had would make caches keep the refusal.
  for (const name of ['etag', 'last-modified', 'content-disposition', 'content-length', 'accept-ranges']) {
    void reply.removeHeader(name)
  }
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send({ errors: [{ message, extensions: { code } }] })
}

/**
 * Makes the actor of a request. Without sign-in everyone who reaches the server is its owner, and the workspace is the
 * one of the `X-Workspace-Id` header, else of `workspace` in the URL, else the default one.
 */
export function authenticate({ db }: Services) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const asked = request.headers[workspaceHeader] ?? (request.query as { workspace?: unknown }).workspace
    let workspaceId: string = defaultWorkspaceId
    if (asked !== undefined) {
      const known =
        typeof asked === 'string' &&
        isUuid(asked) &&
        (await db.prisma.workspace.findUnique({ where: { id: asked } }))
      if (!known) {
        const message =
          'X-Workspace-Id names no existing workspace. Use an ID from the query `workspaces`, or omit the header.'
        return refuse(reply, 400, 'WORKSPACE_REQUIRED', message)
      }
      workspaceId = known.id
    }
    request.actor = { id: ownerId, workspaceId, role: 'OWNER' }
  }
}

/** The actor that `authenticate` made. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw new Error('This route does not authenticate.')
  return request.actor
}

/** Refuses requests under a name that is not the server's own. */
export const ownNamesOnly =
  (names: readonly string[] | null) => async (request: FastifyRequest, reply: FastifyReply) => {
    const { host } = request.headers
    if (host === undefined || !URL.canParse(`http://${host}`)) {
      return refuse(reply, 400, 'BAD_REQUEST', 'The Host header is missing or malformed.')
    }
    if (names && !names.includes(new URL(`http://${host}`).hostname)) {
      const message =
        `This server only answers to ${names.slice(0, 3).join(', ')} and the host of PUBLIC_URL. Use one of them ` +
        'in the URL.'
      return refuse(reply, 403, 'FORBIDDEN', message)
    }
  }
