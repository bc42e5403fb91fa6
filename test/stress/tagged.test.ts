import { beforeAll, expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import {
  fillTaggedLibrary,
  hasKnownTag,
  type KnownLibrary,
  type KnownTag,
} from '../support/tags/tagged-library.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; known?: KnownLibrary } = {}

beforeAll(async () => {
  const workspace = await api.workspace()
  Object.assign(opened, { workspace, known: await fillTaggedLibrary(workspace.ctx) })
})

function here() {
  const { workspace, known } = opened
  if (!workspace || !known) throw new Error('It is there from beforeAll on.')
  return { ...workspace, known, tags: known.tags.filter(({ live }) => live) }
}

const typeOf = { bookshelves: 'BOOKSHELF', books: 'BOOK', blocks: 'BLOCK' }
const nameOf = { bookshelves: 'Bookshelf', books: 'Book', blocks: 'Block' }

/** What has a tag, newest first, as it must be given. */
const expected = ({ id }: KnownTag, types: readonly string[], below: boolean) =>
  here()
    .known.rows.filter(
      (row) => types.includes(typeOf[row.table]) && hasKnownTag(here().known, row, id, below),
    )
    .map(({ id: rowId, table }) => ({ __typename: nameOf[table], id: rowId }))
    .sort((one, other) => (one.id < other.id ? 1 : -1))

interface Connection {
  nodes: object[]
  edges: { cursor: string; node: object }[]
  totalCount: number
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
}
const connection = `{ nodes { __typename id } edges { cursor node { __typename id } } totalCount
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`

async function entities(tag: KnownTag, args: string) {
  const text = `{ tag(id: "${tag.id}") { entities(${args}) ${connection} } }`
  return (await ask<{ tag: { entities: Connection } }>(here().client, text)).tag.entities
}

const all = ['BOOKSHELF', 'BOOK', 'BLOCK']
const scopes = [all, ['BOOKSHELF'], ['BOOK'], ['BLOCK'], ['BLOCK', 'BOOKSHELF'], []].flatMap((types) =>
  [false, true].map((below) => ({ types, below })),
)

test.each(scopes)(
  'what has a tag is all that has it, page by page both ways: %j',
  async ({ types, below }) => {
    const scope = `types: [${types.join()}] includeDescendants: ${below}`
    for (const tag of here().tags.slice(0, 8)) {
      const rows = expected(tag, types, below)
      const [forward, backward]: object[][] = [[], []]
      for (let after = ''; ;) {
        const { nodes, edges, pageInfo, totalCount } = await entities(tag, `first: 9 ${scope} ${after}`)
        expect(totalCount).toBe(rows.length)
        expect(edges.map(({ node }) => node)).toEqual(nodes)
        expect(pageInfo).toMatchObject({
          hasPreviousPage: after !== '',
          startCursor: edges.at(0)?.cursor ?? null,
          endCursor: edges.at(-1)?.cursor ?? null,
        })
        forward?.push(...nodes)
        if (!pageInfo.hasNextPage) break
        after = `after: "${pageInfo.endCursor}"`
      }
      for (let before = ''; ;) {
        const { nodes, pageInfo } = await entities(tag, `last: 7 ${scope} ${before}`)
        expect(pageInfo.hasNextPage).toBe(before !== '')
        backward?.unshift(...nodes)
        if (!pageInfo.hasPreviousPage) break
        before = `before: "${pageInfo.startCursor}"`
      }
      expect(forward).toEqual(rows)
      expect(backward).toEqual(rows)
    }
  },
)

test('what lies between two cursors is between them, and a page is 20 unless it is said', async () => {
  const [tag] = here().tags
  if (!tag) throw new Error('There are tags.')
  const { edges } = await entities(tag, 'includeDescendants: true')
  expect(edges).toHaveLength(20)
  const bounds = `includeDescendants: true after: "${edges[1]?.cursor}" before: "${edges[6]?.cursor}"`
  const between = edges.slice(2, 6).map(({ node }) => node)
  expect((await entities(tag, `first: 10 ${bounds}`)).nodes).toEqual(between)
  expect((await entities(tag, `last: 3 ${bounds}`)).nodes).toEqual(between.slice(1))
  const { nodes, pageInfo } = await entities(tag, 'first: 0')
  expect({ nodes, ...pageInfo }).toMatchObject({ nodes: [], hasNextPage: true, startCursor: null })
})

test('many tags of a list show what has them, each its own page', async () => {
  const text = `{ tags(first: 100) { nodes { id
    own: entities(first: 3) ${connection} below: entities(first: 4, includeDescendants: true) ${connection}
    books: entities(last: 2, types: [BOOK]) ${connection} } } }`
  interface Shown {
    id: string
    own: Connection
    below: Connection
    books: Connection
  }
  const { tags } = await ask<{ tags: { nodes: Shown[] } }>(here().client, text)
  expect(tags.nodes).toHaveLength(here().tags.length)
  for (const shown of tags.nodes) {
    const tag = here().tags.find(({ id }) => id === shown.id)
    if (!tag) throw new Error('A tag that is not live was listed.')
    const [own, below] = [expected(tag, all, false), expected(tag, all, true)]
    expect({ nodes: shown.own.nodes, count: shown.own.totalCount }).toEqual({
      nodes: own.slice(0, 3),
      count: own.length,
    })
    expect({ nodes: shown.below.nodes, count: shown.below.totalCount }).toEqual({
      nodes: below.slice(0, 4),
      count: below.length,
    })
    expect(shown.books.nodes).toEqual(expected(tag, ['BOOK'], false).slice(-2))
  }
})

interface Usage {
  total: number
  bookshelves: number
  books: number
  blocks: number
}

test('the usage is what lives, alone and with all tags below', async () => {
  const counts = 'total bookshelves books blocks'
  interface Counted {
    id: string
    usageCount: number
    usage: Usage
    subtreeUsage: Usage
  }
  const { tags } = await ask<{ tags: { nodes: Counted[] } }>(
    here().client,
    `{ tags(first: 100) { nodes { id usageCount usage { ${counts} } subtreeUsage { ${counts} } } } }`,
  )
  const { known, tags: live } = here()
  const usageOf = (ids: readonly string[]): Usage => {
    const of = (table?: string) =>
      known.rows
        .filter((row) => !table || row.table === table)
        .reduce((sum, { tagIds }) => sum + tagIds.filter((id) => ids.includes(id)).length, 0)
    return { total: of(), bookshelves: of('bookshelves'), books: of('books'), blocks: of('blocks') }
  }
  for (const { id, usageCount, usage, subtreeUsage } of tags.nodes) {
    expect(usage).toEqual(usageOf([id]))
    expect(usageCount).toBe(usage.total)
    const below = live.filter(({ path }) => path.includes(id)).map((tag) => tag.id)
    expect(subtreeUsage).toEqual(usageOf(below))
  }
})

test('what is trashed is left out and comes back, with the tags below', async () => {
  const { ctx, client } = await api.workspace()
  const known = await fillTaggedLibrary(ctx)
  const top = known.tags.find(({ live, path }) => live && path.length === 1)
  const child = known.tags.find(({ live, path }) => live && path.length === 2 && path[0] === top?.id)
  const read = async () =>
    ask<{ tag: { usageCount: number; entities: { nodes: { id: string }[] } } }>(
      client,
      `{ tag(id: "${top?.id}") { usageCount subtreeUsage { total }
         entities(first: 100, types: [BOOKSHELF, BOOK], includeDescendants: true) { totalCount nodes { id } } own: entities { totalCount } } }`,
    )
  const before = await read()
  const first = known.rows.find(({ id }) => id === before.tag.entities.nodes.at(-1)?.id)
  const kind = typeOf[first?.table ?? 'books'] as 'BOOK'
  const gone = [
    succeeded(await trashItem(ctx, { kind: 'TAG', id: child?.id ?? '' })),
    succeeded(await trashItem(ctx, { kind, id: first?.id ?? '' })),
  ]
  const between = await read()
  expect(between.tag.entities.nodes.map(({ id }) => id)).not.toContain(first?.id)
  expect(between.tag.entities.nodes.length).toBeLessThan(before.tag.entities.nodes.length)
  for (const { deletion } of gone) succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await read()).toEqual(before)
})
