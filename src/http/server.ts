import { isUtf8 } from 'node:buffer'
import { createHash, randomUUID } from 'node:crypto'
import fastifyApollo from '@as-integrations/fastify'
import cors from '@fastify/cors'
import {
  type FastifyInstance,
  type FastifyBaseLogger,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import type { Config } from '../config.ts'
import { serverFault } from '../domain/server-fault.ts'
import type { GraphQLContext } from '../graphql/context.ts'
import { createLoaders } from '../graphql/loaders.ts'
import { createApollo } from '../graphql/server.ts'
import type { Ctx, Services } from '../usecases/context.ts'
import { actorOf, authenticate, ownNamesOnly, refuse, workspaceHeader } from './authenticate.ts'
import { explorerRoutes, firstQuery } from './explorer.ts'
import { healthRoutes } from './health.ts'
import { authenticateMedia } from './media-access.ts'
import { mediaRoutes } from './media.ts'
import { filesOf, multipartUploads } from './multipart.ts'
import { restRoutes } from './rest.ts'
import { resumableRoutes, tusHeaders } from './tus.ts'

/** The maximum size of a JSON body, in bytes: a thousand long paragraphs. Files are not part of it. */
const maxBodyBytes = 20 * 1024 * 1024

/** Advice for each error code about a body that the server refuses. */
const advice: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE:
    'Send the header `Content-Type: application/json` with a JSON body, or multipart/form-data with files.',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty. Send JSON with a member `query`.',
  FST_ERR_CTP_INVALID_JSON_BODY:
    'The body is not valid JSON, or has a member `__proto__` or `constructor.prototype`, which is not allowed.',
  FST_ERR_CTP_BODY_TOO_LARGE:
    `The body is larger than ${maxBodyBytes / 1024 ** 2} MiB. Split it into several requests, and send files as ` +
    'multipart/form-data.',
}

/** Parses JSON strictly as UTF-8: invalid bytes would otherwise be replaced and lost. */
function takeJson(app: FastifyInstance) {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoded = request.headers['content-encoding'] !== undefined
    if (encoded) done(new BadBody(415, 'Content-Encoding is not supported. Send the body without it.'))
    else if (!isUtf8(body)) done(new BadBody(400, 'The body is not valid UTF-8. Encode it as UTF-8.'))
    else void parse(request, body.toString(), done)
  })
}

class BadBody extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** Creates the server, which does not listen yet. */
export async function createServer(
  config: Config,
  services: Services,
  log: FastifyBaseLogger,
): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    frameworkErrors: (error, request, reply) => {
      void reply.header('x-request-id', request.id)
      void refuse(reply, error.statusCode ?? 400, 'BAD_REQUEST', error.message)
    },
    bodyLimit: maxBodyBytes,
    // A connection without traffic has lost its client. Slow uploads continue, because they have traffic.
    connectionTimeout: config.idleConnectionSeconds * 1000,
    // Requests in progress finish; idle connections are closed.
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
  })
  const ctxOf = (request: FastifyRequest): Ctx => ({
    ...services,
    actor: actorOf(request),
    log: request.log,
    requestId: request.id,
  })

  app.decorateRequest('actor', null)
  app.decorateRequest('signed', null)
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async ({ method, url, log: requestLog }, { statusCode, elapsedTime }) => {
    const level = url.startsWith('/health/') ? 'debug' : 'info'
    requestLog[level]({ method, url, statusCode, ms: Math.round(elapsedTime) }, 'Request done')
  })
  app.setErrorHandler(async (error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return refuse(reply, status, 'BAD_REQUEST', advice[error.code ?? ''] ?? error.message)
    request.log.error({ err: error }, 'A request failed')
    const fault = serverFault(error, request.id)
    return refuse(reply, fault.status, fault.code, fault.message)
  })
  app.setNotFoundHandler((request, reply) =>
    refuse(
      reply,
      404,
      'NOT_FOUND',
      `There is nothing at ${request.method} ${request.url}. The API is at /graphql.`,
    ),
  )
  if (config.corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...config.corsOrigins],
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

  takeJson(app)
  healthRoutes(app, services)
  explorerRoutes(app, (text) => createHash('sha256').update(text).digest('base64'))
  await app.register(async (authenticated) => {
    authenticated.addHook('onRequest', ownNamesOnly(config.ownNames))
    await authenticated.register(async (media) => {
      media.addHook('onRequest', authenticateMedia(services))
      mediaRoutes(media, ctxOf, { redirect: config.mediaRedirect })
    })
    await authenticated.register(async (rest) => {
      rest.addHook('onRequest', authenticate(services))
      const own = config.publicUrl === undefined ? [] : [new URL(config.publicUrl).origin]
      restRoutes(rest, ctxOf, [...own, ...config.corsOrigins])
    })
    await authenticated.register(async (tus) => {
      tus.addHook('onRequest', authenticate(services))
      resumableRoutes(tus, ctxOf, { origins: config.corsOrigins, publicUrl: config.publicUrl })
    })
    await authenticated.register(async (graphql) => {
      graphql.addHook('onRequest', authenticate(services))
      multipartUploads(graphql, config.limits.batchFiles)
      const apollo = await createApollo(config.maxQueryCost, firstQuery)
      graphql.addHook('onClose', () => apollo.stop())
      await graphql.register(fastifyApollo(apollo), {
        context: (request: FastifyRequest): Promise<GraphQLContext> => {
          const ctx = ctxOf(request)
          return Promise.resolve({
            ...ctx,
            loaders: createLoaders(ctx.db, ctx.actor.workspaceId, ctx.now),
            files: filesOf(request),
            publicUrl: config.publicUrl ?? `${request.protocol}://${request.host}`,
          })
        },
      })
    })
  })
  return app
}
