import { beforeAll, expect, test } from 'vitest'
import { encodeCursor } from '../../src/domain/page.ts'
import { sortKey } from '../../src/domain/sort-key.ts'
import { updateBook } from '../../src/usecases/library/books.ts'
import { updateBookshelf } from '../../src/usecases/library/bookshelves.ts'
import { updateCheckpoint } from '../../src/usecases/library/checkpoints.ts'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { updateTag } from '../../src/usecases/tags/tags.ts'
import { createWorkspace, updateWorkspace } from '../../src/usecases/workspaces.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBook, buildCheckpoint, buildShelf, buildTag, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database)

const inOrder = [
  ...['❤ Poems', '1984', 'Äpfel', 'apple', 'Chapter 2', 'Chapter 10', 'Éclair', 'ñandu', 'nut'],
  ...['Öl', 'resume', 'Résumé', 'Zebra', 'Ωmega', 'Ящик', 'かな', '한국', '阿姨', '国家', '银行'],
]
const opened: { workspace?: Workspace; ids?: Record<'shelf' | 'book' | 'tag', string> } = {}

// In another order than that of the names.
const shuffled = inOrder.map((_, at) => inOrder[(at * 7 + 3) % inOrder.length] ?? '')

beforeAll(async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const shelf = await buildShelf(ctx, { name: inOrder[0] ?? '' })
  const book = await buildBook(ctx, { bookshelfId: shelf.id, title: inOrder[0] ?? '' })
  const tag = await buildTag(ctx, { name: inOrder[0] ?? '' })
  const tagIds = [tag.id]
  for (const name of shuffled) {
    await buildTag(ctx, { parentId: tag.id, name })
    await buildCheckpoint(ctx, { bookId: book.id, title: name })
    if (name === inOrder[0]) continue
    await buildShelf(ctx, { name })
    await buildBook(ctx, { bookshelfId: shelf.id, title: name })
    tagIds.push((await buildTag(ctx, { name })).id)
    succeeded(await createWorkspace(ctx, { name }))
  }
  succeeded(await attachTags(ctx, { tagIds, entityIds: [book.id] }))
  succeeded(await updateWorkspace(ctx, { name: inOrder[0] ?? '' }))
  Object.assign(opened, { workspace, ids: { shelf: shelf.id, book: book.id, tag: tag.id } })
})

function here() {
  const { workspace, ids } = opened
  if (!workspace || !ids) throw new Error('It is there from beforeAll on.')
  return { ...workspace, ids }
}

interface List {
  readonly nodes: { readonly name?: string; readonly title?: string }[]
  readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean }
}

/** All names of a list, read in pages of three. */
async function namesOf(field: string, name: 'name' | 'title', order: string): Promise<string[]> {
  const { client, ids } = here()
  const names: string[] = []
  for (let after = ''; ;) {
    const text = field
      .replace('TAG', ids.tag)
      .replace('BOOK', ids.book)
      .replace('PAGE', `first: 3${after}${order}`)
    const selection = `{ nodes { ${name} } pageInfo { endCursor hasNextPage } }`
    const data = await ask<{ list?: List; parent?: { list: List } }>(
      client,
      `{ ${text.replace('SELECTION', selection)} }`,
    )
    const list = data.list ?? data.parent?.list
    if (!list) throw new Error('There is no list.')
    names.push(...list.nodes.map((node) => node.name ?? node.title ?? ''))
    if (!list.pageInfo.hasNextPage) return names
    after = ` after: "${list.pageInfo.endCursor}"`
  }
}

const named = [
  ['bookshelves', 'list: bookshelves(PAGE) SELECTION', 'name', 'NAME'],
  ['books', 'list: books(PAGE) SELECTION', 'title', 'TITLE'],
  ['checkpoints', 'list: checkpoints(PAGE) SELECTION', 'title', 'TITLE'],
  ['the children of a tag', 'list: tags(PAGE where: { parentId: "TAG" }) SELECTION', 'name', 'NAME'],
] as const

