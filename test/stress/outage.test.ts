import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ask, useApi } from '../support/api.ts'
import { buildBook, buildPicture, coverOf } from '../support/builders.ts'
import { useDatabase, useWayTo } from '../support/database.ts'
import { begin, call, send } from '../support/media/resumable.ts'
import { photograph } from '../support/media/pictures.ts'

/** Short, so that the tests are; long enough for a busy machine to answer in time. */
const answerMs = 2_000

const database = useDatabase()
const way = useWayTo(database, answerMs)
const api = useApi(way, { databaseAnswerMs: answerMs })

const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/

let bookId: string
let mediaUrl: string
let uploadUrl: string
let picture: Buffer
let headers: Record<string, string>

beforeAll(async () => {
  picture = await photograph()
  const { ctx, client } = await api.workspace()
  headers = { ...client.headers }
  bookId = (await buildBook(ctx)).id
  await buildPicture(ctx, coverOf('BOOK', bookId))
  const found = await ask<{ book: { cover: { url: string } } }>(
    client,
    'query ($id: ID!) { book(id: $id) { cover { url } } }',
    { id: bookId },
  )
  mediaUrl = found.book.cover.url
  const slot = { ownerType: 'BOOK', ownerId: bookId, role: 'COVER' }
  uploadUrl = (await begin(api.url, picture.length, slot, headers)).url
})
afterEach(async () => {
  way.proxy.up()
  const well = () => api.client(headers).send('{ books { totalCount } }')
  await expect.poll(async () => (await well()).status).toBe(200)
})

const graphql = (query: string, own = {}) =>
  fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...own },
    body: JSON.stringify({ query }),
  })

const form = () => {
  const data = new FormData()
  data.append('file', new Blob([Uint8Array.from(picture)]), 'picture.jpg')
  return data
}

/** Every entry point; those of REST answer in a form of their own. */
const doors: readonly [string, () => Promise<Response>][] = [
  ['a query', () => graphql('{ bookshelves { totalCount } }')],
  [
    'a query of several fields',
    () => graphql('{ __typename a: workspace { name } b: books { totalCount } }'),
  ],
  ['a mutation', () => graphql('mutation { createBookshelf(input: { name: "A" }) { __typename } }')],
  ['a query whose workspace must be looked up', () => graphql('{ __typename }', headers)],
  ['a picture by its signed URL', () => fetch(mediaUrl)],
  ['a picture by the header', () => fetch(new URL(new URL(mediaUrl).pathname, api.url), { headers })],
  ['a list of the older API', () => fetch(`${api.url}/api/posts/${bookId}/assets`)],
  ['a picture of the older API', () => fetch(`${api.url}/api/images/${bookId}`)],
  ['an upload of the older API', () => fetch(`${api.url}/api/images`, { method: 'POST', body: form() })],
  ['a resumable upload that begins', () => beginUpload()],
  ['a resumable upload that continues', () => send(uploadUrl, 0, picture)],
  ['a resumable upload that is asked for', () => call(uploadUrl, 'HEAD')],
]

const beginUpload = async () =>
  (await begin(api.url, 10, { ownerType: 'BOOK', ownerId: bookId, role: 'COVER' })).response

async function expectUnavailable(response: Response) {
  const text = await response.text()
  expect([response.status, Number(response.headers.get('retry-after'))], text).toEqual([503, 5])
  expect(text).not.toContain('127.0.0.1')
  const requestId = response.headers.get('x-request-id') ?? ''
  expect(requestId).toMatch(uuid)
  await expect.poll(() => api.log.find((line) => line.reqId === requestId && line.level === 50)).toBeDefined()
  if (text === '') return
  const body = JSON.parse(text) as {
    error?: string
    errors?: { message: string; extensions: { code: string } }[]
  }
  if (body.error === undefined) expect(body.errors?.[0]?.extensions.code).toBe('DATABASE_UNAVAILABLE')
  const message = body.error ?? body.errors?.[0]?.message
  expect(message).toMatch(/^The database of this server is unavailable\. Try again later\./)
  expect(message).toContain(requestId)
}

describe.each([
  ['that is down', () => way.proxy.down()],
  ['that takes statements and answers none', () => way.proxy.hang()],
])('with a database %s', (_what, end) => {
  test('every entry point says that it is unavailable, and when to try again', async () => {
    end()
    const responses = await Promise.all(doors.map(([, knock]) => knock()))
    for (const response of responses) await expectUnavailable(response)
  })

  test('the server lives, but is not ready', async () => {
    end()
    expect((await fetch(`${api.url}/health/live`)).status).toBe(200)
    const ready = await fetch(`${api.url}/health/ready`)
    expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await ready.json()).toEqual({
      status: 'not ready',
      version: expect.any(String) as string,
      checks: { database: 'failed', migrations: 'failed', storage: 'ok', load: 'ok' },
    })
  })
})

test('readiness does not wait for a database for long, whatever is configured', async () => {
  const held = await Promise.all(Array.from({ length: 4 }, () => way.db.pool.connect()))
  const ready = await fetch(`${api.url}/health/ready`)
  expect(ready.status).toBe(503)
  for (const client of held) client.release()
})
