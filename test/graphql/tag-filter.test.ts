import { beforeAll, expect, test } from 'vitest'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBook, buildShelf, buildTag, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { statementsOf } from '../support/statements.ts'
import {
  countTags,
  fillTaggedLibrary,
  hasKnownTag,
  type KnownLibrary,
  type KnownRow,
  seeded,
  type TaggedTable,
} from '../support/tags/tagged-library.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; known?: KnownLibrary; theirs?: string } = {}
const tables = ['bookshelves', 'books', 'blocks'] as const

beforeAll(async () => {
  const [workspace, other] = [await api.workspace(), await api.workspace()]
  const known = await fillTaggedLibrary(workspace.ctx)
  Object.assign(opened, { workspace, known, theirs: (await buildTag(other.ctx)).id })
})

function here() {
  const { workspace, known, theirs } = opened
  if (!workspace || !known || !theirs) throw new Error('It is there from beforeAll on.')
  return { ...workspace, known, theirs }
}

interface Filter {
  any?: string[] | null
  all?: string[] | null
  none?: string[] | null
  includeDescendants?: boolean
}

const capital = { bookshelves: 'Bookshelf', books: 'Book', blocks: 'Block' }
interface Page {
  list: { nodes: { id: string }[]; totalCount: number; pageInfo: { endCursor: string; hasNextPage: boolean } }
}

/** All pages of a list. */
async function listed(
  table: TaggedTable,
  where: object,
  { size = 100, orderBy = { field: 'CREATED_AT', direction: 'ASC' } } = {},
) {
  const name = capital[table]
  const query = `query ($where: ${name}Where, $orderBy: ${name}Order, $first: Int, $after: String) {
    list: ${table}(where: $where, orderBy: $orderBy, first: $first, after: $after) {
      nodes { id } totalCount pageInfo { endCursor hasNextPage } } }`
  const ids: string[] = []
  for (let after: string | null = null; ;) {
    const { list }: Page = await ask<Page>(here().client, query, { where, orderBy, first: size, after })
    ids.push(...list.nodes.map(({ id }) => id))
    if (!list.pageInfo.hasNextPage) return { ids, totalCount: list.totalCount }
    after = list.pageInfo.endCursor
  }
}

/** What of the rows meets a filter, row by row. */
function meets(row: KnownRow, { any, all, none, includeDescendants = false }: Filter) {
  const has = (id: string) => hasKnownTag(here().known, row, id, includeDescendants)
  return (!any || any.some(has)) && (!all || all.every(has)) && !none?.some(has)
}

const expected = (table: TaggedTable, filter: Filter) =>
  here().known.rows.filter((row) => row.table === table && meets(row, filter))

/** A filter made of ids that are used often or seldom, in the trash, of another workspace or no ids at all. */
function randomFilter(random: () => number): Filter {
  const { known, theirs } = here()
  const pick = () => {
    const kind = random()
    if (kind < 0.05) return theirs
    if (kind < 0.08) return '01900000-0000-7000-8000-0000000000ff'
    if (kind < 0.1) return 'a\0b'
    return known.tags[Math.floor(random() ** 2 * known.tags.length)]?.id ?? ''
  }
  const list = (most: number) => Array.from({ length: Math.floor(random() * most) }, pick)
  const filter: Filter = { includeDescendants: random() < 0.5 }
  if (random() < 0.6) filter.any = list(5)
  if (random() < 0.4) filter.all = list(3)
  if (random() < 0.4) filter.none = list(4)
  return filter
}

const filters = Array.from({ length: 60 }, (_, index) => index)

test.each(tables)(
  '%s: random filters give what goes through them row by row',
  async (table) => {
    const random = seeded(tables.indexOf(table) + 1)
    let most = 0
    for (const number of filters) {
      const filter = randomFilter(random)
      const ids = expected(table, filter).map(({ id }) => id)
      const found = await listed(table, { tags: filter }, { size: 9 + ((number * 37) % 92) })
      expect({ filter, ...found }).toEqual({ filter, ids, totalCount: ids.length })
      most = Math.max(most, ids.length)
    }
    expect(most).toBeGreaterThan(5)
  },
  120_000,
)

/** Without white space, which means nothing in SQL. */
const isAmong = 'any(array(selectassociation.entity_id'

test.each(tables)(
  '%s: tags that many have are looked for row by row, with the same result',
  async (table) => {
    const { ctx } = here()
    const { pool } = database.db
    const tag = here().known.tags[0]?.id ?? ''
    const texts = async () => {
      const sent = await statementsOf(() => listed(table, { tags: { any: [tag] } }))
      return sent.map(({ text }) => text.replace(/\s+/g, '')).join(';')
    }
    expect(await texts()).toContain(isAmong)
    // As if there were many: how many have a tag decides how they are looked for.
    const many = 'bookshelf_count = 5001, book_count = 5001, block_count = 5001, usage_count = 15003'
    await pool.query(`update tags set ${many} where workspace_id = $1`, [ctx.actor.workspaceId])
    try {
      expect(await texts()).not.toContain(isAmong)
      const random = seeded(tables.indexOf(table) + 100)
      for (const number of filters.slice(30)) {
        const filter = randomFilter(random)
        const ids = expected(table, filter).map(({ id }) => id)
        const found = await listed(table, { tags: filter }, { size: 9 + ((number * 37) % 92) })
        expect({ filter, ...found }).toEqual({ filter, ids, totalCount: ids.length })
      }
    } finally {
      await countTags(pool, ctx.actor.workspaceId)
    }
  },
)

