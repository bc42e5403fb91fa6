import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import { tusHeaders } from './tus.ts'

/** Lets pages of other origins call the API. */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]) {
  if (origins.length === 0) return
  await app.register(cors, {
    origin: [...origins],
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
