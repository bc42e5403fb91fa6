import { beforeEach, describe, expect, test } from 'vitest'
import { InvalidInput } from '../../../src/domain/failure.ts'
import { NameTaken, TagCycle, TagTooDeep } from '../../../src/domain/tag-tree.ts'
import { mergeTags } from '../../../src/usecases/tags/merge-tags.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { createTag, updateTag } from '../../../src/usecases/tags/tags.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildShelf,
  buildTag,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { trash } from '../../support/trash/restoring.ts'
import { rowsOfWorkspace } from '../../support/state.ts'
import { statementsOf } from '../../support/statements.ts'
import {
  aliasesOf,
  attach,
  buildChain,
  checkTags,
  countsOf,
  idList,
  idSet,
  taggedWith,
  tagOf,
} from '../../support/tags/tags.ts'

const database = useDatabase()
removeTemporaryFolders()
let ctx: Awaited<ReturnType<typeof buildCtx>>
beforeEach(async () => {
  ctx = await buildCtx(database.db)
})

const merge = async (source: { id: string }, target: { id: string }) =>
  succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id }))

/** A merge that must fail and change nothing. */
async function refusedMerge(source: { id: string }, target: { id: string }, use = ctx) {
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const result = await mergeTags(use, { sourceTagId: source.id, targetTagId: target.id })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
  return result
}

test('what has either tag has the target then, once, and what has the target counts', async () => {
  const [source, target] = [await buildTag(ctx), await buildTag(ctx)]
  const shelf = await buildShelf(ctx)
  const [one, both] = [await buildBook(ctx, { bookshelfId: shelf.id }), await buildBook(ctx)]
  const block = await buildBlock(ctx, { bookId: one.id })
  await attach(ctx, [source], [shelf, one, both])
  await attach(ctx, [target], [both, block])
  ctx.clock.ms += 1_000

  const { tag, deletion } = await merge(source, target)
  expect(await taggedWith(ctx, target)).toEqual(idSet([shelf, one, both, block]))
  expect(await countsOf(ctx, target)).toEqual([1, 2, 1])
  expect(tag).toEqual(await tagOf(ctx, target))
  expect(tag).toMatchObject({ id: target.id, version: 2, updatedAt: new Date(ctx.clock.ms), usageCount: 4 })
  expect(await tagOf(ctx, source)).toMatchObject({ deletionId: deletion.id, version: 1 })
  expect(deletion).toMatchObject({ kind: 'TAG', itemId: source.id, itemCount: 1, restoredAt: null })
  await checkTags(ctx)
})

test('the target is found by the name that goes, and by the names that went to that one before', async () => {
  const [a, b, c] = [
    await buildTag(ctx, { name: 'A' }),
    await buildTag(ctx, { name: 'B' }),
    await buildTag(ctx),
  ]
  await merge(a, b)
  expect(await aliasesOf(ctx, b)).toEqual(['A'])
  await merge(b, c)
  expect(await aliasesOf(ctx, c)).toEqual(['A', 'B'])
  expect(succeeded(await createTag(ctx, { name: 'A', allowAliasOfSibling: true }))).toMatchObject({
    name: 'A',
  })
})

