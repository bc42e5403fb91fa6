import { beforeEach, describe, expect, test } from 'vitest'
import { InvalidInput, NotFound } from '../../../src/domain/failure.ts'
import { AlreadyInTrash, RestoreConflict, RetentionExpired } from '../../../src/domain/restore.ts'
import { attachTags } from '../../../src/usecases/tags/attach-tags.ts'
import { moveTag } from '../../../src/usecases/tags/tags.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildTag,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { restore, trash } from '../../support/trash/restoring.ts'
import { rowsOfWorkspace } from '../../support/state.ts'
import { attach, buildChain, checkTags, countsOf, tagOf } from '../../support/tags/tags.ts'

const database = useDatabase()
removeTemporaryFolders()
let ctx: Awaited<ReturnType<typeof buildCtx>>
beforeEach(async () => {
  ctx = await buildCtx(database.db)
})

/** Four levels: the second has two children, of which one has a child. */
async function buildTree() {
  const [top, second, third, fourth] = await buildChain(ctx, ['Top', 'Second', 'Third', 'Fourth'])
  if (!top || !second || !third || !fourth) throw new Error('Not built.')
  const beside = await buildTag(ctx, { name: 'Beside', parentId: second.id })
  return { top, second, third, fourth, beside }
}

const liveNames = async () => {
  const where = { workspaceId: ctx.actor.workspaceId, deletionId: null }
  return (await ctx.db.prisma.tag.findMany({ where })).map(({ name }) => name).sort()
}

const tagsNow = async () => (await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).tags

describe('trashing', () => {
  test('a tag goes with everything live below it, as one deletion that tells where it was', async () => {
    const { top, second, fourth } = await buildTree()
    const early = await trash(ctx, 'TAG', fourth)
    expect(early).toMatchObject({ parentKind: 'TAG', itemCount: 1, path: ['Top', 'Second', 'Third'] })
    const result = succeeded(await trashItem(ctx, { kind: 'TAG', id: second.id, reason: 'Old' }))
    expect(result).toMatchObject({
      item: { ...second, deletionId: result.deletion.id },
      deletion: { kind: 'TAG', itemCount: 3, parentKind: 'TAG', parentId: top.id, position: null },
    })
    expect(result.deletion).toMatchObject({ path: ['Top'], reason: 'Old', itemId: second.id })
    expect((await trash(ctx, 'TAG', top)).path).toEqual([])
    expect(await liveNames()).toEqual([])
    await checkTags(ctx)
  })

  test('a tag that is in the trash, alone or with its parent, is told with its deletion', async () => {
    const { second, third } = await buildTree()
    const deletion = await trash(ctx, 'TAG', second)
    for (const { id } of [second, third]) {
      const result = await trashItem(ctx, { kind: 'TAG', id })
      expect(result).toBeInstanceOf(AlreadyInTrash)
      expect(result).toMatchObject({ deletion: { id: deletion.id } })
    }
  })

  test('what is not there, or not in this workspace, is not found', async () => {
    const theirs = await buildTag(await buildCtx(database.db))
    const book = await buildBook(ctx)
    for (const id of [theirs.id, book.id, '', 'x'])
      expect(await trashItem(ctx, { kind: 'TAG', id })).toMatchObject({ entity: 'Tag', id })
    expect(await trashItem(ctx, { kind: 'BOOK', id: (await buildTag(ctx)).id })).toBeInstanceOf(NotFound)
  })
})

