import { PassThrough } from 'node:stream'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Protection } from '../domain/protection.ts'
import { BadBody, tooSlow } from './json-bodies.ts'
import { drain } from './multipart.ts'

/** How often the log says that connections are refused, in milliseconds. */
const noticeMs = 60_000

/** Bounds the connections of a server, and how long a refused request may go on to arrive. */
export function boundConnections(
  app: FastifyInstance,
  { connections }: Pick<Protection, 'connections'>,
  log: FastifyBaseLogger,
) {
  if (connections > 0) app.server.maxConnections = connections
  let lastNotice = -Infinity
  app.server.on('drop', () => {
    if (performance.now() - lastNotice < noticeMs) return
    lastNotice = performance.now()
    log.warn({ connections }, 'Refused a connection: there are as many as MAX_CONNECTIONS allows')
  })
  // An answer may come before the body, which would go on arriving for as long as the client likes.
  app.addHook('onResponse', async (request) => drain(request))
}

/** Refuses bodies that do not arrive within `seconds`, for parsers that wait for as long as the client likes. */
export function takeBodiesInTime(app: FastifyInstance, seconds: number) {
  app.addHook('preParsing', async ({ method }, _reply, payload) => {
    if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return payload
    const body = new PassThrough()
    // The parser may listen no longer, or not yet.
    body.on('error', () => {})
    const timer = setTimeout(() => body.destroy(new BadBody(408, tooSlow(seconds))), seconds * 1000)
    payload.once('close', () => clearTimeout(timer)).once('error', (error) => body.destroy(error))
    return payload.once('end', () => clearTimeout(timer)).pipe(body)
  })
}
