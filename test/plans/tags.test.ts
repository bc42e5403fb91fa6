import { beforeAll, expect, test } from 'vitest'
import { attachTags, detachTags } from '../../src/usecases/tags/attach-tags.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { createTag, moveTag } from '../../src/usecases/tags/tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, type Plan, plansOf } from '../support/plans.ts'
import { type Statement, statementsOf } from '../support/statements.ts'
import { countTags, fillTags, tagRows } from '../support/tags/tagged-library.ts'

const database = useDatabase()
const api = useApi(database)

/** Tags of the workspace that is looked at, by what they are like. */
interface Names {
  readonly A_TOP: string
  readonly A_CHILD: string
  readonly A_LEAF: string
  readonly POPULAR: string
  readonly SELDOM: string
  readonly A_BOOK: string
  readonly A_SHELF: string
}
const opened: { workspace?: Workspace; names?: Names } = {}

// Three workspaces of 20,000 tags, 17,000 bookshelves, books and blocks and some 60,000 associations each.
beforeAll(async () => {
  const { pool, prisma } = database.db
  for (let count = 0; count < 3; count += 1) {
    opened.workspace = await api.workspace()
    const { workspaceId } = opened.workspace.ctx.actor
    await fillLibrary(pool, workspaceId, { shelves: 400, books: 7, blocks: 5, images: 0 })
    await fillTags(pool, workspaceId, { tags: 20_000, top: 500, below: 6 })
    for (const table of ['bookshelves', 'books', 'blocks'] as const)
      await tagRows(pool, workspaceId, table, { each: 4, tags: 20_000 })
    const popular = `insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
      select $1::uuid, (select id from tags where workspace_id = $1::uuid order by id limit 1), 'BLOCK', id, now()
      from (select id from blocks where workspace_id = $1::uuid limit 6000) block on conflict do nothing`
    await pool.query(popular, [workspaceId])
    await countTags(pool, workspaceId)
  }
  const where = { workspaceId: here().ctx.actor.workspaceId }
  const tags = await prisma.tag.findMany({ where, orderBy: { id: 'asc' } })
  const book = await prisma.book.findFirstOrThrow({ where })
  const id = (tag: { id: string } | undefined) => tag?.id ?? ''
  opened.names = {
    A_TOP: id(tags[20]),
    A_CHILD: id(tags[700]),
    A_LEAF: id(tags[15_000]),
    POPULAR: id(tags.find(({ blockCount }) => blockCount > 5_000)),
    SELDOM: id(tags.find(({ usageCount, bookCount }) => usageCount < 9 && bookCount > 1)),
    A_BOOK: book.id,
    A_SHELF: book.bookshelfId,
  }
  await pool.query('vacuum analyze')
}, 120_000)

function here() {
  if (!opened.workspace) throw new Error('It is there from beforeAll on.')
  return opened.workspace
}
const named = (text: string) =>
  Object.entries<string>({ ...opened.names }).reduce(
    (before, [name, id]) => before.replaceAll(name, id),
    text,
  )

const own = ['tags', 'tag_associations', 'books', 'blocks']

/** Whole tables that are read, and sorts of more than a page or two. */
const isBad = (node: Plan) =>
  (node['Node Type'] === 'Seq Scan' && own.includes(node['Relation Name'] ?? '')) ||
  (node['Node Type'] === 'Sort' && node['Plan Rows'] > 2_000)

/** What is bad in the plans of some statements, for their values and for any. */
async function badIn(statements: readonly Statement[]) {
  const client = await database.db.pool.connect()
  try {
    const bad: string[] = []
    for (const statement of statements) {
      const plans = await plansOf(client, statement)
      for (const node of plans.flatMap(nodes).filter(isBad))
        bad.push(`${node['Node Type']} of ${node['Plan Rows']} rows: ${statement.text}`)
    }
    return bad
  } finally {
    client.release(true)
  }
}

