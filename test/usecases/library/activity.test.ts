import { beforeAll, expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { lastActivities } from '../../../src/db/library/activity.ts'
import { recordActivity } from '../../../src/usecases/activity.ts'
import { changeBlock, updateBlock } from '../../../src/usecases/library/blocks.ts'
import { moveBook, updateBook } from '../../../src/usecases/library/books.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { foldActivity } from '../../../src/usecases/upkeep/fold-activity.ts'
import { ask, useApi, type Workspace } from '../../support/api.ts'
import { buildBlock, buildBook, buildShelf, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()
const api = useApi(database)

const opened: { workspace?: Workspace } = {}
beforeAll(async () => {
  opened.workspace = await api.workspace()
})

function here() {
  if (!opened.workspace) throw new Error('It is there from beforeAll on.')
  return opened.workspace
}

/** The time of the last activity of a book or bookshelf. */
const activityOf = async ({ db, actor }: Ctx, table: 'books' | 'bookshelves', id: string) =>
  (await lastActivities(db, table, actor.workspaceId, [id])).get(id)?.getTime()

const pendingOf = async ({ db, actor }: Ctx) =>
  db.prisma.activity.count({ where: { workspaceId: actor.workspaceId } })

test('a change of a text is at once activity of its book and bookshelf, and stays so when it is added up', async () => {
  const { ctx } = await api.workspace()
  const block = await buildBlock(ctx)
  const book = await ctx.db.prisma.book.findFirstOrThrow({ where: { id: block.bookId } })
  ctx.clock.ms += 60_000
  succeeded(await updateBlock(ctx, { blockId: block.id, content: 'New' }))
  const both = async () => [
    await activityOf(ctx, 'books', block.bookId),
    await activityOf(ctx, 'bookshelves', book.bookshelfId),
  ]
  expect(await both()).toEqual([ctx.clock.ms, ctx.clock.ms])
  await foldActivity(ctx)
  expect(await pendingOf(ctx)).toBe(0)
  expect(await both()).toEqual([ctx.clock.ms, ctx.clock.ms])
  expect(await ctx.db.prisma.book.findFirst({ where: { id: block.bookId } })).toMatchObject({
    lastActivityAt: ctx.now(),
    updatedAt: book.updatedAt,
    version: book.version,
  })
})

test('a change that is rolled back is no activity', async () => {
  const { ctx } = await api.workspace()
  const book = await buildBook(ctx)
  const before = await activityOf(ctx, 'books', book.id)
  ctx.clock.ms += 60_000
  await updateBook(ctx, { bookId: book.id, title: 'New', expectedVersion: 99 })
  expect(await activityOf(ctx, 'books', book.id)).toBe(before)
})

test('two writers of one book do not wait for each other', async () => {
  const { ctx } = await api.workspace()
  const first = await buildBlock(ctx)
  const second = await buildBlock(ctx, { bookId: first.bookId })
  const slow = await transact(ctx.db, async (tx) => {
    await changeBlock(ctx, tx, first, { content: 'Slow' })
    // Would never end if it waited for the transaction around it.
    return succeeded(await updateBlock(ctx, { blockId: second.id, content: 'Fast' }))
  })
  expect(slow.content).toBe('Fast')
})

test('adding up waits for nobody, and leaves what it cannot lock', async () => {
  const { ctx } = await api.workspace()
  const book = await buildBook(ctx)
  ctx.clock.ms += 60_000
  await transact(ctx.db, async (tx) => {
    await recordActivity(ctx, tx, { BOOK: [book.id] })
  })
  await transact(ctx.db, async (tx) => {
    await tx.$executeRaw`select from books where id = ${book.id}::uuid for update`
    await foldActivity(ctx)
  })
  expect(await pendingOf(ctx)).toBeGreaterThan(0)
  expect(await activityOf(ctx, 'books', book.id)).toBe(ctx.clock.ms)
  await foldActivity(ctx)
  expect(await pendingOf(ctx)).toBe(0)
})

test('a bookshelf is never behind its books, also when one was moved while it was written to', async () => {
  const { ctx } = await api.workspace()
  const book = await buildBook(ctx)
  const target = await buildShelf(ctx)
  ctx.clock.ms += 60_000
  await transact(ctx.db, async (tx) => {
    await recordActivity(ctx, tx, { BOOK: [book.id] })
    ctx.clock.ms -= 30_000
    succeeded(await moveBook(ctx, { bookId: book.id, bookshelfId: target.id }))
    ctx.clock.ms += 30_000
  })
  await foldActivity(ctx)
  expect(await activityOf(ctx, 'bookshelves', target.id)).toBe(ctx.clock.ms)
})

test('what was recorded of a purged book is removed', async () => {
  const { ctx } = await api.workspace()
  const book = await buildBook(ctx)
  await foldActivity(ctx)
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: book.id }))
  await purgeTrash(ctx, { due: { trashedUntil: ctx.now() }, force: true })
  expect(await ctx.db.prisma.book.count({ where: { id: book.id } })).toBe(0)
  await foldActivity(ctx)
  expect(await pendingOf(ctx)).toBe(0)
})

