import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const open = useApi(database)
const closed = useApi(database, { introspection: false, explorers: false })

const messageOf = ({ errors }: { errors: readonly { message: string }[] }) => errors[0]?.message ?? ''

test.each(['{ __schema { types { name } } }', '{ __type(name: "Query") { name } }'])(
  'without introspection %s is refused, which says why',
  async (query) => {
    const answer = await closed.client().send(query)
    expect(answer.status).toBe(400)
    expect(messageOf(answer)).toContain('INTROSPECTION=false')
    expect(answer.errors[0]?.extensions).toMatchObject({ validationErrorCode: 'INTROSPECTION_DISABLED' })
    expect((await open.client().send(query)).status).toBe(200)
  },
)

test('without introspection the type of an object can still be asked', async () => {
  const answer = await closed.client().send('{ __typename workspace { __typename } }')
  expect(answer.data).toEqual({ __typename: 'Query', workspace: { __typename: 'Workspace' } })
})

test.each<[string, string, Record<string, unknown>]>([
  ['a field', '{ bookshelvs { totalCount } }', {}],
  ['an argument', '{ books(frist: 1) { totalCount } }', {}],
  ['a type', '{ node(id: "a") { ... on Bok { id } } }', {}],
  [
    'a value of a variable',
    'query ($v: BookWhere) { books(where: $v) { totalCount } }',
    { v: { statusses: [] } },
  ],
  ['an enum', 'query ($v: BookWhere) { books(where: $v) { totalCount } }', { v: { statuses: ['DRAF'] } }],
])('without introspection no message suggests a name for %s', async (_what, query, variables) => {
  expect(messageOf(await open.client().send(query, variables))).toContain('Did you mean')
  const hidden = messageOf(await closed.client().send(query, variables))
  expect(hidden.length).toBeGreaterThan(10)
  expect(hidden).not.toContain('Did you mean')
})

const get = (path: string, headers: Record<string, string> = { accept: 'text/html' }) =>
  fetch(`${closed.url}${path}`, { headers, redirect: 'manual' })

test.each(['/', '/graphql', '/graphiql', '/graphiql/graphiql.js'])(
  'without explorers %s has no page, which it says',
  async (path) => {
    const answer = await get(path)
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toContain('json')
    expect(await answer.text()).toContain('EXPLORERS=false')
  },
)

test('without explorers queries by GET work as before, also those from other sites that are refused', async () => {
  const path = '/graphql?query={__typename}'
  expect(await (await get(path, { accept: 'application/json' })).json()).toEqual({
    data: { __typename: 'Query' },
  })
  const fromElsewhere = { accept: 'text/html', 'sec-fetch-site': 'cross-site' }
  const refused = await get(path, fromElsewhere)
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('another site')])
})

const costOf = async (query: string, headers: Record<string, string> = { 'graphql-cost': 'report' }) => {
  const response = await fetch(`${open.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  })
  return ((await response.json()) as { extensions?: object }).extensions
}

test('a client that asks for it sees what its operation costs, what is allowed, and what is left', async () => {
  const query = '{ bookshelves(first: 10) { nodes { id } } }'
  const cost = { requested: 11, limit: 50_000, left: 49_989 }
  expect(await costOf(query)).toEqual({ cost })
  expect(await costOf(query, {})).toBeUndefined()
})

test('the cost of an operation that is refused for it is reported, too', async () => {
  const wide =
    '{ books(first: 100) { nodes { blocks(first: 100) { nodes { tags { id } images { id } } } } } }'
  expect(
    await costOf(wide.replace('{ books', '{ bookshelves(first: 100) { nodes { books') + ' } }'),
  ).toMatchObject({
    cost: { limit: 50_000, left: 0 },
  })
})

test('limits hold for persisted queries: one that is refused is not remembered', async () => {
  const query = `{ ${Array.from({ length: 101 }, (_, index) => `a${index}: __typename`).join(' ')} }`
  const sha256Hash = createHash('sha256').update(query).digest('hex')
  const extensions = { persistedQuery: { version: 1, sha256Hash } }
  const send = async (body: object) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${open.url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return ((await response.json()) as { errors: [{ extensions: { code: string } }] }).errors[0].extensions
      .code
  }
  for (let time = 0; time < 2; time += 1) {
    expect(await send({ query, extensions })).toBe('QUERY_TOO_COMPLEX')
    expect(await send({ extensions })).toBe('PERSISTED_QUERY_NOT_FOUND')
  }
})