async function reads(query: string) {
  const sent = await statementsOf(() => ask(here().client, named(query)))
  expect(sent.length).toBeGreaterThan(0)
  return sent.filter(({ text }) => /^\s*(select|with)/i.test(text))
}

const page = 'nodes { id } pageInfo { endCursor }'
const orders = ['NAME', 'USAGE_COUNT', 'CREATED_AT', 'UPDATED_AT'].flatMap((field) =>
  ['ASC', 'DESC'].map((way) => `tags(PAGE orderBy: { field: ${field}, direction: ${way} })`),
)

test.each([
  ...orders,
  'tags(where: { topLevel: true }, PAGE)',
  'tags(PAGE where: { parentId: "A_TOP" })',
  'tags(PAGE where: { parentId: "A_TOP" } orderBy: { field: USAGE_COUNT })',
])('%s: the first page and those after it are read in order', async (list) => {
  const args = (text: string) => `{ list: ${list.replace('PAGE', text)} { ${page} } }`
  const data = await ask<{ list: { pageInfo: { endCursor: string } } }>(
    here().client,
    named(args('first: 3')),
  )
  const cursor = data.list.pageInfo.endCursor
  for (const text of [
    'first: 100',
    'last: 100',
    `first: 20 after: "${cursor}"`,
    `last: 20 before: "${cursor}"`,
  ])
    expect(await badIn(await reads(args(text)))).toEqual([])
})

test.each([
  ['the menu', '{ tagMenu { id } }'],
  [
    'the tree',
    '{ topLevelTags: tags(where: { topLevel: true }, first: 100) { nodes { hasChildren children { nodes { hasChildren children { nodes { id } } } } } } }',
  ],
  [
    'the counts of the tree',
    '{ topLevelTags: tags(where: { topLevel: true }) { nodes { children { totalCount } } } tags(where: { parentId: "A_TOP" }) { totalCount } }',
  ],
  ['tags by name', '{ tags(where: { name: "Tag 777" }) { nodes { id } totalCount } }'],
  [
    'tags that were changed',
    '{ tags(where: { updatedSince: "2090-01-01T00:00:00Z" } orderBy: { field: UPDATED_AT }) { nodes { id } } }',
  ],
  [
    'the way up',
    '{ tag(id: "A_LEAF") { parent { id } ancestors { id } aliases } node(id: "A_LEAF") { id } }',
  ],
  [
    'tags of bookshelves, books and blocks',
    '{ bookshelves { nodes { tags { name } books { nodes { tags { name } tagsWithOrigin { origin } blocks(first: 5) { nodes { tags { name usageCount } } } } } } } }',
  ],
  ['what has a tag', '{ tag(id: "POPULAR") { entities(first: 50) { nodes { id } totalCount } } }'],
  [
    'what has a tag, of one type',
    '{ tag(id: "SELDOM") { entities(first: 50, types: [BOOK]) { nodes { id } totalCount } } }',
  ],
  [
    'what has a tag or one below it',
    '{ tag(id: "A_TOP") { entities(first: 50, includeDescendants: true) { nodes { id } totalCount } } }',
  ],
  ['what has each of many tags', '{ tags(first: 100) { nodes { entities(first: 5) { nodes { id } } } } }'],
  [
    'what has each of many tags or one below',
    '{ tags(first: 100) { nodes { entities(last: 5, includeDescendants: true) { nodes { id } totalCount } } } }',
  ],
  [
    'the usage of subtrees',
    '{ topLevelTags: tags(where: { topLevel: true }, first: 100) { nodes { subtreeUsage { total } } } tag(id: "A_CHILD") { subtreeUsage { total } } }',
  ],
])('%s is read by indexes', async (_what, query) => {
  expect(await badIn(await reads(query))).toEqual([])
})

