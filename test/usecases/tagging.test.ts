import { beforeAll, expect, test } from 'vitest'
import { NotFound } from '../../src/domain/failure.ts'
import { attachTags, detachTags } from '../../src/usecases/tagging.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { restoreDeletion } from '../../src/usecases/restore.ts'
import { trashItem } from '../../src/usecases/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildShelf,
  buildTag,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
removeTemporaryFolders()
let ctx: Ctx
beforeAll(async () => {
  ctx = await buildCtx(database.db)
})

const countsOf = async (id: string) =>
  ctx.db.prisma.tag.findFirstOrThrow({
    where: { id },
    select: { bookshelfCount: true, bookCount: true, blockCount: true, usageCount: true },
  })

test('attaching many tags to many things counts each once, however often it is done', async () => {
  const [one, other] = [await buildTag(ctx), await buildTag(ctx)]
  const shelf = await buildShelf(ctx)
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  const block = await buildBlock(ctx, { bookId: book.id })
  const input = { tagIds: [one.id, other.id], entityIds: [shelf.id, book.id, block.id] }
  expect(succeeded(await attachTags(ctx, input)).attachedCount).toBe(6)
  expect(succeeded(await attachTags(ctx, input)).attachedCount).toBe(0)
  expect(await countsOf(one.id)).toEqual({ bookshelfCount: 1, bookCount: 1, blockCount: 1, usageCount: 3 })

  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOK', id: book.id }))
  expect(await countsOf(one.id)).toEqual({ bookshelfCount: 1, bookCount: 0, blockCount: 0, usageCount: 1 })
  expect(await attachTags(ctx, input)).toBeInstanceOf(NotFound)
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await countsOf(one.id)).toEqual({ bookshelfCount: 1, bookCount: 1, blockCount: 1, usageCount: 3 })
  expect(succeeded(await detachTags(ctx, { ...input, tagIds: [one.id] })).detachedCount).toBe(3)
  expect(await countsOf(one.id)).toEqual({ bookshelfCount: 0, bookCount: 0, blockCount: 0, usageCount: 0 })
  expect((await countsOf(other.id)).usageCount).toBe(3)
})
