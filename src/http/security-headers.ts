import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'

const yearSeconds = 365 * 24 * 60 * 60

/** Answers are data: shown as a page they may load and run nothing. Pages of the server bring policies of their own. */
const dataPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
}

/**
 * Apollo Sandbox has its policy in its page and loads from Apollo's servers; this adds what a page cannot say of itself.
 * A header that forbids more would stop it.
 */
const sandboxPolicy = "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

/** Pages of other sites may show media: their addresses are signed. */
export const embeddable = {
  helmet: {
    contentSecurityPolicy: false,
    xFrameOptions: false,
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  },
} as const

/** Sets the headers by which browsers protect the people who use this server. Call this before the routes are set up. */
export const sendSecurityHeaders = (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) =>
  app.register(helmet, {
    contentSecurityPolicy: dataPolicy,
    xFrameOptions: { action: 'deny' },
    // Forms of our pages need an origin, which `no-referrer` would take from them; links to other sites tell nothing.
    referrerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    // Apollo Sandbox opens a window to sign in to Apollo.
    crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' },
    // Neighbouring hosts may not have TLS.
    strictTransportSecurity: publicUrl?.startsWith('https:')
      ? { maxAge: yearSeconds, includeSubDomains: false }
      : false,
  })

/** Lets the page of Apollo Sandbox run, which answers GET requests of browsers at the path of the API. */
export function allowSandbox(graphql: FastifyInstance) {
  graphql.addHook('preHandler', async (request, reply) => {
    if (request.method === 'GET' && request.headers.accept?.includes('text/html'))
      void reply.header('content-security-policy', sandboxPolicy)
  })
}
