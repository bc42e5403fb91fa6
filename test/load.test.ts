import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { shedLoad } from '../src/http/load.ts'

const none = { eventLoopDelayMs: 0, heapPercent: 0, residentBytes: 0, utilizationPercent: 0 }

/** A server that looks at its load often. */
async function serverWith(limits: Partial<typeof none>) {
  const app = fastify()
  app.decorateRequest('report', null)
  await shedLoad(app, { ...none, ...limits }, 100)
  app.post('/graphql', () => 'done')
  app.get('/health/live', () => 'live')
  app.patch('/uploads/:id', () => 'more')
  app.post('/uploads', () => 'begun')
  return app
}

test.each([
  ['memory', { residentBytes: 1 }],
  ['heap', { heapPercent: 0.000_001 }],
])(
  'a server that exceeds its limit of %s refuses new requests and finishes what it has',
  async (_what, limits) => {
    const app = await serverWith(limits)
    await expect.poll(() => app.isUnderPressure()).toBe(true)
    const refused = await app.inject({ method: 'POST', url: '/graphql' })
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '5'])
    expect(refused.json()).toMatchObject({ errors: [{ extensions: { code: 'SERVER_OVERLOADED' } }] })
    expect((await app.inject({ method: 'POST', url: '/uploads' })).statusCode).toBe(503)
    for (const [method, url] of [
      ['GET', '/health/live'],
      ['PATCH', '/uploads/a'],
    ] as const)
      expect((await app.inject({ method, url })).statusCode).toBe(200)
    await app.close()
  },
)

test('limits of 0 refuse nothing, and limits that are not reached neither', async () => {
  for (const limits of [{}, { residentBytes: 2 ** 50, heapPercent: 100, eventLoopDelayMs: 600_000 }]) {
    const app = await serverWith(limits)
    await expect.poll(() => (app.memoryUsage() as { rssBytes: number }).rssBytes).toBeGreaterThan(0)
    expect((await app.inject({ method: 'POST', url: '/graphql' })).statusCode).toBe(200)
    await app.close()
  }
})
