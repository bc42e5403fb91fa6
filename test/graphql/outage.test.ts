import { expect, test } from 'vitest'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database)

const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/

/** Cuts every connection of the database and lets no new one in, for as long as `work` takes. */
async function withoutDatabase(work: () => Promise<void>) {
  const { pool } = database.db
  const connect = Reflect.get(pool, 'connect') as unknown
  const query = Reflect.get(pool, 'query') as unknown
  const gone = () => Promise.reject(new Error('connect ECONNREFUSED secret-host:5432'))
  Object.assign(pool, { connect: gone, query: gone })
  try {
    await work()
  } finally {
    Object.assign(pool, { connect, query })
  }
}

test.each([
  ['a query', '{ bookshelves { totalCount } }'],
  ['a lookup', '{ workspace { name } }'],
  ['a mutation', 'mutation { createBookshelf(input: { name: "A" }) { __typename } }'],
])(
  'without a database %s is answered with a masked error, and the cause is in the log',
  async (_what, query) => {
    await withoutDatabase(async () => {
      const answer = await api.client().send(query)
      const [error] = answer.errors
      const requestId = error?.extensions?.requestId
      expect(answer.data).toBeNull()
      expect(error?.extensions?.code).toBe('INTERNAL_SERVER_ERROR')
      expect(requestId).toMatch(uuid)
      expect(error?.message).toContain(requestId)
      expect(JSON.stringify(answer.errors)).not.toContain('secret-host')
      const logged = api.log.find((line) => line.reqId === requestId && line.level === 50)
      expect(logged?.err?.message).toContain('secret-host')
    })
    expect((await api.client().send('{ bookshelves { totalCount } }')).status).toBe(200)
  },
)

test('without a database who asks cannot be found out: HTTP 500, masked and logged', async () => {
  await withoutDatabase(async () => {
    const client = api.client({ 'x-workspace-id': '01900000-0000-7000-8000-000000000001' })
    const { status, errors } = await client.send('{ __typename }')
    expect({ status, code: errors[0]?.extensions?.code }).toEqual({
      status: 500,
      code: 'INTERNAL_SERVER_ERROR',
    })
    const requestId = uuid.exec(errors[0]?.message ?? '')?.[0]
    expect(api.log.find((line) => line.reqId === requestId && line.level === 50)?.err?.message).toContain(
      'secret-host',
    )
    expect(JSON.stringify(errors)).not.toContain('secret-host')
  })
})

test('without a database the server lives, but is not ready', async () => {
  await withoutDatabase(async () => {
    expect((await fetch(`${api.url}/health/live`)).status).toBe(200)
    const ready = await fetch(`${api.url}/health/ready`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({
      status: 'not ready',
      checks: { database: 'failed', storage: 'ok' },
    })
  })
  expect((await fetch(`${api.url}/health/ready`)).status).toBe(200)
})