const sortKey = { TITLE: 'title', UPDATED_AT: 'updated_at', POSITION: 'position', CREATED_AT: 'id' } as const

test.each(
  Object.keys(sortKey).flatMap((field) => ['ASC', 'DESC'].map((direction) => ({ field, direction }))),
)('a filter by tags keeps to the other conditions and the order: books by %j', async (orderBy) => {
  const { known } = here()
  const [tag, other] = known.tags.filter(({ live }) => live)
  const shelf = known.rows.find(({ table }) => table === 'bookshelves')
  const filter = { any: [tag?.id ?? '', other?.id ?? ''], includeDescendants: true }
  const byHand = orderBy.field === 'POSITION'
  const where = byHand
    ? { bookshelfId: shelf?.id }
    : { statuses: ['DRAFT', 'DONE'], updatedSince: '2000-01-01T00:00:00Z' }
  const rows = expected('books', filter).filter(({ row }) =>
    byHand ? row['bookshelf_id'] === shelf?.id : row['status'] === 'DRAFT' || row['status'] === 'DONE',
  )
  const key = ({ row, id }: KnownRow) =>
    `${String(row[sortKey[orderBy.field as keyof typeof sortKey]]).toLowerCase()} ${id}`
  rows.sort((one, two) => (key(one) < key(two) ? -1 : 1) * (orderBy.direction === 'ASC' ? 1 : -1))
  expect(rows.length).toBeGreaterThan(1)
  const ids = rows.map(({ id }) => id)
  expect(await listed('books', { ...where, tags: filter }, { size: 3, orderBy })).toEqual({
    ids,
    totalCount: ids.length,
  })
})

test.each([
  [{}, true],
  [{ any: null, all: null, none: null }, true],
  [{ all: [] }, true],
  [{ none: [] }, true],
  [{ any: [] }, false],
  [{ any: [], none: [] }, false],
  [{ any: ['nonsense'] }, false],
  [{ all: ['nonsense'] }, false],
  [{ none: ['nonsense', ''] }, true],
])('the filter %j lets all through, or none', async (tags, all) => {
  for (const table of tables) {
    const rows = here().known.rows.filter((row) => all && row.table === table)
    expect((await listed(table, { tags })).totalCount).toBe(rows.length)
  }
})

test.each(['any', 'all', 'none'])('%s takes 100 ids, and no more', async (field) => {
  const { client, known } = here()
  const ids = Array.from({ length: 101 }, (_, index) => known.tags[index % 40]?.id ?? '')
  for (const table of tables) {
    const query = `query ($ids: [ID!]) { ${table}(where: { tags: { ${field}: $ids } }) { totalCount } }`
    const { status, errors } = await client.send(query, { ids })
    expect({ status, code: errors[0]?.extensions?.code }).toEqual({ status: 400, code: 'BAD_USER_INPUT' })
    expect(errors[0]?.message).toContain(`tags.${field}`)
    expect((await client.send(query, { ids: ids.slice(1) })).errors).toEqual([])
    for (const bad of [[null], 'x', [{}], [1.5]]) {
      const answer = await client.send(query, { ids: bad })
      expect([200, 400]).toContain(answer.status)
      expect(answer.errors.map(({ extensions }) => extensions?.code)).not.toContain('INTERNAL_SERVER_ERROR')
    }
  }
})

test('the tags of a bookshelf, its books and their blocks are independent', async () => {
  const { ctx, client } = await api.workspace()
  const [shelf, tag] = [await buildShelf(ctx), await buildTag(ctx, { name: 'Of the shelf' })]
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  succeeded(await attachTags(ctx, { tagIds: [tag.id], entityIds: [shelf.id] }))
  const where = `(where: { tags: { any: ["${tag.id}"] } })`
  const read = `{ bookshelves${where} { totalCount nodes { tags { name } books { nodes { tags { name } } } } }
    books${where} { totalCount } book(id: "${book.id}") { tags { name } tagsWithOrigin { tag { name } origin } } }`
  const ofShelf = { name: 'Of the shelf' }
  const inherited = { origin: 'BOOKSHELF', tag: ofShelf }
  expect(await ask(client, read)).toEqual({
    bookshelves: { totalCount: 1, nodes: [{ tags: [ofShelf], books: { nodes: [{ tags: [] }] } }] },
    books: { totalCount: 0 },
    book: { tags: [], tagsWithOrigin: [inherited] },
  })

  const [own, first] = [await buildTag(ctx, { name: 'Own' }), await buildTag(ctx, { name: 'A' })]
  succeeded(await attachTags(ctx, { tagIds: [own.id, tag.id, first.id], entityIds: [book.id] }))
  const tagged = await ask<{ book: object }>(client, read)
  expect(tagged.book).toEqual({
    tags: [{ name: 'A' }, ofShelf, { name: 'Own' }],
    tagsWithOrigin: [
      { origin: 'BOOK', tag: { name: 'A' } },
      { origin: 'BOOK', tag: ofShelf },
      { origin: 'BOOK', tag: { name: 'Own' } },
      inherited,
    ],
  })
})
