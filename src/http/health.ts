import type { FastifyInstance } from 'fastify'
import { pendingMigrations } from '../db/postgres/migrate.ts'
import { ping } from '../db/postgres/ping.ts'
import type { Services } from '../usecases/context.ts'

/** `GET /health/live`: the process answers. `GET /health/ready`: it can also do its work. */
export function healthRoutes(app: FastifyInstance, { db, storage }: Services) {
  app.get('/health/live', () => ({ status: 'live' }))

  app.get('/health/ready', async (request, reply) => {
    const checks = {
      database: () => ping(db),
      migrations: async () => {
        const pending = await pendingMigrations(db)
        if (pending.length > 0)
          throw new Error(`Not applied: ${pending.join(', ')}. Run the command migrate.`)
      },
      storage: () => storage.check(),
    }
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        try {
          await check()
          return [name, 'ok'] as const
        } catch (err) {
          request.log.warn({ err, check: name }, 'Not ready')
          return [name, 'failed'] as const
        }
      }),
    )
    const ready = results.every(([, result]) => result === 'ok')
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ready ? 'ready' : 'not ready', checks: Object.fromEntries(results) })
  })
}
