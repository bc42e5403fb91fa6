import { createHash } from 'node:crypto'
import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import { requestWindowMs, signInWindowMs } from '../domain/protection.ts'
import type { Services } from '../usecases/context.ts'
import { attempt } from '../usecases/people/attempts.ts'
import { refuse } from './authenticate.ts'
import { credentialOf } from './credentials.ts'

/** How many addresses or credentials a server counts at a time; it forgets those that came least recently. */
const countedAtOnce = 20_000

/** Load balancers and monitors ask often. The parts of a resumable upload are as many as the client likes. */
const isUncounted = ({ method, routeOptions: { url = '' } }: FastifyRequest) =>
  method === 'OPTIONS' ||
  /^\/(health\/|metrics$)/.test(url) ||
  (/^\/uploads\/:id$/.test(url) && ['HEAD', 'PATCH'].includes(method))

/** Refuses a request with 429. The client may repeat it after some seconds. */
export function refuseTooMany(reply: FastifyReply, seconds: number, reason: string, status = 429) {
  void reply.header('retry-after', seconds)
  return refuse(reply, status, 'RATE_LIMITED', `${reason} Try again in ${seconds} s.`)
}

/** A token may be long, and the counts outlive the request. */
const hashOf = (text: string) => createHash('sha256').update(text).digest('base64')

/** Counts requests in the memory of this server: a shared count would cost a statement per request. */
export async function limitRequests(app: FastifyInstance, { protection }: Pick<Config, 'protection'>) {
  const { addressRequests, credentialRequests } = protection
  if (addressRequests === 0 && credentialRequests === 0) return
  const options = { cache: countedAtOnce, timeWindow: requestWindowMs }
  await app.register(rateLimit, { ...options, global: false })
  const byAddress = app.createRateLimit({ ...options, max: addressRequests })
  const byCredential = app.createRateLimit({
    ...options,
    max: credentialRequests,
    keyGenerator: (request) => hashOf(credentialOf(request)?.text ?? ''),
  })
  const exceeds = async (count: typeof byAddress, request: FastifyRequest) => {
    const counted = await count(request)
    return !counted.isAllowed && counted.isExceeded ? counted : undefined
  }
  app.addHook('onRequest', async (request, reply) => {
    if (isUncounted(request)) return
    const ofAddress = addressRequests > 0 ? await exceeds(byAddress, request) : undefined
    if (ofAddress) {
      const reason = `One address may send ${addressRequests} requests a minute.`
      return refuseTooMany(reply, ofAddress.ttlInSeconds, reason)
    }
    if (credentialRequests === 0 || credentialOf(request) === undefined) return
    const ofCredential = await exceeds(byCredential, request)
    if (!ofCredential) return
    const reason = `One session or token may send ${credentialRequests} requests a minute.`
    return refuseTooMany(reply, ofCredential.ttlInSeconds, reason)
  })
}

/** Limits how often an address tries to accept an invitation, over all servers: each registration hashes a password. */
export function limitInvitations(
  app: FastifyInstance,
  services: Pick<Services, 'db' | 'now'>,
  { protection: { invitations } }: Pick<Config, 'protection'>,
) {
  app.addHook('onRequest', async ({ method, ip, routeOptions: { url = '' } }, reply) => {
    if (method !== 'POST' || !url.startsWith('/invitations/')) return
    const key = normalizeIP(ip)
    const limit = { kind: 'invitations of an address', key, max: invitations, windowMs: signInWindowMs }
    const seconds = await attempt(services, limit)
    if (seconds === undefined) return
    return refuseTooMany(reply, seconds, 'This address tried to accept too many invitations.')
  })
}