interface Page {
  list: {
    nodes: { name: string }[]
    edges: { cursor: string }[]
    pageInfo: { endCursor: string }
    totalCount: number
  }
}

const page = async (list: string, name: string, args: string) => {
  const { list: found } = await ask<Page>(
    here().client,
    `{ list: ${list}(${args}) { nodes { ${name} } edges { cursor } pageInfo { endCursor } totalCount } }`,
  )
  return { ...found, names: found.nodes.map((node) => node.name) }
}

/** Reads a list page by page. */
async function walk(list: string, name: string, args: string) {
  const names: string[] = []
  for (let cursor = ''; ;) {
    const next = await page(list, name, `${args} first: 2 after: "${cursor}"`)
    if (next.names.length === 0) return names
    names.push(...next.names)
    cursor = next.pageInfo.endCursor
  }
}

test('lists by activity have what is pending and what is added up in one order, page by page', async () => {
  const { ctx } = here()
  const shelf = await buildShelf(ctx, { name: 'Shelf' })
  const books = []
  for (const title of ['one', 'two', 'three', 'four', 'five', 'six'])
    books.push(await buildBook(ctx, { bookshelfId: shelf.id, title }))
  await foldActivity(ctx)
  for (const index of [4, 1, 3, 0]) {
    ctx.clock.ms += 60_000
    await buildBlock(ctx, { bookId: books[index]?.id ?? '' })
    // Half of them are added up.
    if (index === 1) await foldActivity(ctx)
  }
  const newest = ['one', 'four', 'two', 'five']
  const byActivity = (direction: string) => `orderBy: { field: LAST_ACTIVITY_AT, direction: ${direction} }`
  const titles = await walk('books', 'name: title', byActivity('DESC'))
  expect(titles.slice(0, 4)).toEqual(newest)
  expect([...titles].sort()).toEqual(['five', 'four', 'one', 'six', 'three', 'two'])
  expect(await walk('books', 'name: title', byActivity('ASC'))).toEqual(titles.toReversed())
  const { edges } = await page('books', 'name: title', `${byActivity('DESC')} first: 6`)
  const before = await page(
    'books',
    'name: title',
    `${byActivity('DESC')} last: 2 before: "${edges[4]?.cursor}"`,
  )
  expect(before.names).toEqual(titles.slice(2, 4))

  const second = await buildShelf(ctx, { name: 'Later' })
  expect(await walk('bookshelves', 'name', byActivity('DESC'))).toEqual(['Later', 'Shelf'])
  ctx.clock.ms += 60_000
  await buildBook(ctx, { bookshelfId: shelf.id, title: 'seven' })
  expect(await walk('bookshelves', 'name', byActivity('DESC'))).toEqual(['Shelf', 'Later'])

  const recent = '... on Book { name: title } ... on Bookshelf { name }'
  const items = await walk('recentItems', recent, '')
  expect(items.slice(0, 2).sort()).toEqual(['Shelf', 'seven'])
  expect(items.slice(2, 6).filter((name) => name !== second.name)).toEqual(newest.slice(0, 3))
  expect((await page('recentItems', recent, 'first: 1')).totalCount).toBe(9)
  expect(await walk('recentItems', recent, 'where: { types: [BOOKSHELF] }')).toEqual(['Shelf', 'Later'])
  expect(await walk('recentItems', recent, 'where: { types: [] }')).toEqual([])

  succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: shelf.id }))
  expect(await walk('recentItems', recent, '')).toEqual(['Later'])
})

test('a mutation answers with the new time, and another workspace has none of it', async () => {
  const { client, ctx } = await api.workspace()
  const block = await buildBlock(ctx)
  await ctx.db.prisma.activity.deleteMany({})
  const { updateBlock: changed } = await ask<{
    updateBlock: { block: { updatedAt: string; book: { lastActivityAt: string } } }
  }>(
    client,
    `mutation { updateBlock(input: { blockId: "${block.id}", content: "New" }) {
      ... on UpdateBlockSuccess { block { updatedAt book { lastActivityAt } } } } }`,
  )
  const { book, updatedAt } = changed.block
  expect(new Date(book.lastActivityAt).getTime()).toBeGreaterThan(Date.parse(updatedAt) - 1_000)
  const other = await api.workspace()
  expect(await ask(other.client, '{ recentItems { nodes { __typename } } }')).toEqual({
    recentItems: { nodes: [] },
  })
})