describe('the tags below', () => {
  test('go below the target with all that is below them; what was trashed stays with the source', async () => {
    const [source, child, grandchild] = await buildChain(ctx, ['Source', 'Child', 'Grandchild'])
    const [top, target] = await buildChain(ctx, ['Top', 'Target'])
    if (!source || !child || !grandchild || !top || !target) throw new Error('Not built.')
    const trashed = await buildTag(ctx, { name: 'Trashed', parentId: source.id })
    const deletion = await trash(ctx, 'TAG', trashed)

    await merge(source, target)
    expect(await tagOf(ctx, child)).toMatchObject({ parentId: target.id, ancestorIds: [top.id, target.id] })
    expect((await tagOf(ctx, grandchild)).ancestorIds).toEqual([top.id, target.id, child.id])
    expect(await tagOf(ctx, trashed)).toMatchObject({ parentId: source.id, ancestorIds: [source.id] })
    expect(await restoreDeletion(ctx, { deletionId: deletion.id })).toMatchObject({
      reason: 'PARENT_TRASHED',
    })
    await checkTags(ctx)
  })

  test('go to its parent when a tag is merged into that, and go to a sibling', async () => {
    const [parent, source, child] = await buildChain(ctx, ['Parent', 'Source', 'Child'])
    if (!parent || !source || !child) throw new Error('Not built.')
    const sibling = await buildTag(ctx, { name: 'Sibling', parentId: parent.id })
    await merge(source, sibling)
    expect(await tagOf(ctx, child)).toMatchObject({ parentId: sibling.id })
    await merge(sibling, parent)
    expect(await tagOf(ctx, child)).toMatchObject({ parentId: parent.id, ancestorIds: [parent.id] })
    await checkTags(ctx)
  })

  test('keep a merge from happening when two would have one name', async () => {
    const [source] = await buildChain(ctx, ['Source', 'Common'])
    const [target, twin] = await buildChain(ctx, ['Target', 'COMMON'])
    if (!source || !target || !twin) throw new Error('Not built.')
    const result = await refusedMerge(source, target)
    expect(result).toMatchObject({
      __typename: 'EqualChildren',
      pairs: [{ source: { name: 'Common' }, target: { id: twin.id } }],
      moreCount: 0,
    })
    await trash(ctx, 'TAG', twin)
    await merge(source, target)
    await checkTags(ctx)
  })

  test('keep a tag from being merged into its parent when one has its own name', async () => {
    const [parent, source, child] = await buildChain(ctx, ['Parent', 'Same', 'Same'])
    if (!parent || !source || !child) throw new Error('Not built.')
    expect(await refusedMerge(source, parent)).toBeInstanceOf(NameTaken)
    succeeded(await updateTag(ctx, { tagId: child.id, name: 'Other' }))
    await merge(source, parent)
  })

  test('keep a tag from being merged into one of them', async () => {
    const [top, child, grandchild] = await buildChain(ctx, ['Top', 'Child', 'Grandchild'])
    if (!top || !child || !grandchild) throw new Error('Not built.')
    expect(await refusedMerge(top, child)).toMatchObject({
      message: expect.stringContaining('Merge “Child” into “Top” instead') as string,
    })
    expect(await refusedMerge(top, grandchild)).toBeInstanceOf(TagCycle)
  })

  test('keep a merge from happening when they would be too deep, but not those that stay', async () => {
    const shallow = { ...ctx, limits: { ...ctx.limits, tagLevels: 4 } }
    const [, , target] = await buildChain(ctx, ['One', 'Two', 'Target'])
    const [source, child, grandchild] = await buildChain(ctx, ['Source', 'Child', 'Grandchild'])
    if (!target || !source || !child || !grandchild) throw new Error('Not built.')
    expect(await refusedMerge(source, target, shallow)).toMatchObject({ limit: 4 })
    await trash(ctx, 'TAG', grandchild)
    // It could not come back below its parent there.
    expect(await refusedMerge(source, target, shallow)).toBeInstanceOf(TagTooDeep)
    await trash(ctx, 'TAG', child)
    succeeded(await mergeTags(shallow, { sourceTagId: source.id, targetTagId: target.id }))
    await checkTags(shallow)
  })

  test('need no room when there are none', async () => {
    const shallow = { ...ctx, limits: { ...ctx.limits, tagLevels: 2 } }
    const [, target] = await buildChain(ctx, ['One', 'Target'])
    const source = await buildTag(ctx)
    succeeded(await mergeTags(shallow, { sourceTagId: source.id, targetTagId: target?.id ?? '' }))
  })
})

