import { createHash, randomUUID } from 'node:crypto'
import fastifyApollo from '@as-integrations/fastify'
import {
  type FastifyInstance,
  type FastifyBaseLogger,
  type FastifyRequest,
  fastify,
  LogController,
  type RouteOptions,
} from 'fastify'
import type { Config } from '../config.ts'
import { version } from '../version.ts'
import type { GraphQLContext } from '../graphql/context.ts'
import { ListBudget } from '../graphql/list-budget.ts'
import { createLoaders } from '../graphql/loaders.ts'
import { createApollo } from '../graphql/server.ts'
import { type Ctx, type Services, servicesIn } from '../usecases/context.ts'
import { actorOf, authenticate, ownNamesOnly, refuse } from './authenticate.ts'
import { compressAnswers } from './compress.ts'
import { boundConnections, takeBodiesInTime } from './connections.ts'
import { allowOrigins } from './cors.ts'
import { answerClientError, answerErrors } from './errors.ts'
import { explorerRoutes, withoutExplorers } from './explorer.ts'
import { refuseForgeries } from './forgeries.ts'
import { firstQuery } from './explorer-queries.ts'
import { healthRoutes } from './health.ts'
import { checkGraphQLRequests } from './graphql-requests.ts'
import { takeJson } from './json-bodies.ts'
import { shedLoad } from './load.ts'
import { acceptOnly, openManifest } from './manifest.ts'
import { serveMetrics } from './metrics.ts'
import { authenticateMedia, authenticateOlderApi } from './media-access.ts'
import { mediaRoutes } from './media.ts'
import { filesOf, isMultipart, multipartUploads } from './multipart.ts'
import { limitInvitations, limitRequests } from './rate-limits.ts'
import { logRequests, reportOf } from './request-log.ts'
import { allowedOrigins } from './origins.ts'
import { warnOfUnknownProxy, trustProxy } from './proxies.ts'
import { restRoutes } from './rest.ts'
import { awaitHandlers } from './running-handlers.ts'
import { allowSandbox, sendSecurityHeaders } from './security-headers.ts'
import { UploadsAtOnce } from './uploads-at-once.ts'
import { sharedRoutes } from './shared.ts'
import { resumableRoutes, tellCapabilities } from './tus.ts'

