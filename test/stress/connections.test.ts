import { beforeAll, expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { fillLibrary } from '../support/bulk.ts'
import { sortKey } from '../../src/domain/sort-key.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; shelfId?: string; bookId?: string } = {}

interface Connection {
  edges: { cursor: string; node: { id: string } }[]
  nodes: { id: string }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  totalCount: number
}

const namesInOrder = ['älter', 'Apfel', 'zebra', 'Zebra', '书']

beforeAll(async () => {
  const workspace = await api.workspace()
  for (let count = 0; count < 8; count += 1) await api.workspace()
  const { ctx } = workspace
  const { pool, prisma } = database.db
  const { workspaceId } = ctx.actor
  await fillLibrary(pool, workspaceId, { shelves: 8, books: 8, blocks: 8, images: 0 })
  // Every order has keys that are equal, also but for case, and none of them is that of the creation.
  const scramble = (table: string, text: string) => `update ${table} set ${text}
    position = reverse(position) || right(position, 2), updated_at = now() - (get_byte(uuid_send(id), 3) % 3) * interval '1 s'
    where workspace_id = $1`
  const oneOf = (texts: readonly string[]) =>
    `(array[${texts.map((text) => `E'${text.replaceAll('\x01', '\\x01')}'`).join(', ')}])[1 + get_byte(uuid_send(id), 3) % 5]`
  const name = (column: string) =>
    `${column} = ${oneOf(namesInOrder)}, sort_key = ${oneOf(namesInOrder.map(sortKey))},`
  await pool.query(scramble('bookshelves', name('name')), [workspaceId])
  await pool.query(scramble('books', name('title')), [workspaceId])
  await pool.query(scramble('blocks', ''), [workspaceId])
  const where = { workspaceId }
  const gone = await prisma.block.findMany({ where, orderBy: { id: 'desc' }, take: 8 })
  for (const [index, { id }] of gone.entries()) {
    if (index % 3 === 0) ctx.clock.ms += 1
    succeeded(await trashItem(ctx, { kind: 'BLOCK', id }))
  }
  const book = await prisma.book.findFirstOrThrow({ where, orderBy: { id: 'asc' } })
  Object.assign(opened, { workspace, shelfId: book.bookshelfId, bookId: book.id })
})

const here = () => {
  const { workspace, shelfId, bookId } = opened
  if (!workspace || !shelfId || !bookId) throw new Error('It is there from beforeAll on.')
  return { ...workspace, shelfId, bookId }
}

type Ids = () => { shelfId: string; bookId: string }
type List = [what: string, field: (ids: ReturnType<Ids>) => string, sql: string]

const live = (table: string) => `select id from ${table} where workspace_id = $1 and deletion_id is null`

const ordered = (list: string, where: string, table: string, keys: Record<string, string>): List[] =>
  Object.entries(keys).flatMap(([field, key]) =>
    ['ASC', 'DESC'].map((direction): List => {
      const [argument, condition] = field === 'POSITION' ? [where, table] : ['', table]
      return [
        `${list} by ${field} ${direction}`,
        ({ shelfId, bookId }) =>
          `${list}(PAGE${argument.replace('SHELF', shelfId).replace('BOOK', bookId)} orderBy: { field: ${field}, direction: ${direction} })`,
        `${condition}${argument && ` and ${argument.includes('SHELF') ? 'bookshelf_id = $2' : 'book_id = $3'}`}
         order by ${key.replaceAll('WAY', direction)}`,
      ]
    }),
  )

const id = 'id WAY'
const times = { CREATED_AT: id, UPDATED_AT: `updated_at WAY, ${id}` }
const byName = (column: string) => `array_position(array['${namesInOrder.join("', '")}'], ${column})`
const byHand = { POSITION: 'position WAY' }

const lists: List[] = [
  ...ordered('bookshelves', '', live('bookshelves'), {
    ...byHand,
    NAME: `${byName('name')} WAY, ${id}`,
    ...times,
  }),
  ...ordered('books', ' where: { bookshelfId: "SHELF" }', live('books'), {
    ...byHand,
    TITLE: `${byName('title')} WAY, ${id}`,
    ...times,
  }),
  ...ordered('blocks', ' where: { bookId: "BOOK" }', live('blocks'), { ...byHand, ...times }),
  ['bookshelves without an order', () => 'bookshelves(PAGE)', `${live('bookshelves')} order by position`],
  ['books without an order', () => 'books(PAGE)', `${live('books')} order by id`],
  ['blocks without an order', () => 'blocks(PAGE)', `${live('blocks')} order by id`],
  [
    'the books of a bookshelf',
    ({ shelfId }) => `bookshelf(id: "${shelfId}") { list: books(PAGE)`,
    `${live('books')} and bookshelf_id = $2 order by position`,
  ],
  [
    'the blocks of a book',
    ({ bookId }) => `book(id: "${bookId}") { list: blocks(PAGE)`,
    `${live('blocks')} and book_id = $3 order by position`,
  ],
  ...ordered('workspaces', '', 'select id from workspaces where true', {
    NAME: `sort_key WAY, ${id}`,
    ...times,
  }),
  ...ordered('trash', '', 'select id from deletions where workspace_id = $1', {
    DELETED_AT: `deleted_at WAY, ${id}`,
  }),
  [
    'the trash',
    () => 'trash(PAGE)',
    'select id from deletions where workspace_id = $1 order by deleted_at desc, id desc',
  ],
  ['workspaces', () => 'workspaces(PAGE)', 'select id from workspaces order by id'],
]

async function page(field: (typeof lists)[number][1], args: string) {
  const { client, shelfId, bookId } = here()
  const text = field({ shelfId, bookId }).replace('PAGE', args)
  const selection = `{ edges { cursor node { id } } nodes { id } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`
  const nested = text.includes('list:')
  const data = await ask<{ list: Connection & { list: Connection } }>(
    client,
    `{ list: ${text} ${selection} ${nested ? '}' : ''} }`,
  )
  return nested ? data.list.list : data.list
}

const ids = (list: readonly { id: string }[]) => list.map((item) => item.id)

test.each(lists)('%s: paging forward gives each item once, in order', async (_what, field, sql) => {
  const { ctx, shelfId, bookId } = here()
  const types = 'with given as (select $1::uuid, $2::uuid, $3::uuid)'
  const { rows } = await database.db.pool.query<{ id: string }>(`${types} ${sql}`, [
    ctx.actor.workspaceId,
    shelfId,
    bookId,
  ])
  expect(rows.length).toBeGreaterThan(6)

  const seen: string[] = []
  for (let after = ''; ;) {
    const { edges, nodes, pageInfo, totalCount } = await page(field, `first: 7${after}`)
    expect(totalCount).toBe(rows.length)
    expect(edges.map((edge) => edge.node)).toEqual(nodes)
    expect(edges.at(0)?.cursor).toBe(pageInfo.startCursor)
    expect(edges.at(-1)?.cursor).toBe(pageInfo.endCursor)
    expect(pageInfo.hasPreviousPage).toBe(after !== '')
    seen.push(...ids(nodes))
    expect(pageInfo.hasNextPage).toBe(seen.length < rows.length)
    if (!pageInfo.hasNextPage) break
    after = ` after: "${pageInfo.endCursor}"`
  }
  expect(seen).toEqual(ids(rows))
})

test.each(lists)('%s: paging backward gives the same items in the same order', async (_what, field) => {
  const forward: string[] = []
  for (let after = ''; ;) {
    const { nodes, pageInfo } = await page(field, `first: 100${after}`)
    forward.push(...ids(nodes))
    if (!pageInfo.hasNextPage) break
    after = ` after: "${pageInfo.endCursor}"`
  }
  const seen: string[] = []
  for (let before = ''; ;) {
    const { nodes, pageInfo } = await page(field, `last: 7${before}`)
    seen.unshift(...ids(nodes))
    expect(pageInfo.hasNextPage).toBe(before !== '')
    expect(pageInfo.hasPreviousPage).toBe(seen.length < forward.length)
    if (!pageInfo.hasPreviousPage) break
    before = ` before: "${pageInfo.startCursor}"`
  }
  expect(seen).toEqual(forward)
})

test.each(lists)('%s: what lies between two cursors is between them', async (_what, field) => {
  const { edges } = await page(field, 'first: 6')
  const [after, before] = [edges[1]?.cursor, edges[5]?.cursor]
  const between = ids(edges.slice(2, 5).map(({ node }) => node))
  for (const way of ['first', 'last']) {
    const { nodes, pageInfo } = await page(field, `${way}: 10 after: "${after}" before: "${before}"`)
    expect(ids(nodes)).toEqual(between)
    expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
  }
  expect(ids((await page(field, `last: 10 after: "${after}" before: "${before}"`)).nodes)).toEqual(between)
  expect(ids((await page(field, `last: 2 after: "${after}" before: "${before}"`)).nodes)).toEqual(
    between.slice(1),
  )
})

test.each(lists)('%s: a page of none has no items and no cursors, but the count', async (_what, field) => {
  const { nodes, pageInfo, totalCount } = await page(field, 'first: 0')
  expect(nodes).toEqual([])
  expect(pageInfo).toMatchObject({ hasNextPage: true, startCursor: null, endCursor: null })
  expect(totalCount).toBeGreaterThan(6)
})

test('a page is 20 unless it is said', async () => {
  expect((await page(() => 'blocks(where: {} PAGE)', '')).nodes).toHaveLength(20)
})