test('what is in the trash has the target too, counted when it is back', async () => {
  const [source, target] = [await buildTag(ctx), await buildTag(ctx)]
  const shelf = await buildShelf(ctx)
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  const blocks = [await buildBlock(ctx, { bookId: book.id }), await buildBlock(ctx, { bookId: book.id })]
  await attach(ctx, [source], [shelf, book, ...blocks])
  await attach(ctx, [target], blocks.slice(1))
  const early = await trash(ctx, 'BLOCK', blocks[0] ?? { id: '' })
  const deletion = await trash(ctx, 'BOOKSHELF', shelf)
  expect(await countsOf(ctx, target)).toEqual([0, 0, 0])

  await merge(source, target)
  expect(await countsOf(ctx, target)).toEqual([0, 0, 0])
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await countsOf(ctx, target)).toEqual([1, 1, 1])
  expect(await countsOf(ctx, source)).toEqual([1, 1, 1])
  succeeded(await restoreDeletion(ctx, { deletionId: early.id }))
  expect(await countsOf(ctx, target)).toEqual([1, 1, 2])
  await checkTags(ctx)
})

test('a tag is not merged into itself', async () => {
  const tag = await buildTag(ctx)
  const result = await refusedMerge(tag, tag)
  expect(result).toBeInstanceOf(InvalidInput)
  expect(result).toMatchObject({ issues: [{ path: 'targetTagId' }] })
})

test('a reason that cannot be kept is refused, another is kept', async () => {
  const [source, target] = [await buildTag(ctx), await buildTag(ctx)]
  const input = { sourceTagId: source.id, targetTagId: target.id }
  expect(await mergeTags(ctx, { ...input, reason: 'a\0' })).toMatchObject({ issues: [{ path: 'reason' }] })
  const { deletion } = succeeded(await mergeTags(ctx, { ...input, reason: 'Twins' }))
  expect(deletion).toMatchObject({ reason: 'Twins', path: [] })
})

test('a thing keeps at most as many tags as it may have', async () => {
  const book = await buildBook(ctx)
  const tags = []
  for (let count = 0; count < 100; count += 1) tags.push(await buildTag(ctx))
  await attach(ctx, tags, [book])
  const target = await buildTag(ctx)
  const { deletion } = await merge(tags[0] ?? target, target)
  const live = await ctx.db.prisma.tagAssociation.count({
    where: { workspaceId: ctx.actor.workspaceId, entityId: book.id, tag: { deletionId: null } },
  })
  expect(live).toBe(100)
  expect(idList([tags[0] ?? target])).toEqual([deletion.itemId])
})

test('the tags that go below the target are changed by it, and so are those that return', async () => {
  const [source, target] = [await buildTag(ctx), await buildTag(ctx)]
  const child = await buildTag(ctx, { parentId: source.id })
  const grandchild = await buildTag(ctx, { parentId: child.id })
  ctx.clock.ms += 1_000
  const { deletion } = await merge(source, target)
  expect(await tagOf(ctx, child)).toMatchObject({
    parentId: target.id,
    version: 2,
    updatedAt: new Date(ctx.clock.ms),
  })
  expect(await tagOf(ctx, grandchild)).toMatchObject({ version: 1, updatedAt: grandchild.updatedAt })
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await tagOf(ctx, child)).toMatchObject({ parentId: source.id, version: 3 })
})

test('a merge and taking it back take the same number of statements however many tags and things it moves', async () => {
  const statements = async (children: number) => {
    const [source, target] = [await buildTag(ctx), await buildTag(ctx)]
    for (let child = 0; child < children; child += 1) {
      await attach(ctx, [source], [await buildShelf(ctx)])
      await buildTag(ctx, { parentId: source.id })
    }
    return statementsOf(async () => {
      const { deletion } = await merge(source, target)
      succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
    })
  }
  expect(await statements(12)).toHaveLength((await statements(2)).length)
})
