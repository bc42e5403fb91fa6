import { beforeAll, expect, test } from 'vitest'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { fillCheckpoints, fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { currentSchema } from '../support/schema.ts'
import { fillTags } from '../support/tags/tagged-library.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace } = {}

beforeAll(async () => {
  opened.workspace = await api.workspace()
  const { workspaceId } = opened.workspace.ctx.actor
  await fillLibrary(database.db.pool, workspaceId, { shelves: 3, books: 3, blocks: 3, images: 0 })
  await fillCheckpoints(database.db.pool, workspaceId, { checkpoints: 2, markers: 2 })
  await fillTags(database.db.pool, workspaceId, { tags: 12, top: 4, below: 3 })
})

function here() {
  if (!opened.workspace) throw new Error('It is there from beforeAll on.')
  return opened.workspace
}

interface Page {
  list: { nodes: { id: string }[]; totalCount: number; pageInfo: { endCursor: string } }
}
const list = (field: string) => `{ list: ${field} { nodes { id } totalCount pageInfo { endCursor } } }`
const cursorOf = async (field: string) =>
  (await ask<Page>(here().client, list(field))).list.pageInfo.endCursor

const encode = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
const id = '01900000-0000-7000-8000-000000000001'

const fields = ['bookshelves', 'books', 'blocks', 'checkpoints', 'trash', 'workspaces', 'tags']
const nested = [
  'bookshelves { nodes { books',
  'books { nodes { blocks',
  'books { nodes { checkpoints',
  'checkpoints { nodes { markers',
  'tags { nodes { children',
  'tags { nodes { entities',
]
const ofAdministrators = ['admin { jobs', 'admin { mediaEvents']

test.each([...fields, ...nested])(
  '%s: page sizes that cannot be are refused, saying what can',
  async (field) => {
    const rest = field.includes('{') ? '{ nodes { id } } } } }' : '{ nodes { id } } }'
    for (const [args, hint] of [
      ['first: 1000', 'first: Give a number from 0 to 100'],
      ['first: 101', 'first: Give a number from 0 to 100'],
      ['first: -1', 'first: Give a number from 0 to 100'],
      ['last: 101', 'last: Give a number from 0 to 100'],
      ['last: -2147483648', 'last: Give a number from 0 to 100'],
      ['first: 1, last: 1', 'Give `first` or `last`, not both'],
    ] as const) {
      const { status, errors } = await here().client.send(`{ ${field}(${args}) ${rest}`)
      expect({ status, code: errors[0]?.extensions?.code, args }).toEqual({
        status: 400,
        code: 'BAD_USER_INPUT',
        args,
      })
      expect(errors[0]?.message).toContain(hint)
    }
  },
)

test.each([...fields, ...nested])(
  '%s: what is no cursor of this list is refused, saying so',
  async (field) => {
    const rest = field.includes('{') ? '{ nodes { id } } } } }' : '{ nodes { id } } }'
    const own = {
      bookshelves: 'bookshelves:POSITION',
      books: 'books:CREATED_AT',
      blocks: 'blocks:CREATED_AT',
      checkpoints: 'checkpoints:REACHED_AT',
      tags: 'tags:NAME',
    }
    const name = (own as Record<string, string>)[field] ?? field
    const cursors = [
      'nonsense',
      '书',
      '%00',
      encode(),
      encode('other:POSITION', 'a1', id),
      encode(name, 'a1'),
      encode(name, 1, id),
      encode(name, null, null),
      encode(name, 'a1', 'no-uuid'),
      encode(name, 'a\0', id),
      encode(name, '\ud800', id),
      encode(name, { a: 1 }, id),
      'x'.repeat(100_000),
    ]
    for (const cursor of cursors) {
      for (const side of ['after', 'before']) {
        const query = `query ($cursor: String) { ${field}(${side}: $cursor) ${rest}`
        const { status, errors } = await here().client.send(query, { cursor })
        expect({ status, code: errors[0]?.extensions?.code, cursor }).toEqual({
          status: 400,
          code: 'BAD_USER_INPUT',
          cursor,
        })
        expect(errors[0]?.message).toContain('does not belong to this list')
      }
    }
  },
)

const pagedAtTheTop = Object.values(currentSchema().getQueryType()?.getFields() ?? {})
  .filter(({ args }) => args.some(({ name }) => name === 'after'))
  .map(({ name }) => name)

test.each([...pagedAtTheTop, ...nested, ...ofAdministrators])(
  '%s: an empty cursor is as none',
  async (field) => {
    const { client } = here()
    const rest = `{ edges { cursor } } ${'} '.repeat(field.split('{').length)}`
    const required = field === 'search' ? 'query: "one", ' : ''
    for (const args of ['first: 2, after: "", before: ""', 'last: 2, after: "", before: ""']) {
      const { errors } = await client.send(`{ ${field}(${required}${args}) ${rest}`)
      expect({ args, errors }).toEqual({ args, errors: [] })
    }
  },
)

test('a page after an empty cursor is the first one, and before it the last one', async () => {
  const page = (args: string) => ask<Page>(here().client, list(`books(${args})`))
  expect(await page('first: 2, after: "", before: ""')).toEqual(await page('first: 2'))
  expect(await page('last: 2, before: ""')).toEqual(await page('last: 2'))
})

test('a time that no calendar has is no cursor of a list by time', async () => {
  const field = 'orderBy: { field: UPDATED_AT }'
  const [, , given] = JSON.parse(
    Buffer.from(await cursorOf(`books(${field})`), 'base64url').toString(),
  ) as string[]
  for (const time of [
    '0000-01-01T00:00:00.000Z',
    '2026-02-30T00:00:00.000Z',
    '2026-01-01T24:00:00.000Z',
    'infinity',
    '2026-01-01',
    '+275760-09-13T00:00:00.000Z',
  ]) {
    const after = encode('books:UPDATED_AT', time, given)
    const { status, errors } = await here().client.send(
      `{ books(${field}, after: "${after}") { nodes { id } } }`,
    )
    expect({ time, status, code: errors[0]?.extensions?.code }).toEqual({
      time,
      status: 400,
      code: 'BAD_USER_INPUT',
    })
  }
})

test('a cursor fits its own list, order and direction only', async () => {
  const title = 'orderBy: { field: TITLE }'
  const cursor = await cursorOf(`books(first: 1, ${title})`)
  const status = async (field: string) => (await here().client.send(list(field))).status
  expect(await status(`books(after: "${cursor}", ${title})`)).toBe(200)
  expect(await status(`books(after: "${cursor}")`)).toBe(400)
  expect(await status(`books(after: "${cursor}", orderBy: { field: TITLE, direction: DESC })`)).toBe(400)
  expect(await status(`bookshelves(after: "${cursor}", orderBy: { field: NAME })`)).toBe(400)
})

test('the cursor of a nested list goes on in the root list of the same parent in the order by hand', async () => {
  const { client } = here()
  interface Nested {
    bookshelves: { nodes: { id: string; books: { pageInfo: { endCursor: string } } }[] }
  }
  const data = await ask<Nested>(
    client,
    '{ bookshelves(first: 1) { nodes { id books(first: 1) { pageInfo { endCursor } } } } }',
  )
  const [shelf] = data.bookshelves.nodes
  const root = `books(where: { bookshelfId: "${shelf?.id}" }, orderBy: { field: POSITION }, after: "${shelf?.books.pageInfo.endCursor}")`
  expect((await ask<Page>(client, list(root))).list.nodes).toHaveLength(2)
})

test.each([
  ['-1', 400],
  ['1e9', 400],
  ['9999999999', 400],
  ['', 400],
  [' 1', 400],
  ['999999999', 200],
])('the use %j in a cursor is one that can be, or refused', async (key, expected) => {
  const field = 'orderBy: { field: USAGE_COUNT, direction: DESC }'
  const after = encode('tags:USAGE_COUNT:DESC', key, id)
  const { status } = await here().client.send(list(`tags(${field}, after: "${after}")`))
  expect(status).toBe(expected)
})

test('a cursor of another workspace shows nothing of it', async () => {
  const { client } = await api.workspace()
  const after = await cursorOf('books(first: 1)')
  expect((await ask<Page>(client, list(`books(after: "${after}")`))).list).toMatchObject({
    nodes: [],
    totalCount: 0,
  })
})

test.each([
  ['books', 'where.bookshelfId'],
  ['blocks', 'where.bookId'],
])('%s have an order by hand only below one parent, and it is said which', async (field, hint) => {
  const { status, errors } = await here().client.send(list(`${field}(orderBy: { field: POSITION })`))
  expect({ status, code: errors[0]?.extensions?.code }).toEqual({ status: 400, code: 'BAD_USER_INPUT' })
  expect(errors[0]?.message).toContain(hint)
})

test.each([
  ['books(where: { statuses: [DRAFT, DONE] })', "books where status in ('DRAFT', 'DONE')"],
  ['books(where: { statuses: [] })', 'books where false'],
  ['books(where: { statuses: null, bookshelfId: null })', 'books where true'],
  ['books(where: { updatedSince: "2000-01-01T00:00:00.000Z" })', 'books where true'],
  ['books(where: { updatedSince: "0001-01-01T00:00:00.000Z" })', 'books where true'],
  ['books(where: { updatedSince: "9999-01-01T00:00:00Z" })', 'books where false'],
  ['books(where: { bookshelfId: "nonsense" })', 'books where false'],
  [`books(where: { bookshelfId: "${id}" })`, 'books where false'],
  ['bookshelves(where: { updatedSince: "9999-01-01T00:00:00+02:00" })', 'bookshelves where false'],
  ['blocks(where: { kinds: [HEADING] })', "blocks where kind = 'HEADING'"],
  ['blocks(where: { kinds: [HEADING], bookId: "' + '0'.repeat(1000) + '" })', 'blocks where false'],
  [
    'checkpoints(where: { reachedSince: "2026-01-01T05:00:00Z", reachedBefore: "2026-01-01T20:00:00Z" })',
    "checkpoints where reached_at >= '2026-01-01 05:00Z' and reached_at < '2026-01-01 20:00Z'",
  ],
  ['checkpoints(where: { updatedSince: "9999-01-01T00:00:00Z" })', 'checkpoints where false'],
  ['checkpoints(where: { bookId: "nonsense" })', 'checkpoints where false'],
  ['trash(where: { types: [BOOK] })', 'deletions where false'],
])('the filter %s gives what meets it, and counts as many', async (field, sql) => {
  const { client, ctx } = here()
  const { rows } = await database.db.pool.query<{ id: string }>(
    `select id from ${sql} and workspace_id = $1 order by id`,
    [ctx.actor.workspaceId],
  )
  const found = (await ask<Page>(client, list(field.replace(/\)$/, ', first: 100)')))).list
  expect(found.nodes.map((node) => node.id).sort()).toEqual(rows.map((row) => row.id))
  expect(found.totalCount).toBe(rows.length)
})

test('workspaces are found by when they were changed', async () => {
  const { client, ctx } = here()
  const { updatedAt } = await database.db.prisma.workspace.findUniqueOrThrow({
    where: { id: ctx.actor.workspaceId },
  })
  const since = async (time: Date) =>
    (
      await ask<Page>(
        client,
        list(`workspaces(first: 100, where: { updatedSince: "${time.toISOString()}" })`),
      )
    ).list
  const found = await since(updatedAt)
  expect(found.nodes.map((node) => node.id)).toContain(ctx.actor.workspaceId)
  expect(found.totalCount).toBe(found.nodes.length)
  expect(await since(new Date('9999-01-01T00:00:00Z'))).toMatchObject({ nodes: [], totalCount: 0 })
})

test('a filter goes on over the pages', async () => {
  const where = 'where: { kinds: [QUOTE, CODE] }'
  const { client } = here()
  const first = (await ask<Page>(client, list(`blocks(first: 5, ${where})`))).list
  const rest = (await ask<Page>(client, list(`blocks(after: "${first.pageInfo.endCursor}", ${where})`))).list
  expect(new Set([...first.nodes, ...rest.nodes].map((node) => node.id)).size).toBe(first.totalCount)
})
