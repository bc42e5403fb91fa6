import { expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, type Workspace, useApi } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { fillLibrary } from '../support/bulk.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)

const wholeShelves = `{
  bookshelves(first: 20) {
    nodes {
      name
      books(first: 20) { nodes { title cover { url thumbnailUrl } blocks(first: 20) { nodes { content } } } }
    }
  }
}`

/** A small workspace, in which two books, two blocks and two pictures are in the trash. */
async function smallLibrary() {
  const workspace = await api.workspace()
  const { workspaceId } = workspace.ctx.actor
  await fillLibrary(database.db.pool, workspaceId, { shelves: 2, books: 4, blocks: 4, images: 2 })
  await trashSome(workspace, 2)
  return workspace
}

/** The same with ten times the rows. */
async function largeLibrary() {
  const workspace = await api.workspace()
  const { workspaceId } = workspace.ctx.actor
  await fillLibrary(database.db.pool, workspaceId, { shelves: 21, books: 22, blocks: 22, images: 3 })
  await trashSome(workspace, 20)
  return workspace
}

async function trashSome({ ctx }: Workspace, each: number) {
  const { prisma } = database.db
  const where = { workspaceId: ctx.actor.workspaceId, deletionId: null }
  const last = { where, take: each, orderBy: { id: 'desc' } } as const
  const trash = async (kind: 'BOOK' | 'BLOCK' | 'MEDIA', rows: readonly { id: string }[]) => {
    for (const { id } of rows) succeeded(await trashItem(ctx, { kind, id }))
  }
  await trash('BOOK', await prisma.book.findMany(last))
  await trash('BLOCK', await prisma.block.findMany(last))
  await trash('MEDIA', await prisma.media.findMany(last))
}

async function statements({ client }: Workspace, query: string) {
  const sent = await statementsOf(() => ask(client, query))
  return sent.map(({ text }) => text)
}

const libraries: Promise<Workspace>[] = []
const both = () => {
  if (libraries.length === 0) libraries.push(smallLibrary(), largeLibrary())
  return Promise.all(libraries) as Promise<[Workspace, Workspace]>
}

test('shelves with books, covers and blocks take at most 5 statements, with ten times the rows as many', async () => {
  const [small, large] = await both()
  const few = await statements(small, wholeShelves)
  expect(few.length).toBeLessThanOrEqual(5)
  expect(await statements(large, wholeShelves)).toEqual(few)
})

test('the whole shelves are whole: 20 shelves of 20 books with a cover and 20 blocks', async () => {
  const [, large] = await both()
  interface Shelf {
    books: { nodes: { cover: { url: string } | null; blocks: { nodes: unknown[] } }[] }
  }
  const data = await ask<{ bookshelves: { nodes: Shelf[] } }>(large.client, wholeShelves)
  const shelves = data.bookshelves.nodes
  const books = shelves.flatMap((shelf) => shelf.books.nodes)
  expect(shelves).toHaveLength(20)
  expect(books).toHaveLength(20 * 20)
  expect(books.filter((book) => book.cover === null)).toEqual([])
  expect(books.flatMap((book) => book.blocks.nodes)).toHaveLength(20 * 20 * 20)
})

test.each([
  [
    'covers of shelves',
    '{ bookshelves { nodes { cover { url sha256 sizeBytes createdBy { name } updatedBy { name } } trash { reason } } } }',
  ],
  ['pictures of blocks', '{ blocks(first: 20) { nodes { images { url thumbnailUrl width height } } } }'],
  ['the way up from blocks', '{ blocks(first: 20) { nodes { book { title bookshelf { name } } } } }'],
  ['owners of pictures', '{ blocks(first: 20) { nodes { images { owner { __typename id } kind } } } }'],
  [
    'the trash with its items and where they were',
    `{ trash(first: 50) { totalCount nodes { itemCount deletedBy { name } deletedFrom { path parent { id __typename } }
      item { id trash { deletedAt deletion { id } } ... on Book { title } ... on Block { content } ... on Media { url } } } } }`,
  ],
  [
    'counts of nested lists',
    '{ bookshelves { totalCount nodes { books { totalCount nodes { blocks { totalCount } } } } } }',
  ],
  [
    'pages of nested lists with edges',
    '{ bookshelves { edges { cursor node { books(last: 3) { edges { cursor } pageInfo { hasPreviousPage } } } } } }',
  ],
])('%s take the same number of statements however many rows there are', async (_what, query) => {
  const [small, large] = await both()
  const few = await statements(small, query)
  expect(few.length).toBeLessThanOrEqual(10)
  expect(await statements(large, query)).toHaveLength(few.length)
})

test('several nodes by id take the same number of statements however many there are', async () => {
  const [, { client, ctx }] = await both()
  const where = { workspaceId: ctx.actor.workspaceId, deletionId: null }
  const books = await database.db.prisma.book.findMany({ where, take: 50 })
  const ask = async (ids: string[]) => {
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Book { cover { url } } } }'
    return (await statementsOf(() => client.send(query, { ids }))).length
  }
  expect(await ask(books.map(({ id }) => id))).toBe(await ask(books.slice(0, 2).map(({ id }) => id)))
})

test('the default workspace needs no statement to find out who asks', async () => {
  const sent = await statementsOf(() => api.client().send('{ bookshelves { nodes { id } } }'))
  expect(sent).toHaveLength(1)
})

test('fields that nobody asks for are not read', async () => {
  const [{ client }] = await both()
  const sent = await statementsOf(() => client.send('{ bookshelves { nodes { name } } }'))
  expect(sent.map(({ text }) => text).filter((text) => text.includes('count('))).toEqual([])
  expect(sent).toHaveLength(2)
})
