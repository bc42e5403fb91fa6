import { afterEach, beforeAll, expect, test } from 'vitest'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { Client } from '../support/client.ts'
import { makeLibrary, queryDatabase, stored } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import { until } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'
import { fieldPart, filePart, multipartBody, multipartStart, type Part, RawRequest } from '../support/wire.ts'

cleanUpServers()

const limit = 4 * 1024 * 1024
const friend = 'https://friend.example'

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ MAX_IMAGE_BYTES: String(limit), CORS_ORIGINS: friend })
})

afterEach(async () => {
  await until(async () => (await stored(server)).incoming === 0)
  expect(server.process.exitCode).toBeNull()
})

interface Image {
  readonly id: string
  readonly url: string
  readonly thumbnail_url: string
  readonly error?: string
}

async function post(
  file: Blob,
  { field = 'file', name = 'Photo.JPG', headers = {}, path = '/api/images' } = {},
) {
  const form = new FormData()
  form.set('title', 'A field before it')
  form.set(field, file, name)
  const response = await fetch(`${server.url}${path}`, { method: 'POST', body: form, headers })
  return { status: response.status, body: (await response.json()) as Image }
}

async function postParts(parts: readonly Part[], path = '/api/images') {
  const body = multipartBody(parts)
  const request = await RawRequest.post(server.url, { 'Content-Length': String(body.length) }, path)
  await request.send(body)
  try {
    return await request.answer()
  } finally {
    request.close()
  }
}

/** What is kept; jobs come and go in what is on its way in. */
async function kept() {
  const { blobs, media, files } = await stored(server)
  return { blobs, media, files }
}

const blob = (bytes: Buffer) => new Blob([new Uint8Array(bytes)])

test('a picture is stored and answered as before', async () => {
  const bytes = await photograph()
  const { status, body } = await post(blob(bytes), { field: 'whatever', name: '照片.JPG' })
  expect(status).toBe(201)
  expect(body).toEqual({
    id: expect.any(String) as string,
    original_name: '照片.JPG',
    extension: '.jpg',
    mime_type: 'image/jpeg',
    size: bytes.length,
    url: expect.stringMatching(`^/api/images/${body.id}\\?s=`) as string,
    thumbnail_url: expect.stringMatching(`^/api/images/${body.id}/thumbnail\\?s=`) as string,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
  })
  const picture = await fetch(server.url + body.url)
  expect(picture.headers.get('content-type')).toBe('image/jpeg')
  expect(Buffer.from(await picture.arrayBuffer()).equals(bytes)).toBe(true)
  const part = await fetch(server.url + body.url, { headers: { range: 'bytes=0-9' } })
  expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 10])
  const thumbnail = await fetch(server.url + body.thumbnail_url)
  expect([thumbnail.status, thumbnail.headers.get('content-type')]).toEqual([200, 'image/webp'])
})

test('a picture without a place is in a block of the book Images on the bookshelf Uploads', async () => {
  const { body } = await post(blob(await photograph()))
  const { data } = (await new Client(server.url).send(
    `query ($id: ID!) { media(id: $id) { category owner { ... on Block { kind images { id } book { title bookshelf { name } } } } } }`,
    { id: body.id },
  )) as { data: unknown }
  expect(data).toEqual({
    media: {
      category: 'image',
      owner: {
        kind: 'IMAGE',
        images: [{ id: body.id }],
        book: { title: 'Images', bookshelf: { name: 'Uploads' } },
      },
    },
  })
})

test('many first pictures at once make one book', async () => {
  const { data } = (await new Client(server.url).send(
    `mutation { createWorkspace(input: { name: "New" }) { ... on CreateWorkspaceSuccess { workspace { id } } } }`,
  )) as { data: unknown }
  const { id } = (data as { createWorkspace: { workspace: { id: string } } }).createWorkspace.workspace
  const pictures = await Promise.all(Array.from({ length: 20 }, () => photograph()))
  const answers = await Promise.all(
    pictures.map((bytes) => post(blob(bytes), { headers: { 'x-workspace-id': id } })),
  )
  expect(answers.map(({ status }) => status)).toEqual(pictures.map(() => 201))
  const [counts] = await queryDatabase(
    server,
    `select (select count(*)::int from bookshelves where workspace_id = '${id}') as shelves,
      (select count(*)::int from books where workspace_id = '${id}') as books,
      (select count(*)::int from blocks where workspace_id = '${id}') as blocks`,
  )
  expect(counts).toEqual({ shelves: 1, books: 1, blocks: 20 })
})

