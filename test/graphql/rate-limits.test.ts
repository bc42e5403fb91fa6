import { expect, test } from 'vitest'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'

const page = 'https://page.example.org'
const database = useDatabase()
const api = useApi(database, {
  trustedProxies: ['loopback'],
  corsOrigins: [page],
  protection: { credentialRequests: 3, addressRequests: 5 },
})

const from = (address: string, headers: Record<string, string> = {}, path = '/graphql') =>
  fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address, ...headers },
    body: '{"query":"{ __typename }"}',
  })

/** The statuses of requests one after another. */
async function statuses(count: number, send: (index: number) => Promise<Response>) {
  const all: number[] = []
  for (let index = 0; index < count; index += 1) all.push((await send(index)).status)
  return all
}

test('an address may send as many requests as the limit says, whatever else it sends', async () => {
  const changing = (index: number) => from('203.0.113.1', { authorization: `Bearer token${index}` })
  expect(await statuses(6, changing)).toEqual([200, 200, 200, 200, 200, 429])
  expect((await from('203.0.113.2')).status).toBe(200)
})

test('one network of IPv6 is one address, since a client has all of it', async () => {
  const answers = await statuses(6, (index) => from(`2001:db8:1:2::${index + 1}`))
  expect(answers.at(-1)).toBe(429)
  expect((await from('2001:db8:1:3::1')).status).toBe(200)
})

test.each([
  ['a token', { authorization: 'Bearer one' }, { authorization: 'bearer   one.signature' }],
  [
    'the cookie of a session',
    { cookie: 'wordloom.session_token=two.a' },
    { cookie: 'a=b; wordloom.session_token=two.b' },
  ],
])('%s may send as many, from any number of addresses', async (_what, headers, same) => {
  const answers = await statuses(5, (index) => from(`198.51.100.${index}`, index % 2 === 0 ? headers : same))
  expect(answers).toEqual([200, 200, 200, 429, 429])
})

test('a refusal says when to try again, also to pages of other origins and clients of the older API', async () => {
  const address = '203.0.113.9'
  await statuses(5, () => from(address))
  const refused = await from(address, { origin: page })
  const seconds = Number(refused.headers.get('retry-after'))
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual(60)
  expect(refused.headers.get('access-control-allow-origin')).toBe(page)
  expect(await refused.json()).toEqual({
    errors: [
      {
        message: `One address may send 5 requests a minute. Try again in ${seconds} s.`,
        extensions: { code: 'RATE_LIMITED' },
      },
    ],
  })
  const older = await from(address, {}, '/api/images')
  expect([older.status, await older.json()]).toEqual([
    429,
    { error: expect.stringContaining('Try again in') as string },
  ])
  const health = await fetch(`${api.url}/health/live`, { headers: { 'x-forwarded-for': address } })
  expect(health.status).toBe(200)
})
