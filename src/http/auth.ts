import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Auth, authPath } from '../auth/auth.ts'
import { headersOf } from './auth-request.ts'

/** The largest body of a request to sign in, in bytes. */
const maxBodyBytes = 64 * 1024

/** What of better-auth is served. All else, such as making users without an invitation, is not there. */
const served = new Set([
  '/sign-in/email',
  '/sign-out',
  '/callback/oidc',
  '/get-session',
  '/list-sessions',
  '/revoke-session',
  '/revoke-sessions',
  '/revoke-other-sessions',
  '/change-password',
  '/request-password-reset',
  '/reset-password',
  '/reset-password/:token',
  '/passkey/generate-register-options',
  '/passkey/verify-registration',
  '/passkey/generate-authenticate-options',
  '/passkey/verify-authentication',
  '/passkey/list-user-passkeys',
  '/passkey/delete-passkey',
  '/passkey/update-passkey',
])

/** Serves better-auth below `/auth`. */
export function authRoutes(app: FastifyInstance, auth: Auth) {
  app.removeAllContentTypeParsers()
  const types = ['application/json', 'application/x-www-form-urlencoded']
  app.addContentTypeParser(types, { parseAs: 'string', bodyLimit: maxBodyBytes }, (_request, body, done) => {
    done(null, body)
  })
  for (const path of served) {
    app.route({
      method: ['GET', 'POST'],
      url: `${authPath}${path}`,
      handler: async (request, reply) => answer(reply, await auth.handler(fetchRequest(request))),
    })
  }
}

/** The same request in the form that better-auth takes. */
function fetchRequest(request: FastifyRequest): Request {
  const { method, protocol, host, url, body } = request
  const content = method === 'POST' && typeof body === 'string' ? { body } : {}
  return new Request(new URL(url, `${protocol}://${host}`), {
    method,
    headers: headersOf(request),
    ...content,
  })
}

async function answer(reply: FastifyReply, response: Response) {
  void reply.code(response.status).header('cache-control', 'no-store')
  response.headers.forEach((value, name) => {
    if (name !== 'set-cookie') void reply.header(name, value)
  })
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) void reply.header('set-cookie', cookies)
  return reply.send(await response.text())
}
