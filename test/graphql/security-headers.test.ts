import { expect, test } from 'vitest'
import { useApi } from '../support/api.ts'
import { buildBlock, buildPicture, imagesOf } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'

const database = useDatabase()
const api = useApi(database)
const withTls = useApi(database, { publicUrl: 'https://library.example.org' })

const dataPolicy = "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'"
const html = { accept: 'text/html' }

/** What every answer has. */
const always = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin-allow-popups',
  'strict-transport-security': null,
}

const ownOnly = { ...always, 'x-frame-options': 'DENY', 'cross-origin-resource-policy': 'same-origin' }

const embeddable = { ...always, 'x-frame-options': null, 'cross-origin-resource-policy': 'cross-origin' }

async function headersOf(path: string, request: RequestInit = {}, { url } = api) {
  const { headers, status } = await fetch(`${url}${path}`, { redirect: 'manual', ...request })
  const given = (name: string) => headers.get(name)
  return {
    status,
    given,
    of: (names: object) => Object.fromEntries(Object.keys(names).map((name) => [name, given(name)])),
  }
}

const asked = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"query":"{ __typename }"}',
}

test.each<[string, string, RequestInit, number]>([
  ['data', '/graphql', asked, 200],
  ['a client error', '/graphql', { ...asked, body: '{' }, 400],
  ['an unknown path', '/nowhere', {}, 404],
  [
    'a page that is not allowed',
    '/graphql',
    {
      ...asked,
      method: 'OPTIONS',
      body: null,
      headers: { origin: 'https://e.example', 'access-control-request-method': 'POST' },
    },
    403,
  ],
  ['the health', '/health/live', {}, 200],
  ['a list of the older API', '/api/posts/a/assets', {}, 404],
  ['a resumable upload', '/uploads', { method: 'POST', headers: { 'tus-resumable': '1.0.0' } }, 400],
])('%s is for its own pages, shows nothing and loads nothing', async (_what, path, request, status) => {
  const answer = await headersOf(path, request)
  expect(answer.status).toBe(status)
  expect(answer.of(ownOnly)).toEqual(ownOnly)
  expect(answer.given('content-security-policy')).toBe(dataPolicy)
})

test('the explorers bring policies of their own, and no page can frame them', async () => {
  const graphiql = await headersOf('/graphiql', { headers: html })
  expect(graphiql.of(ownOnly)).toEqual(ownOnly)
  expect(graphiql.given('content-security-policy')).toMatch(/^default-src 'self'; script-src 'self' 'sha256-/)
  const sandbox = await headersOf('/graphql', { headers: html })
  expect(sandbox.of(ownOnly)).toEqual(ownOnly)
  const policy = sandbox.given('content-security-policy')
  expect(policy).toContain("frame-ancestors 'none'")
  // What it loads from Apollo stands in the page.
  expect(policy).not.toMatch(/script-src|default-src|frame-src/)
})

const picture =
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'

test('pages of other sites may show media, and nothing in them runs here', async () => {
  const { ctx } = await api.workspace()
  const block = await buildBlock(ctx)
  const upload = async (bytes: Buffer, fileName: string) =>
    (await buildPicture(ctx, imagesOf(block.id), { bytes, fileName })).media.id
  const [photo, drawing] = [
    await upload(await photograph(), 'a.jpg'),
    await upload(Buffer.from(picture), 'a.svg'),
  ]
  const workspace = `?workspace=${ctx.actor.workspaceId}`
  for (const [id, policy] of [
    [photo, null],
    [drawing, expect.stringMatching(/^default-src 'none'.*sandbox$/)],
  ] as const) {
    const permanent = await headersOf(`/media/${id}${workspace}`)
    expect([permanent.status, permanent.of(embeddable)]).toEqual([302, embeddable])
    for (const path of [permanent.given('location') ?? '', `/api/images/${id}${workspace}`]) {
      const answer = await headersOf(path)
      expect([answer.status, answer.of(embeddable)]).toEqual([200, embeddable])
      expect(answer.given('content-security-policy')).toEqual(policy)
    }
  }
})

test('only a server that is published by https asks browsers to use nothing else', async () => {
  const answer = await headersOf('/graphql', asked, withTls)
  expect(answer.given('strict-transport-security')).toBe('max-age=31536000')
})
