import { isInputObjectType } from 'graphql'
import { beforeAll, expect, test } from 'vitest'
import { foldActivity } from '../../src/usecases/upkeep/fold-activity.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import {
  buildBlock,
  buildBook,
  buildCheckpoint,
  buildMarker,
  buildPicture,
  buildShelf,
  buildTag,
  coverOf,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { currentSchema } from '../support/schema.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)

async function buildLibrary() {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const [space, sea] = [
    await buildShelf(ctx, { name: 'Space', description: 'Rockets and planets' }),
    await buildShelf(ctx, { name: 'Sea' }),
  ]
  const books: Record<string, string> = {}
  const make = async (title: string, status: 'DRAFT' | 'DONE', bookshelfId: string, summary?: string) => {
    ctx.clock.ms += 60_000
    books[title] = (await buildBook(ctx, { title, status, bookshelfId, summary })).id
  }
  await make('Moon', 'DRAFT', space.id, 'A café on a crater')
  await make('Mars', 'DONE', space.id)
  await make('天文 Astronomy', 'DRAFT', space.id)
  await make('Reef', 'DONE', sea.id, 'Café of corals')
  const bookId = books['Moon'] ?? ''
  const heading = await buildBlock(ctx, { bookId, kind: 'HEADING', content: 'Dust' })
  await buildBlock(ctx, { bookId, kind: 'TEXT', content: 'Grey dust everywhere' })
  await buildBlock(ctx, { bookId, kind: 'TEXT', content: 'Nothing else' })
  const landing = await buildCheckpoint(ctx, { bookId, title: 'Landing', description: 'In the dust' })
  await buildCheckpoint(ctx, { bookId, title: 'Return' })
  await buildMarker(ctx, { checkpointId: landing.id, title: 'Flag' })
  await buildMarker(ctx, { checkpointId: landing.id, title: 'Footprint' })
  const top = await buildTag(ctx, { name: 'Planets' })
  await buildTag(ctx, { name: 'Gas giants', parentId: top.id, description: 'Jupiter' })
  await buildTag(ctx, { name: 'Rocky', parentId: top.id })
  succeeded(await attachTags(ctx, { tagIds: [top.id], entityIds: [books['Mars'] ?? ''] }))
  ctx.clock.ms += 60_000
  await buildPicture(ctx, coverOf('BOOK', bookId))
  return { ...workspace, space, sea, books, heading, top, bookId }
}

type Library = Awaited<ReturnType<typeof buildLibrary>>
const opened: { library?: Library } = {}
beforeAll(async () => {
  opened.library = await buildLibrary()
})

function here() {
  if (!opened.library) throw new Error('It is there from beforeAll on.')
  return opened.library
}

interface Named {
  list: { nodes: { name: string }[]; totalCount: number }
}

/** The names of a list at the top, whose total is their number. */
async function names(list: string, name: string, args: string, { client }: Workspace = here()) {
  const { list: found } = await ask<Named>(
    client,
    `{ list: ${list}(${args}) { totalCount nodes { name: ${name} } } }`,
  )
  expect(found.totalCount).toBe(found.nodes.length)
  return found.nodes.map((node) => node.name)
}

const titles = (where: string) =>
  names('books', 'title', `where: { ${where} } orderBy: { field: CREATED_AT }`)

test.each([
  ['text: "cafe"', ['Moon', 'Reef']],
  ['text: "CAFÉ cor"', ['Reef']],
  ['text: "文"', ['天文 Astronomy']],
  ['text: "nowhere"', []],
  ['any: [{ text: "coral" }, { statuses: [DONE] }]', ['Mars', 'Reef']],
  ['any: []', []],
  ['all: []', ['Moon', 'Mars', '天文 Astronomy', 'Reef']],
  ['not: {}', []],
  ['all: [{ text: "cafe" }, { not: { statuses: [DONE] } }]', ['Moon']],
  ['not: { text: "cafe" }, statuses: [DRAFT]', ['天文 Astronomy']],
  ['hasCover: true', ['Moon']],
  ['hasCover: false, statuses: [DRAFT]', ['天文 Astronomy']],
  [
    'any: [{ hasCover: true }, { not: { any: [{ statuses: [DRAFT] }, { text: "reef" }] } }]',
    ['Moon', 'Mars'],
  ],
])('books where %s', async (where, expected) => {
  expect(await titles(where)).toEqual(expected)
})

test('tags can stand in groups', async () => {
  const { top } = here()
  expect(await titles(`any: [{ tags: { any: ["${top.id}"] } }, { text: "reef" }]`)).toEqual(['Mars', 'Reef'])
  expect(await titles(`not: { tags: { any: ["${top.id}"] } }, statuses: [DONE]`)).toEqual(['Reef'])
})

