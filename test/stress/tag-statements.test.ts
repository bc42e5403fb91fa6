import { beforeAll, expect, test } from 'vitest'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { attachTags, detachTags } from '../../src/usecases/tags/attach-tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { fillLibrary, type LibrarySize } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { statementsOf } from '../support/statements.ts'
import { countTags, fillTags, tagRows, type TreeSize } from '../support/tags/tagged-library.ts'

const database = useDatabase()
// What is asked for here at once is more than a server allows unless configured.
const api = useApi(database, { maxQueryCost: 10_000_000 })
const opened: { both?: readonly [Workspace, Workspace] } = {}

async function library(size: LibrarySize, tree: TreeSize) {
  const workspace = await api.workspace()
  const { pool } = database.db
  const { workspaceId } = workspace.ctx.actor
  await fillLibrary(pool, workspaceId, size)
  await fillTags(pool, workspaceId, tree)
  for (const table of ['bookshelves', 'books', 'blocks'] as const)
    await tagRows(pool, workspaceId, table, { each: 3, tags: tree.tags })
  await pool.query('analyze')
  await countTags(pool, workspaceId)
  return workspace
}

// 2 bookshelves of 4 books of 5 blocks and 300 tags; the large one has ten times the rows.
beforeAll(async () => {
  opened.both = [
    await library({ shelves: 2, books: 4, blocks: 5, images: 0 }, { tags: 300, top: 10, below: 3 }),
    await library({ shelves: 20, books: 20, blocks: 20, images: 0 }, { tags: 3_000, top: 100, below: 3 }),
  ]
})

function both() {
  if (!opened.both) throw new Error('They are there from beforeAll on.')
  return opened.both
}

const statements = async ({ client }: Workspace, query: string) =>
  (await statementsOf(() => ask(client, query))).map(({ text }) => text)

/** The tree down to a level, with or without what tells if there is more. */
const tree = (levels: number, more: string): string =>
  levels === 0 ? `name ${more}` : `name ${more} children { nodes { ${tree(levels - 1, more)} } }`

// One more finds out who asks.
test.each([
  ['with children', tree(1, ''), 3],
  ['with children and whether there are more below', '{}', 3],
])('the tree of 100 tags %s takes at most 3 statements', async (_what, fields, most) => {
  const inner = fields === '{}' ? 'name hasChildren children { nodes { name } }' : fields
  const sent = await statements(
    both()[1],
    `{ topLevelTags: tags(where: { topLevel: true }, first: 100) { nodes { ${inner} } } }`,
  )
  expect(sent.filter((text) => text.includes('tags')).length).toBeLessThanOrEqual(most)
  expect(sent.length).toBeLessThanOrEqual(most + 1)
})

test('each further level of the tree takes one statement more, and one more to tell if there is more', async () => {
  const counts = async (more: string) => {
    const found = []
    for (const levels of [0, 1, 2, 3]) {
      const query = `{ topLevelTags: tags(where: { topLevel: true }, first: 100) { nodes { ${tree(levels, more)} } } }`
      found.push((await statements(both()[1], query)).filter((text) => text.includes('tags')).length)
    }
    return found
  }
  expect(await counts('')).toEqual([1, 2, 3, 4])
  expect(await counts('hasChildren')).toEqual([2, 4, 6, 8])
})

test('the tags of 20 bookshelves, 400 books and 8,000 blocks take one statement for each level', async () => {
  const [small, large] = both()
  const tags = 'tags { name color usageCount }'
  const query = `{ bookshelves { nodes { ${tags} books { nodes { ${tags} blocks { nodes { ${tags} } } } } } } }`
  const sent = await statements(large, query)
  expect(sent.filter((text) => text.includes('tag_associations'))).toHaveLength(3)
  expect(await statements(small, query)).toEqual(sent)
  interface Tagged {
    tags: object[]
  }
  interface Shelf extends Tagged {
    books: { nodes: (Tagged & { blocks: { nodes: Tagged[] } })[] }
  }
  const data = await ask<{ bookshelves: { nodes: Shelf[] } }>(large.client, query)
  const blocks = data.bookshelves.nodes.flatMap(({ books }) =>
    books.nodes.flatMap((book) => book.blocks.nodes),
  )
  expect(blocks).toHaveLength(8_000)
  expect(blocks.filter((block) => block.tags.length === 0)).toEqual([])
})

