import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Actor, defaultWorkspaceId, ownerId } from '../domain/access.ts'
import { isUuid } from '../domain/text.ts'
import { WorkspaceRequired } from '../domain/workspace-trash.ts'
import type { Services } from '../usecases/context.ts'
import { identify } from '../usecases/people/identify.ts'
import { isLiveWorkspace } from '../usecases/workspaces.ts'
import { credentialOf } from './credentials.ts'
import type { AllowsOrigin } from './origins.ts'
import { reportOf } from './request-log.ts'

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor | null
  }
}

/** The header that selects the workspace of a request. */
const workspaceHeader = 'x-workspace-id'

const graphQLResponse = 'application/graphql-response+json'

/** Such a client reads the errors of an answer of any status; to others only the status counts. */
export const acceptsGraphQLResponses = ({ headers: { accept = '' } }: FastifyRequest) =>
  accept.includes(graphQLResponse)

export const errorAnswer = (code: string, message: string) => ({
  errors: [{ message, extensions: { code } }],
})

/** Answers a client error in the form of a GraphQL error, or in that of the API before GraphQL below its path. */
export function refuse(reply: FastifyReply, status: number, code: string, message: string) {
  reportOf(reply.request).errorCodes = [code]
  const isOlderApi = /^\/api\//.test(reply.request.url)
  return refuseWith(reply, status, isOlderApi ? { error: message } : errorAnswer(code, message))
}

export function refuseWith(reply: FastifyReply, status: number, answer: object) {
  // Remove headers that were set for the file before the request was refused; otherwise caches would keep the refusal.
  for (const name of ['etag', 'last-modified', 'content-disposition', 'content-length', 'accept-ranges']) {
    void reply.removeHeader(name)
  }
  // The rest of a request that takes too long is not awaited.
  if (status === 408) void reply.header('connection', 'close')
  const type = acceptsGraphQLResponses(reply.request) ? graphQLResponse : 'application/json'
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type(`${type}; charset=utf-8`)
    .send(JSON.stringify(answer))
}

const askedWorkspace = ({ headers, query }: FastifyRequest) =>
  headers[workspaceHeader] ?? (query as { workspace?: unknown }).workspace

/** Whether a request names its workspace, by its header or in the URL. */
export const namesWorkspace = (request: FastifyRequest) => askedWorkspace(request) !== undefined

/** How requests are authenticated. */
export interface Authentication {
  /** Whether people sign in. Without it everyone who can reach the server is its owner. */
  readonly signIn: boolean
  readonly allows: AllowsOrigin
}

const refuseWorkspace = (reply: FastifyReply, { statusCode, code, message } = new WorkspaceRequired()) =>
  refuse(reply, statusCode, code, message)

/**
 * Determines the actor of a request: with sign-in from its credential, otherwise it is the owner. The workspace is that
 * of the `X-Workspace-Id` header, else that of `workspace` in the URL, else that of the credential or the default one.
 */
export const authenticate = (services: Services, { signIn }: Authentication) =>
  signIn ? bySignIn(services) : asOwner(services)

function asOwner({ db }: Services) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const asked = askedWorkspace(request)
    let workspaceId: string = defaultWorkspaceId
    if (asked !== undefined) {
      if (typeof asked !== 'string' || !isUuid(asked) || !(await isLiveWorkspace(db, asked)))
        return refuseWorkspace(reply)
      workspaceId = asked
    }
    request.actor = { id: ownerId, workspaceId, role: 'OWNER' }
  }
}

const signInFirst =
  'Sign in at /sign-in, or send a valid session or API token as `Authorization: Bearer <token>`.'

function bySignIn(services: Services) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const credential = credentialOf(request)
    const asked = askedWorkspace(request)
    if (asked !== undefined && typeof asked !== 'string') return refuseWorkspace(reply)
    const actor = credential && (await identify(services, credential.text, asked))
    if (actor === undefined) {
      if (isNavigation(request)) return toSignIn(request, reply)
      void reply.header('www-authenticate', 'Bearer')
      return refuse(reply, 401, 'UNAUTHENTICATED', signInFirst)
    }
    if (actor instanceof WorkspaceRequired) return refuseWorkspace(reply, actor)
    request.actor = actor
  }
}

/** Whether a browser opens the explorer, rather than a program or a page asking for data. */
export const isNavigation = ({ method, headers, routeOptions }: FastifyRequest) =>
  method === 'GET' &&
  ['/graphql', '/graphiql'].includes(routeOptions.url ?? '') &&
  (headers.accept ?? '').includes('text/html')

/** Sends a browser to sign in and then back. */
const toSignIn = (request: FastifyRequest, reply: FastifyReply) =>
  reply
    .header('cache-control', 'no-store')
    .redirect(`/sign-in?${new URLSearchParams({ next: request.url }).toString()}`, 302)

/** The actor that `authenticate` determined. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw new Error('This route does not authenticate.')
  return request.actor
}

/** Refuses requests to a host name that is not one of the server's own. */
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
