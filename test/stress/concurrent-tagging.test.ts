import { beforeEach, describe, expect, test } from 'vitest'
import { NotFound } from '../../src/domain/failure.ts'
import { taggingLimits } from '../../src/domain/tag-tree.ts'
import { newId } from '../../src/usecases/context.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { attachTags, detachTags } from '../../src/usecases/tags/attach-tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildTag,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { trash } from '../support/trash/restoring.ts'
import { fillNamedTags } from '../support/tags/named-tags.ts'
import { attach, buildChain, checkTags, countsOf, idSet, taggedWith } from '../support/tags/tags.ts'
import { hold, holdRow, interleave } from '../support/waiting.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()
let ctx: Awaited<ReturnType<typeof buildCtx>>
beforeEach(async () => {
  ctx = await buildCtx(database.db)
})

type Thing = { id: string }
const chain = async <const Names extends readonly string[]>(...names: Names) =>
  (await buildChain(ctx, names)) as unknown as {
    [Index in keyof Names]: Awaited<ReturnType<typeof buildTag>>
  }
const merge = (source: Thing, target: Thing) =>
  mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id })
const toTrash = (kind: 'TAG' | 'BLOCK' | 'BOOK' | 'BOOKSHELF', { id }: Thing) => trashItem(ctx, { kind, id })
const tagging = (tag: Thing, entity: Thing) => ({ tagIds: [tag.id], entityIds: [entity.id] })

describe('two merges', () => {
  test.each([
    ['of one tag into another and the other way round', true],
    ['of the same two tags', false],
  ])('%s: one happens, and the other finds a tag gone', async (_what, back) => {
    const [one, child] = await chain('One', 'Child')
    const other = await buildTag(ctx)
    const books = [await buildBook(ctx), await buildBook(ctx)] as const
    await attach(ctx, [one], books)
    await attach(ctx, [other], books.slice(1))
    const held = await holdRow(ctx.db, 'tags', child)
    const [first, second] = await interleave(
      ctx.db,
      held,
      () => merge(one, other),
      () => (back ? merge(other, one) : merge(one, other)),
    )
    succeeded(first)
    expect(second).toMatchObject({ __typename: 'NotFound', id: one.id })
    expect(await countsOf(ctx, other)).toEqual([0, 2, 0])
    await checkTags(ctx)
  })
})

/** The row of an association, that others wait for: a new one that is undone, or the lock of the one there is. */
const holdAssociation = (tag: Thing, block: Thing) =>
  hold(
    ctx.db,
    `insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
     values ($1, $2, 'BLOCK', $3, now())`,
    [ctx.actor.workspaceId, tag.id, block.id],
  )
const lockAssociation = (tag: Thing, block: Thing) =>
  hold(ctx.db, 'select 1 from tag_associations where tag_id = $1 and entity_id = $2 for update', [
    tag.id,
    block.id,
  ])

/** A block with what it is in. */
async function buildPlaced() {
  const book = await buildBook(ctx)
  const block = await buildBlock(ctx, { bookId: book.id })
  return { BLOCK: block, BOOK: book, BOOKSHELF: { id: book.bookshelfId } }
}

describe.each(['BLOCK', 'BOOK', 'BOOKSHELF'] as const)('while a %s is trashed', (kind) => {
  test('a tag that is attached to what it holds is not counted', async () => {
    const placed = await buildPlaced()
    const tag = await buildTag(ctx)
    const [attached] = await interleave(
      ctx.db,
      await holdAssociation(tag, placed.BLOCK),
      () => attachTags(ctx, tagging(tag, placed.BLOCK)),
      () => toTrash(kind, placed[kind]),
    )
    expect(succeeded(attached).attachedCount).toBe(1)
    expect(await countsOf(ctx, tag)).toEqual([0, 0, 0])
    await checkTags(ctx)
  })

  test('a tag that is detached from what it holds is taken away once', async () => {
    const placed = await buildPlaced()
    const tag = await buildTag(ctx)
    await attach(ctx, [tag], [placed.BLOCK])
    const [detached] = await interleave(
      ctx.db,
      await lockAssociation(tag, placed.BLOCK),
      () => detachTags(ctx, tagging(tag, placed.BLOCK)),
      () => toTrash(kind, placed[kind]),
    )
    expect(succeeded(detached).detachedCount).toBe(1)
    await checkTags(ctx)
  })
})

