import { expect, test } from 'vitest'
import { NotFound } from '../../../src/domain/failure.ts'
import { type Ctx, newId } from '../../../src/usecases/context.ts'
import { createBlock } from '../../../src/usecases/library/blocks.ts'
import { createBook } from '../../../src/usecases/library/books.ts'
import { createBookshelf } from '../../../src/usecases/library/bookshelves.ts'
import { createBlocks } from '../../../src/usecases/library/paste-blocks.ts'
import { mergeTags } from '../../../src/usecases/tags/merge-tags.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { checkTags } from '../../../src/usecases/tags/check-tags.ts'
import {
  buildBook,
  buildCtx,
  buildShelf,
  buildTag,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { rowsOfWorkspace } from '../../support/state.ts'
import { statementsOf } from '../../support/statements.ts'
import { interleave, holdRow } from '../../support/waiting.ts'

const database = useDatabase()
removeTemporaryFolders()

const usage = async (ctx: Ctx, id: string) => {
  const { usageCount, bookshelfCount, bookCount, blockCount } = await ctx.db.prisma.tag.findFirstOrThrow({
    where: { id },
  })
  return { usageCount, bookshelfCount, bookCount, blockCount }
}

const tagsOf = async (ctx: Ctx, entityId: string) => {
  const rows = await ctx.db.prisma.tagAssociation.findMany({ where: { entityId } })
  return rows.map(({ tagId }) => tagId).sort()
}

/** Creates an object of each type with the same tags. */
const createEach: [string, (ctx: Ctx, tagIds: string[], key?: string) => Promise<unknown>][] = [
  [
    'bookshelf',
    (ctx, tagIds, idempotencyKey) => createBookshelf(ctx, { name: 'New', tagIds, idempotencyKey }),
  ],
  [
    'book',
    async (ctx, tagIds, idempotencyKey) => {
      const shelf = await ctx.db.prisma.bookshelf.findFirst({ where: { workspaceId: ctx.actor.workspaceId } })
      const bookshelfId = shelf?.id ?? (await buildShelf(ctx)).id
      return createBook(ctx, { bookshelfId, title: 'New', tagIds, idempotencyKey })
    },
  ],
  [
    'block',
    async (ctx, tagIds, idempotencyKey) => {
      const book = await ctx.db.prisma.book.findFirst({ where: { workspaceId: ctx.actor.workspaceId } })
      return createBlock(ctx, { bookId: book?.id ?? (await buildBook(ctx)).id, tagIds, idempotencyKey })
    },
  ],
]

test.each(createEach)('a new %s has its tags at once, each counted once', async (type, create) => {
  const ctx = await buildCtx(database.db)
  const [one, other] = [await buildTag(ctx), await buildTag(ctx)]
  const tagIds = [one.id, other.id, one.id]
  const made = succeeded(await create(ctx, tagIds, 'key')) as { id: string }
  expect(await tagsOf(ctx, made.id)).toEqual([one.id, other.id].sort())
  for (const { id } of [one, other])
    expect(await usage(ctx, id)).toMatchObject({ usageCount: 1, [`${type}Count`]: 1 })
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(await create(ctx, tagIds, 'key')).toMatchObject({ id: made.id })
  expect(await create(ctx, [one.id], 'key')).toMatchObject({ __typename: 'IdempotencyKeyReused' })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test.each(createEach)(
  'a %s with a tag that is missing, trashed or foreign is not created',
  async (_type, create) => {
    const [ctx, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
    await buildBook(ctx)
    const [tag, trashed, foreign] = [await buildTag(ctx), await buildTag(ctx), await buildTag(theirs)]
    succeeded(await trashItem(ctx, { kind: 'TAG', id: trashed.id }))
    const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
    for (const id of [newId(), 'none', trashed.id, foreign.id]) {
      const refusal = await create(ctx, [tag.id, id], 'key')
      expect(refusal).toBeInstanceOf(NotFound)
      expect(refusal).toMatchObject({ entity: 'Tag', id })
    }
    const many = Array.from({ length: 101 }, newId)
    expect(await create(ctx, many)).toMatchObject({ issues: [{ path: 'tagIds' }] })
    expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
    expect(await create(ctx, [tag.id], 'key')).not.toBeInstanceOf(NotFound)
  },
)

test('pasted blocks have their own tags, in as many statements for many as for few', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const [one, other] = [await buildTag(ctx), await buildTag(ctx)]
  const counts: number[] = []
  for (const amount of [1, 10]) {
    const blocks = Array.from({ length: amount }, () => [
      { content: 'both', tagIds: [one.id, other.id] },
      { content: 'one', tagIds: [one.id] },
      { content: 'none' },
      { content: '\0', tagIds: [other.id] },
    ]).flat()
    const sent = await statementsOf(async () => {
      const { results } = succeeded(await createBlocks(ctx, { bookId, blocks }))
      const [both, single, none] = results.flatMap((row) => ('id' in row ? [row.id] : []))
      expect(await tagsOf(ctx, both ?? '')).toEqual([one.id, other.id].sort())
      expect(await tagsOf(ctx, single ?? '')).toEqual([one.id])
      expect(await tagsOf(ctx, none ?? '')).toEqual([])
    })
    counts.push(sent.length)
  }
  expect(counts[1]).toBe(counts[0])
  expect(await usage(ctx, one.id)).toMatchObject({ usageCount: 22, blockCount: 22 })
  expect(await usage(ctx, other.id)).toMatchObject({ usageCount: 11, blockCount: 11 })
  expect(await createBlocks(ctx, { bookId, blocks: [{ tagIds: [newId()] }, {}] })).toBeInstanceOf(NotFound)
  expect(
    await createBlocks(ctx, { bookId, blocks: [{ tagIds: Array.from({ length: 101 }, newId) }] }),
  ).toMatchObject({ results: [{ issues: [{ path: 'blocks.0.tagIds' }] }] })
})

test('a tag that is merged or trashed while an object with it is created stays exact', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  for (const end of ['merge', 'trash'] as const) {
    const [tag, target] = [await buildTag(ctx), await buildTag(ctx)]
    const held = await holdRow(ctx.db, 'tags', tag)
    const [ended, made] = await interleave(
      ctx.db,
      held,
      async (): Promise<unknown> =>
        end === 'merge'
          ? mergeTags(ctx, { sourceTagId: tag.id, targetTagId: target.id })
          : trashItem(ctx, { kind: 'TAG', id: tag.id }),
      () => createBlock(ctx, { bookId, tagIds: [tag.id] }),
    )
    succeeded(ended)
    expect(made).toMatchObject({ __typename: 'NotFound', entity: 'Tag', id: tag.id })
  }
  expect(await checkTags(ctx)).toEqual([])
})