test('the times of creation and change are ranges with their start and without their end', async () => {
  const { prisma } = database.db
  const { books } = here()
  const { createdAt } = await prisma.book.findFirstOrThrow({ where: { id: books['Mars'] ?? '' } })
  const at = createdAt.toISOString()
  for (const time of ['created', 'updated']) {
    expect(await titles(`${time}Since: "${at}"`)).toEqual(['Mars', '天文 Astronomy', 'Reef'])
    expect(await titles(`${time}Before: "${at}"`)).toEqual(['Moon'])
  }
})

test('a range of activity sees what is pending, and what is added up', async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const quiet = await buildBook(ctx, { title: 'Quiet' })
  const busy = await buildBook(ctx, { title: 'Busy', bookshelfId: quiet.bookshelfId })
  await foldActivity(ctx)
  ctx.clock.ms += 60_000
  const at = ctx.now().toISOString()
  await buildBlock(ctx, { bookId: busy.id })
  const both = async () => [
    await names('books', 'title', `where: { lastActivitySince: "${at}" }`, workspace),
    await names('books', 'title', `where: { lastActivityBefore: "${at}" }`, workspace),
    await names('bookshelves', 'id', `where: { lastActivitySince: "${at}" }`, workspace),
  ]
  const expected = [['Busy'], ['Quiet'], [quiet.bookshelfId]]
  expect(await both()).toEqual(expected)
  await foldActivity(ctx)
  expect(await both()).toEqual(expected)
})

test('the text of every list is found', async () => {
  expect(await names('bookshelves', 'name', 'where: { text: "planet" }')).toEqual(['Space'])
  expect(await names('blocks', 'content', 'where: { text: "dust" }')).toEqual([
    'Dust',
    'Grey dust everywhere',
  ])
  expect(await names('checkpoints', 'title', 'where: { text: "dust" }')).toEqual(['Landing'])
  expect(await names('tags', 'name', 'where: { text: "jupiter" }')).toEqual(['Gas giants'])
  expect(await names('tags', 'name', 'where: { not: { topLevel: true } }')).toEqual(['Gas giants', 'Rocky'])
  // A tag without a parent is not below this one either.
  expect(await names('tags', 'name', `where: { not: { parentId: "${here().top.id}" } }`)).toEqual(['Planets'])
  expect(await names('tags', 'name', 'where: { not: { name: "planets" } }')).toEqual(['Gas giants', 'Rocky'])
})

test('nested lists take the filters and orders of those at the top', async () => {
  const { client, space, bookId, top } = here()
  const list = (where: string) => `(${where}) { totalCount nodes { title } }`
  interface Nested {
    bookshelf: Record<string, { totalCount: number; nodes: { title: string }[] }>
  }
  const { bookshelf } = await ask<Nested>(
    client,
    `{ bookshelf(id: "${space.id}") {
      drafts: books${list('where: { statuses: [DRAFT] }')}
      byTitle: books${list('orderBy: { field: TITLE, direction: DESC }')}
      active: books${list('orderBy: { field: LAST_ACTIVITY_AT, direction: DESC }, first: 1')}
      few: books${list('where: { text: "cafe", not: { statuses: [DONE] } }, orderBy: { field: UPDATED_AT }')}
    } }`,
  )
  const found = Object.fromEntries(
    Object.entries(bookshelf).map(([name, { nodes, totalCount }]) => [
      name,
      [totalCount, nodes.map(({ title }) => title)],
    ]),
  )
  expect(found).toEqual({
    drafts: [2, ['Moon', '天文 Astronomy']],
    byTitle: [3, ['天文 Astronomy', 'Moon', 'Mars']],
    active: [3, ['Moon']],
    few: [1, ['Moon']],
  })
  const others = await ask<unknown>(
    client,
    `{ book(id: "${bookId}") {
        blocks(where: { kinds: [TEXT], text: "dust" }) { nodes { content } }
        checkpoints(where: { text: "landing" }) { nodes {
          markers(where: { text: "foot" }) { nodes { title } }
          newest: markers(orderBy: { field: CREATED_AT, direction: DESC }) { nodes { title } } } } }
      tag(id: "${top.id}") { children(where: { text: "rocky" }) { nodes { name } } } }`,
  )
  expect(others).toEqual({
    book: {
      blocks: { nodes: [{ content: 'Grey dust everywhere' }] },
      checkpoints: {
        nodes: [
          {
            markers: { nodes: [{ title: 'Footprint' }] },
            newest: { nodes: [{ title: 'Footprint' }, { title: 'Flag' }] },
          },
        ],
      },
    },
    tag: { children: { nodes: [{ name: 'Rocky' }] } },
  })
})

test('nested pages in any order go on where the last one ended', async () => {
  const { client, space } = here()
  const page = (args: string) =>
    ask<{ bookshelf: { books: { nodes: { title: string }[]; pageInfo: { endCursor: string } } } }>(
      client,
      `{ bookshelf(id: "${space.id}") { books(${args}) { nodes { title } pageInfo { endCursor } } } }`,
    )
  for (const field of ['POSITION', 'TITLE', 'CREATED_AT', 'UPDATED_AT', 'LAST_ACTIVITY_AT']) {
    const order = `orderBy: { field: ${field}, direction: DESC }`
    const whole = await page(order)
    const first = await page(`${order} first: 1`)
    const rest = await page(`${order} after: "${first.bookshelf.books.pageInfo.endCursor}"`)
    expect([...first.bookshelf.books.nodes, ...rest.bookshelf.books.nodes]).toEqual(
      whole.bookshelf.books.nodes,
    )
  }
})

