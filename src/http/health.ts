import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { pendingMigrations } from '../db/postgres/migrate.ts'
import { ping } from '../db/postgres/ping.ts'
import { retryAfterSeconds } from '../domain/unavailable.ts'
import type { Services } from '../usecases/context.ts'

/** How long each check may take, in milliseconds. Those who ask, e.g. a load balancer, do not wait for long. */
const checkMs = 4_000

/** `GET /health/live`: the process answers. `GET /health/ready`: it can also do its work. */
export function healthRoutes(app: FastifyInstance, { db, storage }: Services, version: string) {
  // A worker takes no requests that could be too many.
  const load = app.hasDecorator('isUnderPressure')
    ? { load: async () => (app.isUnderPressure() ? Promise.reject(new Error('Overloaded')) : undefined) }
    : {}
  app.get('/health/live', () => ({ status: 'live', version }))

  app.get('/health/ready', async (request, reply) => {
    const checks = {
      database: () => ping(db),
      migrations: async () => {
        const pending = await pendingMigrations(db)
        if (pending.length > 0)
          throw new Error(`Not applied: ${pending.join(', ')}. Run the command migrate.`)
      },
      storage: () => storage.check(),
      ...load,
    }
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        try {
          await inTime(check())
          return [name, 'ok'] as const
        } catch (err) {
          request.log.warn({ err, check: name }, 'Not ready')
          return [name, 'failed'] as const
        }
      }),
    )
    const ready = results.every(([, result]) => result === 'ok')
    if (!ready) void reply.header('retry-after', retryAfterSeconds)
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ready ? 'ready' : 'not ready', version, checks: Object.fromEntries(results) })
  })
}

/** Fails if a check takes too long. */
async function inTime(check: Promise<void>) {
  const over = new AbortController()
  const overdue = delay(checkMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`There was no answer within ${checkMs / 1000} seconds.`)
  })
  try {
    await Promise.race([check, overdue])
  } finally {
    over.abort()
    overdue.catch(() => {})
  }
}