test('the book is made anew when it is in the trash, on the same bookshelf', async () => {
  await post(blob(await photograph()))
  const books = (live: boolean) =>
    queryDatabase<{ id: string; bookshelf_id: string }>(
      server,
      `select id, bookshelf_id from books where title = 'Images' and (deletion_id is null) = ${live}
       and workspace_id = '${defaultWorkspaceId}'`,
    )
  const [first] = await books(true)
  const trash = `mutation ($input: TrashItemInput!) { trashItem(input: $input) { __typename } }`
  const { data } = (await new Client(server.url).send(trash, { input: { itemId: first?.id } })) as {
    data: unknown
  }
  expect(data).toEqual({ trashItem: { __typename: 'TrashItemSuccess' } })
  expect((await post(blob(await photograph()))).status).toBe(201)
  expect(await books(false)).toEqual([first])
  expect((await books(true)).map(({ bookshelf_id }) => bookshelf_id)).toEqual([first?.bookshelf_id])
})

test('a refused picture leaves no block, and says what is wrong', async () => {
  const blocks = async () => (await queryDatabase(server, 'select id from blocks')).length
  const before = await blocks()
  const cases: [Buffer, number][] = [
    [Buffer.from('This is no picture.'), 415],
    [Buffer.alloc(0), 422],
    [(await photograph()).subarray(0, 5_000), 422],
    [Buffer.alloc(limit + 1, 0x20), 413],
  ]
  for (const [bytes, expected] of cases) {
    const { status, body } = await post(blob(bytes))
    expect(status).toBe(expected)
    expect(Object.keys(body)).toEqual(['error'])
    expect(body.error).toBeTruthy()
  }
  expect(await blocks()).toBe(before)
})

test.each([
  '/api/images/nonsense',
  '/api/images/01890a5d-ac96-774b-bcce-b302099a8057',
  '/api/images/x/thumbnail',
])('there is nothing at %s', async (path) => {
  const response = await fetch(server.url + path)
  expect(response.status).toBe(404)
  expect(await response.json()).toEqual({ error: 'Image not found' })
})

test('a page of another site cannot send pictures, except one that may', async () => {
  const picture = async () => blob(await photograph())
  const { host } = new URL(server.url)
  const refused: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://${host}`, 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site' },
  ]
  for (const headers of refused) expect((await post(await picture(), { headers })).status).toBe(403)
  const allowed: Record<string, string>[] = [
    {},
    { origin: friend, 'sec-fetch-site': 'cross-site' },
    { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
  ]
  for (const headers of allowed) expect((await post(await picture(), { headers })).status).toBe(201)
})

const nameless = (size: number): Part => ({ headers: ['X-Other: header'], content: 'x'.repeat(size) })
const namelessParts = () => [15_000, 66_000, 90_000, 132_000, 180_000, 300_000].map(nameless)

const named = (fileName: string, ...more: string[]): Part => ({
  headers: [`Content-Disposition: form-data; name="0"; filename="${fileName}"`, ...more],
  content: 'nothing',
})

test.each([
  ['no part', () => []],
  ['only fields', () => [fieldPart('a', 'text')]],
  ['only parts without a name', namelessParts],
  ['a control character in the name of the file', () => [named('a\x01b.jpg')]],
  ['a NUL in the name of the file', () => [named('a\0b.jpg')]],
  ['16 kB of headers', () => [named('a.jpg', `X-Long: ${'x'.repeat(16_384)}`)]],
  ['a header line without a colon', () => [named('a.jpg', 'no colon here')]],
  ['a field named like a property of all objects', () => [fieldPart('__proto__', 'x')]],
  ['many fields', () => Array.from({ length: 500 }, (_, index) => fieldPart(`f${index}`, 'x'))],
])('%s is answered with what is wrong', async (_what, parts) => {
  const { status, body } = await postParts(parts())
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(500)
  expect((JSON.parse(body) as { error: string }).error).toBeTruthy()
})

