import { expect, test } from 'vitest'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'

const page = 'http://localhost:5173'
const database = useDatabase()
const api = useApi(database, { corsOrigins: [page] })

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly { message: string; extensions: { code: string } }[]
}

/** What Apollo Client and urql accept. */
const accept = 'application/graphql-response+json, application/json;q=0.9'

async function get(query: string, headers: Record<string, string>, rest = '') {
  const response = await fetch(`${api.url}/graphql?query=${encodeURIComponent(query)}${rest}`, { headers })
  return { status: response.status, headers: response.headers, ...((await response.json()) as Answer) }
}

const browser = { accept, 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' }

type Headers = Record<string, string>

test.each<[string, (own: string) => Headers]>([
  ['a program', () => ({})],
  ['a client with its defaults', () => ({ accept })],
  ['a program on the page of whose maker it is called', () => ({ 'user-agent': 'urql/4 (Mozilla/5.0)' })],
  ['a page of a listed origin', () => ({ ...browser, origin: page, 'sec-fetch-site': 'cross-site' })],
  ['the same in an older browser', () => ({ ...browser, origin: page })],
  ['a page of the same site', () => ({ ...browser, origin: page, 'sec-fetch-site': 'same-site' })],
  [
    'a page of this machine',
    () => ({ ...browser, origin: 'http://[::1]:3000', 'sec-fetch-site': 'cross-site' }),
  ],
  ['a page of its own', () => ({ ...browser, 'sec-fetch-site': 'same-origin' })],
  [
    'a page of its own, behind a proxy with TLS that is not configured',
    () => ({ ...browser, origin: 'https://library.example', 'sec-fetch-site': 'same-origin' }),
  ],
  ['a page of its own in an older browser', (own) => ({ ...browser, referer: `${own}/graphiql` })],
  ['the same that gives its origin', (own) => ({ ...browser, origin: own })],
  ['a page of a listed origin that gives its address', () => ({ ...browser, referer: `${page}/books?a` })],
  ['a person who types the address', () => ({ ...browser, 'sec-fetch-site': 'none' })],
])('a query of %s by GET is answered, and kept by no cache', async (_who, headers) => {
  const answer = await get('{ workspace { __typename } }', headers(api.url))
  expect(answer).toMatchObject({ status: 200, data: { workspace: { __typename: 'Workspace' } } })
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

const evil = 'https://elsewhere.example'

test.each<[string, (own: string) => Headers]>([
  ['a picture in a page of another site', () => ({ ...browser, 'sec-fetch-site': 'cross-site' })],
  ['a picture in a page of another port or host', () => ({ ...browser, 'sec-fetch-site': 'same-site' })],
  ['a page of an origin that is not listed', () => ({ ...browser, origin: evil })],
  ['the same in a newer browser', () => ({ ...browser, origin: evil, 'sec-fetch-site': 'cross-site' })],
  ['the same on the same site', () => ({ ...browser, origin: evil, 'sec-fetch-site': 'same-site' })],
  [
    'an extension of a browser',
    () => ({ ...browser, origin: 'chrome-extension://a', 'sec-fetch-site': 'none' }),
  ],
  ['a frame without an origin', () => ({ ...browser, origin: 'null', 'sec-fetch-site': 'cross-site' })],
  ['the same in an older browser', () => ({ ...browser, origin: 'null' })],
  ['two values of a header', () => ({ ...browser, 'sec-fetch-site': 'same-origin, cross-site' })],
  ['a value that a later browser may send', () => ({ ...browser, 'sec-fetch-site': 'cousin' })],
  ['a picture in an older browser', () => ({ ...browser, referer: `${evil}/` })],
  ['a picture in an older browser, by a page that hides itself', () => browser],
  ['a page whose host begins like ours', (own) => ({ ...browser, referer: `${own}.elsewhere.example/` })],
  [
    'a page that claims to be of this machine',
    () => ({ ...browser, origin: 'http://localhost.evil.example' }),
  ],
  ['an older browser with a malformed address', () => ({ ...browser, referer: 'elsewhere' })],
])('a query by GET that %s sends is not run, and the reason says what to do', async (_who, headers) => {
  const { status, data, errors } = await get('{ workspace { __typename } }', headers(api.url))
  expect({ status, data }).toEqual({ status: 400, data: undefined })
  expect(errors?.[0]?.message).toMatch(/Cross-Site Request Forgery.*CORS_ORIGINS.*Apollo-Require-Preflight/)
})

test('a header that needs a preflight request lets a query by GET through, and a link opens the explorer', async () => {
  for (const name of ['apollo-require-preflight', 'x-apollo-operation-name']) {
    const answer = await get('{ __typename }', { ...browser, [name]: 'true', 'sec-fetch-site': 'cross-site' })
    expect(answer.status).toBe(200)
  }
  const link = { ...browser, accept: 'text/html,*/*;q=0.8', 'sec-fetch-site': 'cross-site' }
  const opened = await fetch(`${api.url}/graphql?query={__typename}`, { headers: link })
  expect([opened.status, opened.headers.get('content-type')]).toEqual([200, 'text/html'])
})

test('a mutation by GET is refused, whoever sends it', async () => {
  const mutation = 'mutation { createBookshelf(input: { name: "A" }) { __typename } }'
  const senders: Headers[] = [
    { accept },
    { ...browser, 'sec-fetch-site': 'same-origin' },
    { ...browser, origin: page },
    { ...browser, 'apollo-require-preflight': 'true' },
  ]
  for (const headers of senders) expect((await get(mutation, headers)).status).toBe(405)
})

test('a page of an allowed origin may send every header that clients add', async () => {
  const asked = `content-type,accept,authorization,apollo-require-preflight,x-apollo-operation-name,
    apollographql-client-name,apollographql-client-version,x-workspace-id,idempotency-key,traceparent,tracestate,
    baggage,sentry-trace,x-request-id,cache-control,if-none-match,range,tus-resumable,upload-length,upload-metadata,
    upload-offset,upload-defer-length,upload-checksum,upload-concat,x-http-method-override`.replaceAll(
    /\s/g,
    '',
  )
  const preflight = (origin: string) =>
    fetch(`${api.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': asked,
      },
    })
  const { status, headers } = await preflight(page)
  expect(status).toBe(204)
  expect(headers.get('access-control-allow-origin')).toBe(page)
  const allowed = headers.get('access-control-allow-headers')?.split(/\s*,\s*/) ?? []
  expect(asked.split(',').filter((name) => !allowed.includes(name))).toEqual([])
})

const preflightOf = (origin: string, url: string) => {
  const headers = { origin, 'access-control-request-method': 'POST' }
  return fetch(`${url}/graphql`, { method: 'OPTIONS', headers })
}

test.each(['http://localhost', 'http://localhost:5173', 'https://127.0.0.1:3000', 'http://[::1]:8080'])(
  'while only this machine can reach the server, pages of %s may use it',
  async (origin) => {
    const { status, headers } = await preflightOf(origin, api.url)
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, origin])
    const answer = await fetch(`${api.url}/graphql?query={__typename}`, { headers: { ...browser, origin } })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin])
    expect(answer.headers.get('access-control-expose-headers')).toMatch(/x-request-id.*retry-after.*location/)
  },
)

test.each([
  'https://elsewhere.example',
  'http://localhost.elsewhere.example',
  'http://192.168.0.2:5173',
  'null',
])('the refusal of pages of %s and the log name the variable to set', async (origin) => {
  const response = await preflightOf(origin, api.url)
  const { errors } = (await response.json()) as Answer
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null])
  expect(errors?.[0]).toMatchObject({
    message: expect.stringMatching(new RegExp(`^Pages of ${origin} may not.*CORS_ORIGINS`)) as string,
    extensions: { code: 'ORIGIN_NOT_ALLOWED' },
  })
  expect(api.log).toContainEqual(
    expect.objectContaining({ origin, msg: expect.stringContaining('CORS_ORIGINS') as string }),
  )
})

const batch = [{ query: '{ workspace { id } }' }, { query: '{ __typename }' }]
const batching = {
  errors: [
    {
      message: expect.stringContaining('one operation per request') as string,
      extensions: { code: 'BATCHING_NOT_SUPPORTED' },
    },
  ],
}

test.each<[string, Record<string, string>, unknown, object]>([
  ['a program that sends a list', {}, batch, batching],
  ['a program that sends an empty list', { accept }, [], batching],
  ['a client that batches', { accept }, batch, [batching, batching]],
])('%s is told that it has to send one operation', async (_who, headers, body, answer) => {
  const response = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toEqual(answer)
})

test('a list of operations in a form is told the same', async () => {
  const form = new FormData()
  form.set('operations', JSON.stringify([{ query: '{ __typename }', variables: { file: null } }]))
  form.set('map', JSON.stringify({ 0: ['0.variables.file'] }))
  form.set('0', new Blob(['a']), 'a.png')
  const headers = { 'apollo-require-preflight': 'true' }
  const response = await fetch(`${api.url}/graphql`, { method: 'POST', headers, body: form })
  expect([response.status, await response.json()]).toEqual([400, batching])
})

test('a client that reads the errors of every status is told so by the type of the answer', async () => {
  const refused = (more: Record<string, string>) =>
    fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...more },
      body: '{',
    })
  expect((await refused({})).headers.get('content-type')).toBe('application/json; charset=utf-8')
  const answer = await refused({ accept })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    400,
    'application/graphql-response+json; charset=utf-8',
  ])
})

const large = '9007199254740993'
const create =
  'mutation ($attributes: JSON) { createBlock(input: { bookId: "x", attributes: $attributes }) { __typename } }'

async function answerTo(request: RequestInit) {
  const response = await fetch(`${api.url}/graphql`, { method: 'POST', ...request })
  const { errors } = (await response.json()) as Answer
  return { status: response.status, message: errors?.[0]?.message }
}

const json = (body: string) => ({ headers: { 'content-type': 'application/json' }, body })

function form(operations: string) {
  const body = new FormData()
  body.set('operations', operations)
  body.set('map', '{}')
  return { headers: { 'apollo-require-preflight': 'true' }, body }
}

const withVariable = (value: string) =>
  `{ "query": ${JSON.stringify(create)}, "variables": { "attributes": { "a": [${value}] } } }`
const withLiteral = (value: string) =>
  JSON.stringify({
    query: create.replace('$attributes }', `{ a: [${value}] } }`).replace('($attributes: JSON)', ''),
  })

test.each([
  ['a variable', (value: string) => json(withVariable(value))],
  ['a literal', (value: string) => json(withLiteral(value))],
  ['a form', (value: string) => form(withVariable(value))],
])('an integer of %s that would be rounded is refused, and others are not', async (_where, request) => {
  expect(await answerTo(request(large))).toEqual({
    status: 400,
    message: expect.stringContaining(`The number ${large} has more digits`) as string,
  })
  for (const fine of ['9007199254740992', '-1796061743671000000', '0.1', `"${large}"`])
    expect(await answerTo(request(fine))).toEqual({ status: 200, message: undefined })
})

test('an integer of a query by GET that would be rounded is refused', async () => {
  const query = 'query ($a: Int) { bookshelves(first: $a) { totalCount } }'
  const { status, errors } = await get(query, {}, `&variables=${encodeURIComponent(`{"a":${large}}`)}`)
  expect([status, errors?.[0]?.message]).toEqual([400, expect.stringContaining('Give it as a string')])
})