test.each([
  [
    'tags with their origin',
    '{ books(first: 100) { nodes { tagsWithOrigin { origin tag { name usage { books } } } } } }',
  ],
  ['the menu', '{ tagMenu { name usageCount parent { name } ancestors { name } } }'],
  ['the way up', '{ tags(first: 100) { nodes { level parent { name } ancestors { name } } } }'],
  [
    'everything of tags',
    '{ tags(first: 100) { totalCount nodes { aliases hasChildren usage { total } subtreeUsage { total } children { totalCount } trash { reason } } } }',
  ],
  [
    'what has each tag',
    `{ tags(first: 100) { nodes { entities(first: 5) { totalCount nodes { id ... on Book { title } ... on Block { content } } } } } }`,
  ],
  [
    'what has each tag or one below it, with its tags',
    `{ topLevelTags: tags(where: { topLevel: true }, first: 100) { nodes { entities(first: 5, includeDescendants: true) { totalCount edges { node { tags { name } } } } } } }`,
  ],
  [
    'what has tags of what has tags',
    '{ tagMenu { entities(first: 5, types: [BOOK]) { nodes { tags { entities(first: 2) { nodes { id } } } } } } }',
  ],
  [
    'filters',
    `{ blocks(where: { tags: { none: ["01900000-0000-7000-8000-0000000000ff"], includeDescendants: true } }) { totalCount nodes { tags { name } } } }`,
  ],
])('%s take the same number of statements however many rows there are', async (_what, query) => {
  const [small, large] = both()
  const few = await statements(small, query)
  expect(few.length).toBeLessThanOrEqual(10)
  expect((await statements(large, query)).length).toBeLessThanOrEqual(few.length)
})

test('two questions of one kind are two statements, and the same question twice is one', async () => {
  const [, large] = both()
  const count = async (text: string) => {
    const sent = await statements(large, `{ tags(first: 50) { nodes { ${text} } } }`)
    return sent.filter((one) => one.includes('tag_associations')).length
  }
  const page = 'entities(first: 2) { pageInfo { hasNextPage } }'
  expect(await count(`a: ${page} b: ${page}`)).toBe(1)
  expect(await count(`a: ${page} b: entities(first: 3) { pageInfo { hasNextPage } }`)).toBe(2)
})

/** How many statements some work sends; a transaction that was tried again is not among these. */
const counted = async (work: () => Promise<unknown>) => (await statementsOf(work)).length

test.each([
  ['attaching', attachTags],
  ['detaching', detachTags],
])('%s 100 tags and 1,000 things takes as many statements as 2 and 3', async (_what, operation) => {
  const [, { ctx }] = both()
  const { prisma } = database.db
  const where = { workspaceId: ctx.actor.workspaceId }
  const last = { where, orderBy: { id: 'desc' } } as const
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id)
  const tagIds = ids(await prisma.tag.findMany({ ...last, take: 90 }))
  const entityIds = [
    ...ids(await prisma.bookshelf.findMany({ ...last, take: 20 })),
    ...ids(await prisma.book.findMany({ ...last, take: 300 })),
    ...ids(await prisma.block.findMany({ ...last, take: 680 })),
  ]
  const few = await counted(async () =>
    succeeded(await operation(ctx, { tagIds: tagIds.slice(0, 2), entityIds: entityIds.slice(0, 3) })),
  )
  expect(await counted(async () => succeeded(await operation(ctx, { tagIds, entityIds })))).toBe(few)
  expect(few).toBeLessThanOrEqual(12)
})

test.each([
  ['TAG', 'tag'],
  ['BOOKSHELF', 'bookshelf'],
  ['BOOK', 'book'],
] as const)(
  'trashing and restoring a %s takes as many statements however much is below it',
  async (kind, table) => {
    const found = []
    for (const { ctx } of both()) {
      const where = { workspaceId: ctx.actor.workspaceId, deletionId: null }
      const model = database.db.prisma[table] as {
        findFirstOrThrow: (query: object) => Promise<{ id: string }>
      }
      const { id } = await model.findFirstOrThrow({ where, orderBy: { id: 'asc' } })
      const work = async () => {
        const { deletion } = succeeded(await trashItem(ctx, { kind, id }))
        succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
      }
      found.push(await counted(work))
    }
    expect(found[1]).toBe(found[0])
    expect(found[0]).toBeLessThanOrEqual(45)
  },
)