describe('restoring', () => {
  test('brings back exactly what was trashed together, as it was', async () => {
    const { top, second, third, fourth } = await buildTree()
    const before = await tagsNow()
    const early = await trash(ctx, 'TAG', third)
    const deletion = await trash(ctx, 'TAG', top)
    const result = succeeded(await restore(ctx, deletion.id))
    expect(result.item).toEqual({ __typename: 'Tag', ...top })
    expect(result.deletion.restoredAt).toEqual(new Date(ctx.clock.ms))
    expect(await liveNames()).toEqual(['Beside', 'Second', 'Top'])
    await checkTags(ctx)
    succeeded(await restore(ctx, early.id))
    expect(await tagsNow()).toEqual(before)
    expect([await tagOf(ctx, second), await tagOf(ctx, fourth)]).toEqual([second, fourth])
    await checkTags(ctx)
  })

  test('goes to where its parent is by now', async () => {
    const { top, second, third, fourth } = await buildTree()
    const deletion = await trash(ctx, 'TAG', third)
    succeeded(await moveTag(ctx, { tagId: second.id, topLevel: true }))
    succeeded(await restore(ctx, deletion.id))
    expect(await tagOf(ctx, fourth)).toMatchObject({ ancestorIds: [second.id, third.id] })
    expect(await tagOf(ctx, top)).toEqual(top)
    await checkTags(ctx)
  })

  test('is refused below what is in the trash itself, which is named', async () => {
    const { top, second, fourth } = await buildTree()
    const early = await trash(ctx, 'TAG', fourth)
    const parent = await trash(ctx, 'TAG', second)
    const result = await restore(ctx, early.id)
    expect(result).toBeInstanceOf(RestoreConflict)
    expect(result).toMatchObject({
      reason: 'PARENT_TRASHED',
      blockedBy: { __typename: 'Tag', name: 'Third', deletionId: parent.id },
      options: ['RESTORE_PARENT_FIRST', 'CHOOSE_TARGET'],
    })
    succeeded(await restore(ctx, early.id, { parentId: top.id }))
    expect(await tagOf(ctx, fourth)).toMatchObject({ parentId: top.id, ancestorIds: [top.id], version: 2 })
    succeeded(await restore(ctx, parent.id))
    expect(await liveNames()).toEqual(['Beside', 'Fourth', 'Second', 'Third', 'Top'])
    await checkTags(ctx)
  })

  test('is refused where its name is taken, at the top and below a tag, and says by which', async () => {
    const { second } = await buildTree()
    for (const parentId of [null, second.id]) {
      const tag = await buildTag(ctx, { name: 'Taken', parentId })
      const deletion = await trash(ctx, 'TAG', tag)
      const other = await buildTag(ctx, { name: 'ＴＡＫＥＮ', parentId })
      const conflict = {
        reason: 'NAME_TAKEN',
        blockedBy: { __typename: 'Tag', ...other },
        options: ['RENAME_OCCUPANT_FIRST', 'TRASH_OCCUPANT_FIRST', 'CHOOSE_TARGET'],
      }
      expect(await restore(ctx, deletion.id)).toMatchObject(conflict)
      const elsewhere = await buildTag(ctx)
      succeeded(await restore(ctx, deletion.id, { parentId: elsewhere.id }))
      const again = await trash(ctx, 'TAG', tag)
      const target = parentId === null ? { topLevel: true } : { parentId: parentId }
      expect(await restore(ctx, again.id, target)).toMatchObject(conflict)
      await trash(ctx, 'TAG', other)
      succeeded(await restore(ctx, again.id, target))
    }
    await checkTags(ctx)
  })

  test('is refused where it would be too deep, what is in the trash below it included', async () => {
    const { third, fourth } = await buildTree()
    const shallow = { ...ctx, limits: { ...ctx.limits, tagLevels: 4 } }
    const [place, deeper, deepest] = await buildChain(ctx, ['One', 'Two', 'Three'])
    await trash(ctx, 'TAG', fourth)
    const deletion = await trash(ctx, 'TAG', third)
    expect(await restore(shallow, deletion.id, { parentId: deepest?.id })).toMatchObject({
      reason: 'TOO_DEEP',
      blockedBy: { __typename: 'Tag', id: deepest?.id },
      options: ['CHOOSE_TARGET'],
    })
    succeeded(await restore(shallow, deletion.id, { parentId: deeper?.id }))
    expect((await tagOf(ctx, fourth)).ancestorIds).toEqual([place?.id, deeper?.id, third.id])
    await checkTags(shallow)
  })

  test('goes to another tag or to the top, with everything below it, the trash included', async () => {
    const { top, second, third, fourth, beside } = await buildTree()
    await trash(ctx, 'TAG', third)
    const deletion = await trash(ctx, 'TAG', second)
    ctx.clock.ms += 1_000
    const moved = { version: 2, updatedAt: new Date(ctx.clock.ms) }
    succeeded(await restore(ctx, deletion.id, { topLevel: true }))
    expect(await tagOf(ctx, second)).toMatchObject({ parentId: null, ancestorIds: [], ...moved })
    expect(await tagOf(ctx, beside)).toMatchObject({ ancestorIds: [second.id], version: 1 })
    expect(await tagOf(ctx, fourth)).toMatchObject({ ancestorIds: [second.id, third.id], version: 1 })
    expect(await tagOf(ctx, top)).toEqual(top)
    await checkTags(ctx)
  })

  test('takes its old place as the target for what it is', async () => {
    const { top, second } = await buildTree()
    const other = await buildTag(ctx)
    for (const [tag, target] of [
      [second, { parentId: top.id, topLevel: false }],
      [other, { topLevel: true, parentId: null, bookshelfId: null }],
    ] as const) {
      const deletion = await trash(ctx, 'TAG', tag)
      succeeded(await restore(ctx, deletion.id, target))
      expect(await tagOf(ctx, tag)).toEqual(tag)
    }
  })

  test('refuses targets that are no live tag, below it, of another kind, or two at once', async () => {
    const { top, second, third } = await buildTree()
    const theirs = await buildTag(await buildCtx(database.db))
    const book = await buildBook(ctx)
    const deletion = await trash(ctx, 'TAG', second)
    for (const parentId of [theirs.id, book.id, second.id, third.id, '']) {
      const result = await restore(ctx, deletion.id, { parentId })
      expect(result).toMatchObject({ __typename: 'NotFound', entity: 'Tag', id: parentId })
    }
    for (const target of [
      { parentId: top.id, topLevel: true },
      { bookshelfId: book.bookshelfId },
      { bookId: book.id, topLevel: true },
    ]) {
      const result = await restore(ctx, deletion.id, target)
      expect(result).toBeInstanceOf(InvalidInput)
      expect(result).toMatchObject({ issues: [{ path: 'target' }] })
    }
    const ofBook = await trash(ctx, 'BOOK', book)
    expect(await restore(ctx, ofBook.id, { topLevel: true })).toBeInstanceOf(InvalidInput)
    expect(await restore(ctx, ofBook.id, { parentId: top.id })).toBeInstanceOf(InvalidInput)
  })

  test('ends with the time that it was kept for', async () => {
    const tag = await buildTag(ctx)
    const deletion = await trash(ctx, 'TAG', tag)
    ctx.clock.ms = deletion.purgeAfter.getTime()
    expect(await restore(ctx, deletion.id)).toBeInstanceOf(RetentionExpired)
    ctx.clock.ms -= 1
    succeeded(await restore(ctx, deletion.id))
    expect(await restore(ctx, deletion.id)).toMatchObject({ __typename: 'NotInTrash' })
  })
})

test('what a tag in the trash is attached to stays, and is counted exactly all the time', async () => {
  const { top, second } = await buildTree()
  const block = await buildBlock(ctx)
  const book = { id: block.bookId }
  await attach(ctx, [top, second], [book, block])
  const deletion = await trash(ctx, 'TAG', second)
  expect(await countsOf(ctx, second)).toEqual([0, 1, 1])
  const tagging = { tagIds: [second.id], entityIds: [book.id] }
  expect(await attachTags(ctx, tagging)).toBeInstanceOf(NotFound)
  const bookDeletion = await trash(ctx, 'BOOK', book)
  expect(await countsOf(ctx, top)).toEqual([0, 0, 0])
  await checkTags(ctx)
  succeeded(await restore(ctx, deletion.id))
  expect(await countsOf(ctx, second)).toEqual([0, 0, 0])
  succeeded(await restore(ctx, bookDeletion.id))
  for (const tag of [top, second]) expect(await countsOf(ctx, tag)).toEqual([0, 1, 1])
  await checkTags(ctx)
})