test('books are counted by status and blocks by kind, as far as the filter finds them', async () => {
  const { client, ctx, space, bookId } = here()
  const gone = await buildBook(ctx, { bookshelfId: space.id })
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: gone.id }))
  const counts = 'statusCounts { bookStatus count }'
  const of = (...numbers: number[]) =>
    ['DRAFT', 'IN_PROGRESS', 'DONE', 'ARCHIVED'].map((bookStatus, index) => ({
      bookStatus,
      count: numbers[index],
    }))
  const data = await ask<Record<string, { books: unknown }>>(
    client,
    `{ all: books { ${counts} } cafes: books(where: { text: "cafe" }) { ${counts} }
      bookshelf(id: "${space.id}") { books { ${counts} } }
      book(id: "${bookId}") { blocks(where: { text: "dust" }) { kindCounts { blockKind count } } } }`,
  )
  expect(data).toMatchObject({
    all: { statusCounts: of(2, 0, 2, 0) },
    cafes: { statusCounts: of(1, 0, 1, 0) },
    bookshelf: { books: { statusCounts: of(2, 0, 1, 0) } },
  })
  const { kindCounts } = data['book']?.['blocks' as never] as unknown as { kindCounts: { count: number }[] }
  expect(kindCounts.map(({ count }) => count)).toEqual([1, 1, 0, 0, 0, 0, 0, 0])
})

test('a filtered level takes as many statements for ten parents as for one', async () => {
  const { client, ctx } = await api.workspace()
  const nested = `{ bookshelves(first: 20) { nodes {
    books(where: { text: "book", hasCover: false, any: [{ statuses: [DRAFT] }, { text: "x1" }] },
      orderBy: { field: LAST_ACTIVITY_AT }) {
      totalCount statusCounts { count } nodes { title lastActivityAt
        blocks(where: { text: "block" }) { totalCount kindCounts { count } nodes { content } } } } } } }`
  const sent = async () => (await statementsOf(() => ask(client, nested))).length
  await buildBlock(ctx, { bookId: (await buildBook(ctx)).id })
  const one = await sent()
  for (let count = 0; count < 10; count += 1) await buildBlock(ctx, { bookId: (await buildBook(ctx)).id })
  expect(await sent()).toBe(one)
})

test.each([
  [`{ books(where: { text: "…" }) { nodes { id } } }`, /text: Give at least one word/],
  [`{ books(where: { not: { text: "" } }) { nodes { id } } }`, /text: Give at least one word/],
  [`{ bookshelves { nodes { books(where: { text: "." }) { nodes { id } } } } }`, /text: Give at least one/],
  [
    `{ books(where: { any: [${'{ hasCover: true }, '.repeat(51)}] }) { nodes { id } } }`,
    /at most 50 conditions; you gave 51/,
  ],
  [`{ books(where: { any: [${'{}, '.repeat(51)}] }) { nodes { id } } }`, /at most 50 conditions/],
  [
    `{ books(where: ${'{ not: '.repeat(5)} {} ${'}'.repeat(5)}) { nodes { id } } }`,
    /up to a depth of 4; yours has 5/,
  ],
])('%s is refused', async (query, message) => {
  const { errors } = await here().client.send(query)
  expect(errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  expect(errors[0]?.message).toMatch(message)
})

const samples: Record<string, string> = {
  ID: `"${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}"`,
  String: '"word"',
  Boolean: 'true',
  DateTime: '"2026-01-01T00:00:00Z"',
  TagFilter: '{ none: [] }',
}

test('every condition of every filter can stand alone, in a group, and in another workspace finds nothing of this one', async () => {
  const other = await api.workspace()
  const schema = currentSchema()
  const lists = {
    bookshelves: 'Bookshelf',
    books: 'Book',
    blocks: 'Block',
    checkpoints: 'Checkpoint',
    tags: 'Tag',
  }
  for (const [list, type] of Object.entries(lists)) {
    const where = schema.getType(`${type}Where`)
    if (!isInputObjectType(where)) throw new Error(`There is no ${type}Where.`)
    for (const { name, type: of } of Object.values(where.getFields())) {
      const sample = samples[String(of)] ?? (String(of).startsWith('[') ? '[]' : '{}')
      const query = `{ one: ${list}(where: { ${name}: ${sample} }) { totalCount nodes { id } }
        none: ${list}(where: { not: { ${name}: ${sample} } }) { totalCount nodes { id } } }`
      expect(await ask(other.client, query)).toMatchObject({ one: { nodes: [] }, none: { totalCount: 0 } })
    }
  }
})