test.each(named)(
  '%s come in the order that people know, in both directions',
  async (_what, field, name, key) => {
    const order = (direction: string) => ` orderBy: { field: ${key}, direction: ${direction} }`
    expect(await namesOf(field, name, order('ASC'))).toEqual(inOrder)
    expect(await namesOf(field, name, order('DESC'))).toEqual([...inOrder].reverse())
  },
)

test.each([
  ['the tags at the top', 'list: tags(where: { topLevel: true }, PAGE) SELECTION'],
  ['the children of a tag in the tree', 'parent: tag(id: "TAG") { list: children(PAGE) SELECTION }'],
])('%s do so without being asked', async (_what, field) => {
  expect(await namesOf(field, 'name', '')).toEqual(inOrder)
})

test('so do the tags of a book, and workspaces', async () => {
  const { client, ids } = here()
  const data = await ask<{ book: { tags: { name: string }[] } }>(
    client,
    `{ book(id: "${ids.book}") { tags { name } } }`,
  )
  expect(data.book.tags.map(({ name }) => name)).toEqual(inOrder)
  const names = await namesOf('list: workspaces(PAGE) SELECTION', 'name', ' orderBy: { field: NAME }')
  expect(names.filter((name) => inOrder.includes(name))).toEqual(inOrder)
})

test('names that sort alike are told apart by their ids, so that each is on one page', async () => {
  const { ctx, client } = await api.workspace()
  const same = ['Chapter 2', 'Chapter 02', ' Chapter  2', 'Chapter\u200b 2', 'Chapter ２']
  const shelf = await buildShelf(ctx)
  for (const title of same) await buildBook(ctx, { bookshelfId: shelf.id, title })
  const seen: string[] = []
  for (let after = ''; seen.length < same.length;) {
    const query = `{ books(first: 1${after} orderBy: { field: TITLE }) { nodes { title } pageInfo { endCursor } } }`
    const { books } = await ask<{ books: List }>(client, query)
    seen.push(books.nodes[0]?.title ?? '')
    after = ` after: "${books.pageInfo.endCursor}"`
  }
  expect(seen).toEqual(same)
})

test('every change of a name changes its place', async () => {
  const { ctx } = await api.workspace()
  const shelf = await buildShelf(ctx, { name: 'B' })
  const book = await buildBook(ctx, { bookshelfId: shelf.id, title: 'B' })
  const checkpoint = await buildCheckpoint(ctx, { bookId: book.id, title: 'B' })
  const tag = await buildTag(ctx, { name: 'B' })
  const [name, title] = ['Ärger 12', 'Ärger 12']
  succeeded(await updateBookshelf(ctx, { bookshelfId: shelf.id, name }))
  succeeded(await updateBook(ctx, { bookId: book.id, title }))
  succeeded(await updateCheckpoint(ctx, { checkpointId: checkpoint.id, title }))
  succeeded(await updateTag(ctx, { tagId: tag.id, name }))
  succeeded(await updateWorkspace(ctx, { name }))
  // What leaves the name out leaves its key.
  succeeded(await updateBook(ctx, { bookId: book.id, summary: 'Summary' }))
  succeeded(await updateTag(ctx, { tagId: tag.id, color: '#000000' }))
  const { rows } = await database.db.pool.query<{ sort_key: string }>(
    `select sort_key from bookshelves where workspace_id = $1 union all
     select sort_key from books where workspace_id = $1 union all
     select sort_key from checkpoints where workspace_id = $1 union all
     select sort_key from tags where workspace_id = $1 union all
     select sort_key from workspaces where id = $1`,
    [ctx.actor.workspaceId],
  )
  expect(rows.map((row) => row.sort_key)).toEqual(Array.from({ length: 5 }, () => sortKey('Ärger 12')))
})

test.each([
  ['books', 'TITLE', 'title'],
  ['bookshelves', 'NAME', 'name'],
  ['tags', 'NAME', 'name'],
])(
  'a cursor of %s that an older server gave is refused like any that does not fit',
  async (list, field, name) => {
    const { client, ids } = here()
    const old = encodeCursor(`${list}:${field}`, { key: 'éclair', id: ids.book })
    const { errors } = await client.send(
      `{ ${list}(first: 3 after: "${old}" orderBy: { field: ${field} }) { nodes { ${name} } } }`,
    )
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('does not belong to this list') as string,
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ])
  },
)
