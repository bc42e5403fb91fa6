import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'

/**
 * From whom the server takes the address of the client, the protocol and the host: from the configured proxies. Nothing
 * else may name them, or a client could choose the address that limits and the log know it by.
 */
export const trustProxy = ({ trustedProxies }: Pick<Config, 'trustedProxies'>) =>
  trustedProxies.length > 0 && [...trustedProxies]

/** Replaces the forwarded headers by those that are true, for libraries that read them. */
export function settleForwarded(app: FastifyInstance, { trustedProxies }: Pick<Config, 'trustedProxies'>) {
  let hasWarned = trustedProxies.length > 0
  app.addHook('onRequest', async (request) => {
    const { headers } = request.raw
    if (!hasWarned && headers['x-forwarded-for'] !== undefined) {
      hasWarned = true
      request.log.warn(
        { address: request.ip },
        'A request came through a proxy (X-Forwarded-For), but TRUSTED_PROXIES is not set, so all clients of that ' +
          'proxy count as one address. See docs/deployment.md.',
      )
    }
    const { ip, protocol, host } = request
    headers['x-forwarded-for'] = ip
    headers['x-forwarded-proto'] = protocol
    headers['x-forwarded-host'] = host
    delete headers['forwarded']
    delete headers['x-real-ip']
  })
}