describe('a tag that is attached while', () => {
  test('it is trashed stays attached in the trash', async () => {
    const { BLOCK: block } = await buildPlaced()
    const tag = await buildTag(ctx)
    const results = await interleave(
      ctx.db,
      await holdAssociation(tag, block),
      () => attachTags(ctx, tagging(tag, block)),
      () => toTrash('TAG', tag),
    )
    results.forEach(succeeded)
    expect(await countsOf(ctx, tag)).toEqual([0, 0, 1])
    expect(await attachTags(ctx, tagging(tag, block))).toBeInstanceOf(NotFound)
    await checkTags(ctx)
  })

  test.each(['trashed', 'merged'] as const)('it is being %s is not found', async (what) => {
    const { BLOCK: block } = await buildPlaced()
    const [tag, child] = await chain('Tag', 'Child')
    const other = await buildTag(ctx)
    const [, result] = await interleave(
      ctx.db,
      await holdRow(ctx.db, 'tags', child),
      (): Promise<unknown> => (what === 'trashed' ? toTrash('TAG', tag) : merge(tag, other)),
      () => attachTags(ctx, tagging(tag, block)),
    )
    expect(result).toMatchObject({ __typename: 'NotFound', entity: 'Tag', id: tag.id })
    expect(await taggedWith(ctx, tag)).toEqual(new Set())
    await checkTags(ctx)
  })

  test.each(['source', 'target'] as const)('it is the %s of a merge is merged with it', async (role) => {
    const { BLOCK: block } = await buildPlaced()
    const [tag, other] = [await buildTag(ctx), await buildTag(ctx)]
    const [source, target] = role === 'source' ? [tag, other] : [other, tag]
    // What is attached to the source must be seen by the merge; the target gets it from both.
    if (role === 'target') await attach(ctx, [other], [block])
    const results = await interleave(
      ctx.db,
      await holdAssociation(tag, block),
      () => attachTags(ctx, tagging(tag, block)),
      () => merge(source, target),
    )
    results.forEach(succeeded)
    expect(await taggedWith(ctx, target)).toEqual(idSet([block]))
    expect(await countsOf(ctx, target)).toEqual([0, 0, 1])
    await checkTags(ctx)
  })
})

describe('a merge, and its undoing,', () => {
  /** A block with a tag that others wait for before any other of its tags. */
  async function buildRace() {
    const { BLOCK: block } = await buildPlaced()
    const [waited, source, target] = [await buildTag(ctx), await buildTag(ctx), await buildTag(ctx)]
    await attach(ctx, [waited, source], [block])
    return { block, waited, source, target }
  }

  test.each(['trashed', 'restored'] as const)('while a thing is being %s counts it right', async (what) => {
    for (const undo of [false, true]) {
      const { block, waited, source, target } = await buildRace()
      const merged = undo ? succeeded(await merge(source, target)).deletion : undefined
      const trashed = what === 'restored' ? await trash(ctx, 'BLOCK', block) : undefined
      const results = await interleave(
        ctx.db,
        await holdRow(ctx.db, 'tags', waited),
        (): Promise<unknown> =>
          trashed ? restoreDeletion(ctx, { deletionId: trashed.id }) : toTrash('BLOCK', block),
        (): Promise<unknown> =>
          merged ? restoreDeletion(ctx, { deletionId: merged.id }) : merge(source, target),
      )
      results.forEach(succeeded)
      const live = what === 'restored' ? 1 : 0
      expect(await countsOf(ctx, target)).toEqual([0, 0, undo ? 0 : live])
      expect(await countsOf(ctx, source)).toEqual([0, 0, live])
      await checkTags(ctx)
    }
  })
})

test('things with the same tags that are trashed and restored at once are each counted', async () => {
  const [waited, tag] = [await buildTag(ctx), await buildTag(ctx)]
  const blocks = [
    (await buildPlaced()).BLOCK,
    (await buildPlaced()).BLOCK,
    (await buildPlaced()).BLOCK,
  ] as const
  await attach(ctx, [waited, tag], blocks)
  const deletion = await trash(ctx, 'BLOCK', blocks[0])
  const results = await interleave(
    ctx.db,
    await holdRow(ctx.db, 'tags', waited),
    () => toTrash('BLOCK', blocks[1]),
    () =>
      Promise.all([
        restoreDeletion(ctx, { deletionId: deletion.id }),
        toTrash('BOOK', { id: blocks[2].bookId }),
      ]),
  )
  results.flat().forEach(succeeded)
  expect(await countsOf(ctx, tag)).toEqual([0, 0, 1])
  await checkTags(ctx)
})

describe('an object with one tag less than it may have', () => {
  /** It, a tag of it that is in the trash, and another tag. */
  async function buildNearlyFull() {
    const book = await buildBook(ctx)
    const names = Array.from({ length: taggingLimits.tagsPerEntity }, (_, index) => ({
      id: newId(),
      name: `Tag ${index}`,
      usage: 0,
    }))
    await fillNamedTags(ctx.db.pool, ctx.actor.workspaceId, names)
    const [tag, ...others] = names
    if (!tag) throw new Error('Not built.')
    await attach(ctx, [tag], [book])
    const deletion = await trash(ctx, 'TAG', tag)
    await attach(ctx, others, [book])
    const other = await buildTag(ctx)
    return {
      book,
      tag,
      attaching: () => attachTags(ctx, tagging(other, book)),
      restoring: () => restoreDeletion(ctx, { deletionId: deletion.id }),
    }
  }

  test('does not get one that is attached while one is restored', async () => {
    const { tag, attaching, restoring } = await buildNearlyFull()
    const held = await holdRow(ctx.db, 'tags', tag)
    const [restored, attached] = await interleave(ctx.db, held, restoring, attaching)
    succeeded(restored)
    expect(attached).toMatchObject({ __typename: 'TooManyTags' })
  })

  test('does not get one back while one is attached', async () => {
    const { book, attaching, restoring } = await buildNearlyFull()
    const held = await holdRow(ctx.db, 'books', book)
    const [attached, restored] = await interleave(ctx.db, held, attaching, restoring)
    succeeded(attached)
    expect(restored).toMatchObject({ __typename: 'RestoreConflict', reason: 'TOO_MANY_TAGS' })
  })
})
