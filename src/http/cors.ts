import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import { workspaceHeader } from './authenticate.ts'
import { tusHeaders } from './tus.ts'

/** Lets pages of other origins call the API. */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]) {
  if (origins.length === 0) return
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'content-type',
      'apollo-require-preflight',
      'x-apollo-operation-name',
      workspaceHeader,
      'range',
      'if-range',
      'if-none-match',
      ...tusHeaders.allowed,
    ],
    exposedHeaders: ['x-request-id', 'content-range', 'etag', ...tusHeaders.exposed],
    maxAge: 86_400,
  })
}