test('the top of the tree is read from the index of the children, not among all tags by name', async () => {
  interface Top {
    topLevelTags: { pageInfo: { endCursor: string } }
  }
  const top = (args: string) => `{ topLevelTags: tags(where: { topLevel: true }, ${args}) { ${page} } }`
  const data = await ask<Top>(here().client, top('first: 3'))
  const cursor = data.topLevelTags.pageInfo.endCursor
  const client = await database.db.pool.connect()
  try {
    for (const args of ['first: 30', `first: 30 after: "${cursor}"`, `last: 30 before: "${cursor}"`]) {
      const sent = await reads(top(args))
      for (const statement of sent.filter(({ text }) => text.includes('from tags'))) {
        const used = (await plansOf(client, statement))
          .flatMap(nodes)
          .flatMap((node) => node['Index Name'] ?? [])
        expect(used).toHaveLength(2)
        for (const index of used)
          expect(['tags_sibling_name_key', 'tags_workspace_id_parent_id_idx']).toContain(index)
      }
    }
  } finally {
    client.release(true)
  }
})

const filters = [
  'any: ["SELDOM"]',
  'any: ["POPULAR"]',
  'all: ["SELDOM", "POPULAR"]',
  'none: ["SELDOM"]',
  'none: ["SELDOM"], any: ["POPULAR"]',
  'any: []',
]
const tagged = filters.flatMap((filter) =>
  [false, true].map((below) => `tags: { ${filter}, includeDescendants: ${below} }`),
)

test.each(
  tagged.flatMap((filter) => [
    `bookshelves(PAGE where: { ${filter} })`,
    `books(PAGE where: { ${filter} })`,
    `books(PAGE where: { ${filter}, bookshelfId: "A_SHELF" } orderBy: { field: POSITION })`,
    `blocks(PAGE where: { ${filter} })`,
    `blocks(PAGE where: { ${filter}, kinds: [QUOTE] } orderBy: { field: UPDATED_AT, direction: DESC })`,
  ]),
)('%s: a page is read and what is in it is counted by indexes', async (list) => {
  const field = (text: string) => `{ list: ${list.replace('PAGE', text)} { ${page} } }`
  expect(await badIn(await reads(field('first: 20')))).toEqual([])
  expect(await badIn(await reads(field('last: 100')))).toEqual([])
})

test('what changes the tree and the associations is read and written by indexes', async () => {
  const { ctx } = here()
  const {
    A_TOP = '',
    A_CHILD = '',
    A_LEAF = '',
    POPULAR = '',
    SELDOM = '',
    A_BOOK = '',
    A_SHELF = '',
  } = opened.names ?? {}
  const sent = await statementsOf(async () => {
    succeeded(await createTag(ctx, { name: 'New' }))
    succeeded(await createTag(ctx, { name: 'New', parentId: A_LEAF }))
    succeeded(await moveTag(ctx, { tagId: A_CHILD, parentId: A_LEAF }))
    succeeded(await moveTag(ctx, { tagId: A_CHILD, topLevel: true }))
    const tagging = { tagIds: [A_TOP, SELDOM], entityIds: [A_BOOK, A_SHELF] }
    succeeded(await attachTags(ctx, tagging))
    succeeded(await detachTags(ctx, tagging))
    const merged = succeeded(await mergeTags(ctx, { sourceTagId: SELDOM, targetTagId: POPULAR }))
    const trashed = [
      merged,
      succeeded(await trashItem(ctx, { kind: 'TAG', id: A_TOP })),
      succeeded(await trashItem(ctx, { kind: 'BOOK', id: A_BOOK })),
      succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: A_SHELF })),
    ]
    for (const { deletion } of trashed.reverse())
      succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  })
  const known = new Map(sent.map((statement) => [statement.text, statement]))
  const own = [...known.values()].filter(
    ({ text }) => /^\s*(select|with|update|delete)/i.test(text) && /tag/.test(text),
  )
  expect(own.length).toBeGreaterThan(20)
  expect(await badIn(own)).toEqual([])
})
