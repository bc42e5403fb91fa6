import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import { type Authentication, refuse } from './authenticate.ts'
import { tusHeaders } from './tus.ts'

/** Lets pages of allowed origins call the API. */
export async function allowOrigins(app: FastifyInstance, { allows, signIn }: Authentication) {
  app.addHook('onRequest', async ({ method, headers, log }, reply) => {
    const { origin, 'access-control-request-method': asked } = headers
    if (method !== 'OPTIONS' || asked === undefined || origin === undefined || allows(origin)) return
    log.warn({ origin }, 'A page of an origin that is not in CORS_ORIGINS tried to use the API')
    const message =
      `Pages of ${origin.slice(0, 200)} may not use this server. Add this origin to the variable CORS_ORIGINS and ` +
      'start the server again.'
    return refuse(reply, 403, 'ORIGIN_NOT_ALLOWED', message)
  })
  await app.register(cors, {
    origin: (origin, answer) => answer(null, origin !== undefined && allows(origin)),
    // Pages of these origins may send the cookie of a session.
    credentials: signIn,
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    // All headers that a page asks for: clients add headers of their own, for tracing or with their name, and the origins
    // are trusted.
    exposedHeaders: [
      'x-request-id',
      'retry-after',
      'content-range',
      'content-disposition',
      'etag',
      ...tusHeaders.exposed,
    ],
    maxAge: 86_400,
  })
}