/** Creates the server, which does not listen yet. `watch` is given each of its routes. */
export async function createServer(
  config: Config,
  services: Services,
  log: FastifyBaseLogger,
  watch?: (route: RouteOptions) => void,
): Promise<FastifyInstance> {
  const requestMs = config.requestSeconds * 1000
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: trustProxy(config),
    frameworkErrors: (error, request, reply) => {
      void reply.header('x-request-id', request.id)
      void refuse(reply, error.statusCode ?? 400, 'BAD_REQUEST', error.message)
    },
    // Headers that arrive a byte at a time are refused. Uploads have no limit in all, because large files take long.
    http: { headersTimeout: requestMs, connectionsCheckingInterval: Math.min(requestMs, 5_000) },
    clientErrorHandler: answerClientError(config.requestSeconds),
    // A connection without traffic has lost its client. Slow uploads continue, because they have traffic.
    connectionTimeout: config.idleConnectionSeconds * 1000,
    // Requests in progress finish; idle connections are closed.
    forceCloseConnections: 'idle',
    // Clients of the API before GraphQL end its paths with a slash.
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
  })
  const ctxOf = (request: FastifyRequest): Ctx => {
    const actor = actorOf(request)
    const { log, id: requestId, ip: ipAddress } = request
    return { ...servicesIn(services, actor.workspaceId), actor, log, requestId, ipAddress }
  }

  if (watch) app.addHook('onRoute', watch)
  awaitHandlers(app)
  app.decorateRequest('actor', null)
  app.decorateRequest('signed', null)
  app.decorateRequest('report', null)
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
  })
  warnOfUnknownProxy(app, config)
  await sendSecurityHeaders(app, config)
  logRequests(app)
  serveMetrics(app, services.metrics, config.metrics?.token)
  answerErrors(app)
  tellCapabilities(app, services)
  const allows = allowedOrigins(config)
  const authentication = { signIn: config.signIn, allows }
  await allowOrigins(app, authentication)
  await shedLoad(app, config.protection)
  await limitRequests(app, config)
  refuseForgeries(app, allows)
  boundConnections(app, config.protection, log)

  await compressAnswers(app)
  takeJson(app, { seconds: config.requestSeconds, limits: config.jsonLimits })
  healthRoutes(app, services, version)
  if (config.explorers) {
    explorerRoutes(
      app,
      (text) => createHash('sha256').update(text).digest('base64'),
      config.signIn ? [authenticate(services, authentication)] : [],
    )
  } else withoutExplorers(app)
  const manifest = await openManifest(config.operationsManifest)
  const uploads = new UploadsAtOnce(config.protection.uploadsAtOnce)
  await app.register(async (authenticated) => {
    authenticated.addHook('onRequest', ownNamesOnly(config.ownNames))
    if (config.signIn) limitInvitations(authenticated, services, config)
    if (config.signIn) await authenticated.register((auth) => signInRoutes(auth, config, services, log))
    await authenticated.register(async (shared) => sharedRoutes(shared, services, config.publicUrl))
    await authenticated.register(async (media) => {
      media.addHook('onRequest', authenticateMedia(services, authentication))
      mediaRoutes(media, ctxOf, { redirect: config.mediaRedirect })
    })
    await authenticated.register(async (rest) => {
      rest.addHook('onRequest', authenticateOlderApi(services, authentication))
      uploads.bound(rest, isMultipart)
      restRoutes(rest, ctxOf, { allows, seconds: config.requestSeconds })
    })
    await authenticated.register(async (tus) => {
      tus.addHook('onRequest', authenticate(services, authentication))
      uploads.bound(tus, ({ method }) => ['POST', 'PATCH'].includes(method), 423)
      resumableRoutes(tus, ctxOf, { allows, publicUrl: config.publicUrl })
    })
    await authenticated.register(async (graphql) => {
      graphql.addHook('onRequest', authenticate(services, authentication))
      uploads.bound(graphql, isMultipart)
      multipartUploads(graphql, {
        maxFiles: config.limits.batchFiles,
        seconds: config.requestSeconds,
        json: config.jsonLimits,
      })
      checkGraphQLRequests(graphql, allows, config)
      allowSandbox(graphql)
      if (manifest) acceptOnly(graphql, manifest)
      const apollo = await createApollo({
        ...config,
        firstQuery: config.explorers ? firstQuery : null,
        manifest,
      })
      graphql.addHook('onClose', () => apollo.stop())
      await graphql.register(fastifyApollo(apollo), {
        context: (request: FastifyRequest): Promise<GraphQLContext> => {
          const ctx = ctxOf(request)
          return Promise.resolve({
            ...ctx,
            loaders: createLoaders(
              ctx.db,
              ctx.actor.workspaceId,
              ctx.now,
              new ListBudget(config.maxQueryCost),
            ),
            files: filesOf(request),
            report: reportOf(request),
            publicUrl: config.publicUrl ?? `${request.protocol}://${request.host}`,
            maxQueryCost: config.maxQueryCost,
          })
        },
      })
    })
  })
  return app
}

/** Only servers with sign-in load what it needs. */
async function signInRoutes(
  app: FastifyInstance,
  config: Config,
  services: Services,
  log: FastifyBaseLogger,
) {
  takeBodiesInTime(app, config.requestSeconds)
  const [{ createAuth }, { authRoutes }, { signInPageRoutes }] = await Promise.all([
    import('../auth/auth.ts'),
    import('./auth.ts'),
    import('./pages/routes.ts'),
  ])
  const auth = await createAuth(config, services, log)
  await app.register(async (api) => authRoutes(api, auth))
  await app.register(async (pages) =>
    signInPageRoutes(pages, { auth, services, config, allows: allowedOrigins(config) }),
  )
}
