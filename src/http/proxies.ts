import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'

/**
 * From whom the server takes the address of the client, the protocol and the host: from the configured proxies. Nothing
 * else may name them, or a client could choose the address that limits and the log know it by.
 */
export const trustProxy = ({ trustedProxies }: Pick<Config, 'trustedProxies'>) =>
  trustedProxies.length > 0 && [...trustedProxies]

/** Warns once if requests come through a proxy that the server does not know: limits would hold for all its clients. */
export function warnOfUnknownProxy(app: FastifyInstance, { trustedProxies }: Pick<Config, 'trustedProxies'>) {
  let hasWarned = trustedProxies.length > 0
  app.addHook('onRequest', async ({ headers, ip, log }) => {
    if (hasWarned || headers['x-forwarded-for'] === undefined) return
    hasWarned = true
    log.warn(
      { address: ip },
      'A request came through a proxy (X-Forwarded-For), but TRUSTED_PROXIES is not set, so all clients of that ' +
        'proxy count as one address. See docs/deployment.md.',
    )
  })
}
