import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

/** How long handlers whose connection is gone may take to record it. */
const graceMs = 5_000

/**
 * Lets the handlers of all routes end before the server counts as closed: those whose connections were cut still record
 * that in the database. Call it before the routes are registered.
 */
export function awaitHandlers(app: FastifyInstance): void {
  const running = new Set<Promise<void>>()
  app.addHook('onRoute', (route) => {
    const { handler } = route
    route.handler = function (request, reply) {
      const result: unknown = handler.call(this, request, reply)
      if (result instanceof Promise) {
        const forget = () => void running.delete(ended)
        const ended: Promise<void> = result.then(forget, forget)
        running.add(ended)
      }
      return result
    }
  })
  app.addHook('onClose', async () => {
    await Promise.race([Promise.all(running), delay(graceMs, null, { ref: false })])
  })
}
