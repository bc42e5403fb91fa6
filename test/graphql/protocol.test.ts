import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { useApi } from '../support/api.ts'
import { buildBlock } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database)

const codeOf = ({
  status,
  errors,
}: {
  status: number
  errors: readonly { extensions?: { code?: string } }[]
}) => ({
  status,
  code: errors[0]?.extensions?.code,
})

test.each([
  ['empty', '', 'BAD_REQUEST'],
  ['cut off', '{ bookshelves {', 'GRAPHQL_PARSE_FAILED'],
  ['no GraphQL', 'select 1', 'GRAPHQL_PARSE_FAILED'],
  ['with NUL', '{ \0 }', 'GRAPHQL_PARSE_FAILED'],
  ['asking for a field that is not there', '{ bookshelves { nodes { nme } } }', 'GRAPHQL_VALIDATION_FAILED'],
  ['without a selection of an object', '{ bookshelves }', 'GRAPHQL_VALIDATION_FAILED'],
  [
    'with an argument that is not there',
    '{ bookshelves(limit: 1) { totalCount } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'with a literal of a wrong type',
    '{ bookshelves(first: "1") { totalCount } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'with a number that is no integer',
    '{ bookshelves(first: 2147483648) { totalCount } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['with a fragment that holds itself', '{ ...F } fragment F on Query { ...F }', 'GRAPHQL_VALIDATION_FAILED'],
  [
    'of two operations without saying which',
    'query A { __typename } query B { __typename }',
    'OPERATION_RESOLUTION_FAILURE',
  ],
  ['a subscription', 'subscription { x }', 'GRAPHQL_VALIDATION_FAILED'],
])('a query that is %s is refused with HTTP 400', async (_what, query, code) => {
  const answer = await api.client().send(query)
  expect(codeOf(answer)).toEqual({ status: 400, code })
  expect(answer.errors[0]?.message.length).toBeGreaterThan(10)
})

test.each([
  ['of another version', { version: 2, sha256Hash: 'a' }],
  ['with the hash of another query', { version: 1, sha256Hash: 'a' }],
  ['that is none', 5],
])("a persisted query %s is the client's fault", async (_what, persistedQuery) => {
  const body = JSON.stringify({ query: '{ __typename }', extensions: { persistedQuery } })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${api.url}/graphql`, { method: 'POST', headers, body })
  const { errors } = (await answer.json()) as { errors: [{ extensions: { code: string } }] }
  expect([answer.status, errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST'])
})

test.each([
  ['application/x-www-form-urlencoded', 'query={__typename}', 415, /Content-Type: application\/json/],
  ['application/json', '', 400, /empty/],
  ['application/json', '{"query":', 400, /JSON/],
  ['application/json', '{"__proto__":{}}', 400, /__proto__/],
  ['application/json', `"${' '.repeat(10 * 1024 * 1024)}"`, 413, /10 MiB/],
])(
  'a body of the type %s that is not taken is answered with what to send',
  async (type, body, status, says) => {
    const headers = { 'content-type': type }
    const answer = await fetch(`${api.url}/graphql`, { method: 'POST', headers, body })
    const { errors } = (await answer.json()) as {
      errors: [{ message: string; extensions: { code: string } }]
    }
    expect([answer.status, errors[0].extensions.code]).toEqual([status, 'BAD_REQUEST'])
    expect(errors[0].message).toMatch(says)
  },
)

test.each([
  [
    'is no UTF-8',
    Buffer.from('{"query":"{ books(where: { statuses: [caf\xe9] }) { totalCount } }"}', 'latin1'),
    400,
    /UTF-8/,
  ],
  ['is compressed', gzipSync('{"query":"{ __typename }"}'), 415, /Content-Encoding/],
])('a body that %s is not taken', async (_what, body, status, says) => {
  const encoding = status === 415 ? { 'content-encoding': 'gzip' } : {}
  const headers = { 'content-type': 'application/json; charset=utf-8', ...encoding }
  const answer = await fetch(`${api.url}/graphql`, { method: 'POST', headers, body: Uint8Array.from(body) })
  const { errors } = (await answer.json()) as { errors: [{ message: string }] }
  expect(answer.status).toBe(status)
  expect(errors[0].message).toMatch(says)
})

test('a field that is nearly right is answered with the right one', async () => {
  const { errors } = await api.client().send('{ bookshelvs { totalCount } }')
  expect(errors[0]?.message).toMatch(/Did you mean .*"bookshelves"/)
})

test.each([
  ['a text for a number', 'query ($v: Int) { books(first: $v) { totalCount } }', 'x'],
  ['a number that is too large', 'query ($v: Int) { books(first: $v) { totalCount } }', 1e10],
  ['no time', 'query ($v: DateTime) { books(where: { updatedSince: $v }) { totalCount } }', 'yesterday'],
  [
    'a time that no calendar has',
    'query ($v: DateTime) { books(where: { updatedSince: $v }) { totalCount } }',
    '2026-02-30T00:00:00Z',
  ],
  ['no status', 'query ($v: [BookStatus!]) { books(where: { statuses: $v }) { totalCount } }', ['LOST']],
  ['null where none may be', 'query ($v: ID!) { book(id: $v) { id } }', null],
  ['an object for an id', 'query ($v: ID!) { book(id: $v) { id } }', {}],
  [
    'an input with a field that is not there',
    'mutation ($v: CreateBookshelfInput!) { createBookshelf(input: $v) { __typename } }',
    { name: 'A', color: '#112233', owner: 'me' },
  ],
  [
    'no colour',
    'mutation ($v: CreateBookshelfInput!) { createBookshelf(input: $v) { __typename } }',
    { name: 'A', color: 'red' },
  ],
  [
    'no file',
    'mutation ($v: UploadMediaInput!) { uploadMedia(input: $v) { __typename } }',
    { file: 'x', slot: { ownerType: 'BOOK', ownerId: 'x', role: 'COVER' } },
  ],
  [
    'a list for an object',
    'mutation ($v: CreateBlockInput!) { createBlock(input: $v) { __typename } }',
    { bookId: 'x', attributes: [1] },
  ],
])('a variable that is %s is refused with HTTP 400', async (_what, query, v) => {
  expect(codeOf(await api.client().send(query, { v }))).toEqual({ status: 400, code: 'BAD_USER_INPUT' })
})

test('a colour that is none is refused saying how one looks', async () => {
  const query = 'mutation { createBookshelf(input: { name: "A", color: "red" }) { __typename } }'
  const { status, errors } = await api.client().send(query)
  expect(status).toBe(400)
  expect(errors[0]?.message).toContain('#rrggbb')
})

const deep = (levels: number): string =>
  levels === 0 ? 'id' : `books(first: 100) { nodes { bookshelf { ${deep(levels - 1)} } } }`

test.each([
  ['deep', `{ bookshelves { nodes { ${deep(6)} } } }`],
  [
    'wide',
    '{ bookshelves(first: 100) { nodes { books(first: 100) { nodes { blocks(first: 100) { nodes { id } } } } } } }',
  ],
  ['of a page of millions', '{ books(first: 2147483647) { nodes { id blocks { nodes { id } } } } }'],
  [
    'hidden in fragments',
    '{ bookshelves(first: 100) { nodes { ...B } } } fragment B on Bookshelf { books(first: 100) { ...C } } fragment C on BookConnection { edges { node { blocks(first: 100) { edges { node { id } } } } } }',
  ],
  [
    'of fragments within fragments',
    `{ ...F0 } fragment F16 on Query { __typename } ${Array.from({ length: 16 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ... on Query { ...F${i + 1} } }`).join(' ')}`,
  ],
  [
    'below a search of many tags',
    '{ searchTags(query: "a", first: 100) { tag { children(first: 100) { nodes { children(first: 10) { nodes { id } } } } } } }',
  ],
  [
    'below many nodes',
    `{ nodes(ids: [${'"a" '.repeat(100)}]) { ... on Bookshelf { books(first: 100) { nodes { blocks(first: 10) { nodes { id } } } } } } }`,
  ],
  [
    'below a thousand things that are tagged',
    'mutation { attachTags(input: { tagIds: [], entityIds: [] }) { ... on AttachTagsSuccess { entities { ... on Book { blocks(first: 100) { nodes { id } } } } } } }',
  ],
  [
    'that reads again after each of a thousand blocks',
    'mutation { createBlocks(input: { bookId: "", blocks: [] }) { ... on CreateBlocksSuccess { results { ... on CreateBlockSuccess { query { bookshelves(first: 50) { nodes { id } } } } } } } }',
  ],
  [
    'of many aliases',
    `{ ${Array.from({ length: 40 }, (_, i) => `a${i}: bookshelves(first: 100) { nodes { books { nodes { id } } } }`).join(' ')} }`,
  ],
])('an expensive query (%s) is refused before anything is read, saying what to do', async (_what, query) => {
  const answer = await api.client().send(query)
  expect(codeOf(answer)).toEqual({ status: 400, code: 'QUERY_TOO_COMPLEX' })
  expect(answer.errors[0]?.message).toContain('Ask for smaller pages or fewer levels')
})

test('the size of a page counts when it is a variable, too', async () => {
  const query =
    'query ($n: Int) { bookshelves(first: $n) { nodes { books(first: $n) { nodes { blocks(first: $n) { nodes { id } } } } } } }'
  expect(codeOf(await api.client().send(query, { n: 100 }))).toEqual({
    status: 400,
    code: 'QUERY_TOO_COMPLEX',
  })
  expect((await api.client().send(query, { n: 20 })).status).toBe(200)
})

test('a query of too many words is refused while it is read', async () => {
  const answer = await api.client().send(`{ ${'a: __typename '.repeat(2_000)} }`)
  expect(codeOf(answer)).toEqual({ status: 400, code: 'GRAPHQL_PARSE_FAILED' })
  expect(answer.errors[0]?.message).toContain('5000')
})

test('a query nested without end is refused', async () => {
  const { status } = await api.client().send('{a'.repeat(100_000))
  expect(status).toBe(400)
  expect((await api.client().send(`{ books(where: ${'['.repeat(100_000)}) { id } }`)).status).toBe(400)
})

test.each([
  ['no JSON', 'application/json', 'x', 400],
  ['cut off', 'application/json', '{"query":', 400],
  ['a list of operations', 'application/json', '[{"query":"{__typename}"}]', 400],
  ['empty', 'application/json', '', 400],
  ['null', 'application/json', 'null', 400],
  ['about prototypes', 'application/json', '{"query":"{__typename}","__proto__":{"a":1}}', 400],
  ['a query that is no text', 'application/json', '{"query":1}', 400],
  ['variables that are no object', 'application/json', '{"query":"{__typename}","variables":1}', 400],
  ['of a type that nobody reads', 'text/xml', '<a/>', 415],
  ['a form', 'application/x-www-form-urlencoded', 'query=%7B__typename%7D', 415],
  ['plain text, as a web page can send without asking', 'text/plain', '{"query":"{__typename}"}', 415],
])('a body that is %s is refused', async (_what, type, body, status) => {
  const response = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  })
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String) as string }] })
})

test('a bug is masked with the id of the request, and logged under it with its cause', async () => {
  const { client, ctx } = await api.workspace()
  await buildBlock(ctx)
  // Attributes that are no object: nothing in the product can write them.
  await database.db.pool.query(`update blocks set attributes = '[1]' where workspace_id = $1`, [
    ctx.actor.workspaceId,
  ])
  const answer = await client.send('{ blocks { nodes { attributes } } }')
  const extensions = answer.errors[0]?.extensions
  const requestId = extensions?.requestId ?? ''
  expect(answer.data).toBeNull()
  expect(extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', requestId })
  expect(answer.errors[0]?.message).toBe(
    `Something went wrong on the server. The cause is in the server log under the request ID ${requestId}.`,
  )
  const logged = api.log.find((line) => line.reqId === requestId && line.level === 50)
  expect(logged?.err?.message).toContain('JSONObject')
})