test.each([0.2, 0.9])('a body that ends after %s of the file is refused', async (share) => {
  const whole = multipartBody([filePart('0', await photograph())])
  const before = await kept()
  const body = whole.subarray(0, whole.length * share)
  const request = await RawRequest.post(server.url, { 'Content-Length': String(body.length) }, '/api/images')
  await request.send(body)
  expect((await request.answer()).status).toBe(400)
  expect(await kept()).toEqual(before)
})

test('a client that goes away leaves nothing', async () => {
  await until(async () => (await stored(server)).incoming === 0)
  const before = await kept()
  const request = await RawRequest.post(server.url, { 'Content-Length': String(10 ** 7) }, '/api/images')
  await request.send(multipartStart([], filePart('0', await photograph())))
  await until(async () => (await stored(server)).incoming === 1)
  request.close()
  await until(async () => (await stored(server)).incoming === 0)
  expect(await kept()).toEqual(before)
})

test('of two files the first is taken', async () => {
  const [one, other] = [await photograph(), await photograph()]
  const { status, body } = await postParts([filePart('a', one, 'one.jpg'), filePart('b', other, 'other.jpg')])
  expect(status).toBe(201)
  expect(JSON.parse(body)).toMatchObject({ original_name: 'one.jpg', size: one.length })
})

test('a file after parts that are no fields is taken', async () => {
  const bytes = await photograph()
  const { status, body } = await postParts([...namelessParts(), filePart('a', bytes)])
  expect([status, (JSON.parse(body) as { size?: number }).size]).toEqual([201, bytes.length])
})

test('something else than a form is refused', async () => {
  for (const type of ['application/json', 'image/jpeg']) {
    const response = await fetch(`${server.url}/api/images`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': type },
    })
    expect(response.status).toBe(415)
    expect(Object.keys((await response.json()) as object)).toEqual(['error'])
  }
})

test('the assets of a post are the attachments of a book, in their order', async () => {
  const { bookId } = await makeLibrary(new Client(server.url))
  const path = `/api/posts/${bookId}/assets`
  const assets = async () => (await fetch(server.url + path)).json()
  expect(await assets()).toEqual([])
  const sent: Image[] = []
  for (const name of ['one.jpg', '二.jpg', 'three.jpg']) {
    const { status, body } = await post(blob(await photograph()), { path, name })
    expect([status, body]).toEqual([201, expect.objectContaining({ original_name: name })])
    sent.push(body)
  }
  expect(await assets()).toEqual(sent)
  const [row] = await queryDatabase(server, `select category, role from media where id = '${sent[0]?.id}'`)
  expect(row).toEqual({ category: 'blog-asset', role: 'ATTACHMENT' })
})

test.each(['nonsense', '01890a5d-ac96-774b-bcce-b302099a8057'])('there is no post %s', async (id) => {
  const path = `/api/posts/${id}/assets`
  expect((await fetch(server.url + path)).status).toBe(404)
  const { status, body } = await post(blob(await photograph()), { path })
  expect([status, Object.keys(body)]).toEqual([404, ['error']])
})

test('bytes that are in the trash are stored once more', async () => {
  const bytes = await photograph()
  const { body } = await post(blob(bytes))
  const trash = `mutation ($input: TrashItemInput!) { trashItem(input: $input) { __typename } }`
  await new Client(server.url).send(trash, { input: { itemId: body.id } })
  expect((await fetch(server.url + body.url)).status).toBe(404)
  const again = await post(blob(bytes))
  expect(again.status).toBe(201)
  expect(again.body.id).not.toBe(body.id)
})
