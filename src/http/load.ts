import { getHeapStatistics } from 'node:v8'
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Protection } from '../domain/protection.ts'
import { retryAfterSeconds } from '../domain/unavailable.ts'
import { refuse } from './authenticate.ts'

/** The server looks at its load this often. A single long operation does not make the mean of so long a time large. */
const sampleMs = 5_000

/** Health says how the server is, and an upload in progress ends sooner if it goes on. */
const isAlwaysServed = ({ method, routeOptions: { url = '' } }: FastifyRequest) =>
  method === 'OPTIONS' ||
  /^\/(health\/|metrics$)/.test(url) ||
  (url === '/uploads/:id' && ['HEAD', 'PATCH'].includes(method))

type LoadLimits = Pick<
  Protection,
  'eventLoopDelayMs' | 'heapPercent' | 'residentBytes' | 'utilizationPercent'
>

/** Refuses new requests while the server has more work than it can do; those in progress go on. */
export async function shedLoad(app: FastifyInstance, limits: LoadLimits, sampleInterval = sampleMs) {
  await app.register(underPressure, {
    sampleInterval,
    maxEventLoopDelay: limits.eventLoopDelayMs,
    maxHeapUsedBytes: Math.floor((getHeapStatistics().heap_size_limit * limits.heapPercent) / 100),
    maxRssBytes: limits.residentBytes,
    maxEventLoopUtilization: limits.utilizationPercent / 100,
    eventLoopUtilizationMode: 'interval',
    // The hook below answers.
    pressureHandler: () => undefined,
  })
  let wasOverloaded = false
  app.addHook('onRequest', async (request, reply) => {
    const isOverloaded = app.isUnderPressure()
    if (isOverloaded !== wasOverloaded) {
      wasOverloaded = isOverloaded
      const message = isOverloaded ? 'Overloaded: refusing new requests' : 'No longer overloaded'
      request.log.warn(app.memoryUsage(), message)
    }
    if (!isOverloaded || isAlwaysServed(request)) return
    void reply.header('retry-after', retryAfterSeconds)
    const message = `The server has more work than it can do, so nothing was done. Try again in ${retryAfterSeconds} s.`
    return refuse(reply, 503, 'SERVER_OVERLOADED', message)
  })
}
