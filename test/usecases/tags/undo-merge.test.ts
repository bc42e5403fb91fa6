import { beforeEach, describe, expect, test } from 'vitest'
import { RestoreConflict, RetentionExpired } from '../../../src/domain/restore.ts'
import { mergeTags } from '../../../src/usecases/tags/merge-tags.ts'
import { detachTags } from '../../../src/usecases/tags/attach-tags.ts'
import { createTag, moveTag, updateTag } from '../../../src/usecases/tags/tags.ts'
import { buildBook, buildCtx, buildTag, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { restore, trash } from '../../support/trash/restoring.ts'
import {
  aliasesOf,
  attach,
  buildChain,
  checkTags,
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
  succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id })).deletion
const undo = async (deletion: { id: string }) => {
  succeeded(await restore(ctx, deletion.id))
  await checkTags(ctx)
}
const detach = async (tag: { id: string }, entity: { id: string }) =>
  succeeded(await detachTags(ctx, { tagIds: [tag.id], entityIds: [entity.id] }))

/** Tags that each have a book of their own, and all of them one book in common. */
async function buildTagged(count: number) {
  const common = await buildBook(ctx)
  const tagged = []
  for (let index = 0; index < count; index += 1) {
    const [tag, book] = [await buildTag(ctx), await buildBook(ctx)]
    await attach(ctx, [tag], [book, common])
    tagged.push({ tag, book })
  }
  return { common, tagged }
}

/** The same, of three tags. */
async function buildThree() {
  const { common, tagged } = await buildTagged(3)
  const [a, b, c] = tagged
  if (!a || !b || !c) throw new Error('Not built.')
  return { common, a, b, c }
}

describe('what has the tags', () => {
  test('is as it was before', async () => {
    const { common, a, b } = await buildThree()
    const before = [await tagOf(ctx, a.tag), (await tagOf(ctx, b.tag)).usageCount]
    const deletion = await merge(a.tag, b.tag)
    await undo(deletion)
    expect(await taggedWith(ctx, b.tag)).toEqual(idSet([b.book, common]))
    expect([await tagOf(ctx, a.tag), (await tagOf(ctx, b.tag)).usageCount]).toEqual(before)
    expect(await aliasesOf(ctx, b.tag)).toEqual([])
  })

  test('keeps the target where it was attached by hand after the merge', async () => {
    const { a, b, common } = await buildThree()
    const deletion = await merge(a.tag, b.tag)
    expect((await attach(ctx, [b.tag], [a.book])).attachedCount).toBe(0)
    await undo(deletion)
    expect(await taggedWith(ctx, b.tag)).toEqual(idSet([a.book, b.book, common]))
  })

  test('does not get the target back where it was detached by hand after the merge', async () => {
    const { a, b, common } = await buildThree()
    const deletion = await merge(a.tag, b.tag)
    await detach(b.tag, a.book)
    await detach(b.tag, common)
    await undo(deletion)
    expect(await taggedWith(ctx, b.tag)).toEqual(idSet([b.book]))
    expect(await taggedWith(ctx, a.tag)).toEqual(idSet([a.book, common]))
  })

  test('keeps the target when another merge brought it as well, whichever is undone first', async () => {
    const shared = await buildBook(ctx)
    const [one, other, target] = [await buildTag(ctx), await buildTag(ctx), await buildTag(ctx)]
    await attach(ctx, [one, other], [shared])
    for (const reversed of [false, true]) {
      const merges = [await merge(one, target), await merge(other, target)]
      const [first, second] = reversed ? merges.reverse() : merges
      if (!first || !second) throw new Error('Not merged.')
      await undo(first)
      expect(await taggedWith(ctx, target)).toEqual(idSet([shared]))
      await undo(second)
      expect(await taggedWith(ctx, target)).toEqual(new Set())
    }
  })

  test('is not given the target by an earlier merge, when it was detached between the two', async () => {
    const shared = await buildBook(ctx)
    const [one, other, target] = [await buildTag(ctx), await buildTag(ctx), await buildTag(ctx)]
    await attach(ctx, [one, other], [shared])
    await merge(one, target)
    await detach(target, shared)
    const second = await merge(other, target)
    expect(await taggedWith(ctx, target)).toEqual(idSet([shared]))
    await undo(second)
    expect(await taggedWith(ctx, target)).toEqual(new Set())
  })

  test('is exact when things were trashed at the merge, at its undoing, or both', async () => {
    const { a, b, common } = await buildThree()
    const late = await buildBook(ctx)
    await attach(ctx, [a.tag], [late])
    const early = await trash(ctx, 'BOOK', a.book)
    const merged = await merge(a.tag, b.tag)
    succeeded(await restore(ctx, early.id))
    const [lateDeletion, commonDeletion] = [await trash(ctx, 'BOOK', late), await trash(ctx, 'BOOK', common)]
    await undo(merged)
    succeeded(await restore(ctx, lateDeletion.id))
    succeeded(await restore(ctx, commonDeletion.id))
    expect(await taggedWith(ctx, b.tag)).toEqual(idSet([b.book, common]))
    expect((await tagOf(ctx, a.tag)).usageCount).toBe(3)
    await checkTags(ctx)
  })

  test('is as before when the target was trashed meanwhile', async () => {
    const { a, b, common } = await buildThree()
    const merged = await merge(a.tag, b.tag)
    const trashed = await trash(ctx, 'TAG', b.tag)
    await undo(merged)
    succeeded(await restore(ctx, trashed.id))
    expect(await taggedWith(ctx, b.tag)).toEqual(idSet([b.book, common]))
    await checkTags(ctx)
  })
})

describe.each([
  ['the last first', [1, 0]],
  ['the first first', [0, 1]],
])('a chain of merges that is undone, %s', (_what, order) => {
  test('gives every tag what it had, below it too', async () => {
    const { common, a, b, c } = await buildThree()
    const child = await buildTag(ctx, { parentId: a.tag.id })
    const grandchild = await buildTag(ctx, { parentId: child.id })
    const other = await buildTag(ctx, { parentId: b.tag.id })
    const merges = [await merge(a.tag, b.tag), await merge(b.tag, c.tag)]
    expect(await taggedWith(ctx, c.tag)).toEqual(idSet([a.book, b.book, c.book, common]))
    expect(await tagOf(ctx, child)).toMatchObject({ parentId: c.tag.id })

    for (const index of order) await undo(merges[index] ?? { id: '' })
    for (const { tag, book } of [a, b, c]) {
      expect(await taggedWith(ctx, tag)).toEqual(idSet([book, common]))
      expect((await tagOf(ctx, tag)).usageCount).toBe(2)
      expect(await aliasesOf(ctx, tag)).toEqual([])
    }
    expect(await tagOf(ctx, child)).toMatchObject({ parentId: a.tag.id })
    expect(await tagOf(ctx, other)).toMatchObject({ parentId: b.tag.id })
    expect((await tagOf(ctx, grandchild)).ancestorIds).toEqual([a.tag.id, child.id])
  })
})

describe('a merge in the middle of a chain', () => {
  /** A into B, B into C, C into D. */
  async function buildChainOfMerges() {
    const { common, tagged } = await buildTagged(4)
    const [a, b, c, d] = tagged
    if (!a || !b || !c || !d) throw new Error('Not built.')
    for (const [index, { tag }] of tagged.entries())
      succeeded(await updateTag(ctx, { tagId: tag.id, name: 'ABCD'.charAt(index) }))
    const first = await merge(a.tag, b.tag)
    return {
      common,
      a,
      b,
      c,
      d,
      first,
      goOn: async () => [await merge(b.tag, c.tag), await merge(c.tag, d.tag)],
    }
  }

  test('is taken back from every tag of the chain at once', async () => {
    const { common, a, b, c, d, first, goOn } = await buildChainOfMerges()
    await goOn()
    expect(await aliasesOf(ctx, d.tag)).toEqual(['A', 'B', 'C'])
    await undo(first)
    expect(await taggedWith(ctx, a.tag)).toEqual(idSet([a.book, common]))
    expect(await taggedWith(ctx, d.tag)).toEqual(idSet([b.book, c.book, d.book, common]))
    expect(await aliasesOf(ctx, d.tag)).toEqual(['B', 'C'])
    expect((await tagOf(ctx, d.tag)).usageCount).toBe(4)
  })

  test('keeps what each tag was given by hand meanwhile', async () => {
    const { a, b, c, d, common, first, goOn } = await buildChainOfMerges()
    await attach(ctx, [b.tag], [a.book])
    const [second, third] = await goOn()
    await undo(first)
    // B has the book itself since, and so do the tags that B went into.
    expect(await taggedWith(ctx, d.tag)).toEqual(idSet([a.book, b.book, c.book, d.book, common]))
    await undo(second ?? first)
    expect(await taggedWith(ctx, b.tag)).toEqual(idSet([a.book, b.book, common]))
    expect(await taggedWith(ctx, d.tag)).toEqual(idSet([c.book, d.book, common]))
    await attach(ctx, [d.tag], [c.book])
    await undo(third ?? first)
    expect(await taggedWith(ctx, d.tag)).toEqual(idSet([c.book, d.book, common]))
  })

  test('does not bring back what was detached by hand', async () => {
    const { a, c, d, common, first, goOn } = await buildChainOfMerges()
    const [, third] = await goOn()
    await detach(d.tag, a.book)
    await undo(third ?? first)
    expect(await taggedWith(ctx, d.tag)).toEqual(idSet([d.book, common]))
    await undo(first)
    expect(await taggedWith(ctx, a.tag)).toEqual(idSet([a.book, common]))
    expect(await taggedWith(ctx, c.tag)).not.toContain(a.book.id)
  })

  test('is taken back from a tag that another way leads to as well, except what came that way', async () => {
    const { a, b, c, common, first } = await buildChainOfMerges()
    await attach(ctx, [c.tag], [b.book])
    const other = await merge(c.tag, b.tag)
    await undo(first)
    expect(await taggedWith(ctx, b.tag)).toEqual(idSet([b.book, c.book, common]))
    await undo(other)
    expect(await taggedWith(ctx, b.tag)).toEqual(idSet([b.book, common]))
    expect(await taggedWith(ctx, c.tag)).toEqual(idSet([b.book, c.book, common]))
    expect(await taggedWith(ctx, a.tag)).toEqual(idSet([a.book, common]))
  })
})

describe('the tags that a merge moved', () => {
  async function buildMerged() {
    const [source, child, grandchild] = await buildChain(ctx, ['Source', 'Child', 'Grandchild'])
    const [outer, target] = await buildChain(ctx, ['Outer', 'Target'])
    if (!source || !child || !grandchild || !outer || !target) throw new Error('Not built.')
    const before = await tagOf(ctx, grandchild)
    const deletion = await merge(source, target)
    return { source, child, grandchild, outer, target, deletion, before }
  }

  test('return with what is below them', async () => {
    const { source, child, grandchild, deletion, before } = await buildMerged()
    const late = await buildTag(ctx, { parentId: grandchild.id })
    await undo(deletion)
    expect(await tagOf(ctx, child)).toMatchObject({ parentId: source.id, ancestorIds: [source.id] })
    expect(await tagOf(ctx, grandchild)).toEqual(before)
    expect((await tagOf(ctx, late)).ancestorIds).toEqual([source.id, child.id, grandchild.id])
  })

  test('stay where they were moved to', async () => {
    const { child, outer, deletion } = await buildMerged()
    succeeded(await moveTag(ctx, { tagId: child.id, parentId: outer.id }))
    await undo(deletion)
    expect(await tagOf(ctx, child)).toMatchObject({ parentId: outer.id })
  })

  test('return in the trash, and come back below the source', async () => {
    const { source, child, grandchild, deletion } = await buildMerged()
    const trashed = await trash(ctx, 'TAG', child)
    await undo(deletion)
    succeeded(await restore(ctx, trashed.id))
    expect(await tagOf(ctx, child)).toMatchObject({ parentId: source.id, deletionId: null })
    expect(await tagOf(ctx, grandchild)).toMatchObject({ deletionId: null })
    await checkTags(ctx)
  })

  test('come back with the target when they were trashed with it', async () => {
    for (const name of ['Child', 'Another']) {
      const { source, child, grandchild, target, deletion } = await buildMerged()
      const trashed = await trash(ctx, 'TAG', target)
      await undo(deletion)
      // Neither of these may be in the way of the target.
      succeeded(await createTag(ctx, { name, parentId: source.id }))
      await trash(ctx, 'TAG', source)
      succeeded(await restore(ctx, trashed.id))
      expect(await tagOf(ctx, child)).toMatchObject({ parentId: target.id, deletionId: null })
      expect(await tagOf(ctx, grandchild)).toMatchObject({ deletionId: null })
      await checkTags(ctx)
      ctx = await buildCtx(database.db)
    }
  })

  test('stay when the source goes below one of them', async () => {
    const { source, child, grandchild, target, deletion } = await buildMerged()
    succeeded(await restore(ctx, deletion.id, { parentId: grandchild.id }))
    expect(await tagOf(ctx, child)).toMatchObject({ parentId: target.id })
    expect(await tagOf(ctx, source)).toMatchObject({ parentId: grandchild.id })
    await checkTags(ctx)
  })

  test('stay when there is no room for them where the source goes', async () => {
    const { source, child, deletion, target } = await buildMerged()
    const shallow = { ...ctx, limits: { ...ctx.limits, tagLevels: 4 } }
    const [, place] = await buildChain(ctx, ['Place', 'Below'])
    succeeded(await restore(shallow, deletion.id, { parentId: place?.id }))
    expect(await tagOf(ctx, child)).toMatchObject({ parentId: target.id })
    expect(await tagOf(ctx, source)).toMatchObject({ parentId: place?.id })
    await checkTags(shallow)
  })

  // Which of two paths a row gets would depend on the order in which PostgreSQL comes upon them.
  test.each([1, -1])('return each by itself when one of them has come below another (%i)', async (order) => {
    const source = await buildTag(ctx)
    const [outer, target] = await buildChain(ctx, ['Outer', 'Target'])
    const tops = [await buildTag(ctx, { parentId: source.id }), await buildTag(ctx, { parentId: source.id })]
    const [above, child] = order > 0 ? tops : tops.reverse()
    if (!outer || !target || !above || !child) throw new Error('Not built.')
    const grandchild = await buildTag(ctx, { parentId: child.id })
    const deletion = await merge(source, target)
    const trashed = await trash(ctx, 'TAG', child)
    await merge(target, await buildTag(ctx))
    succeeded(await moveTag(ctx, { tagId: outer.id, parentId: above.id }))
    expect((await tagOf(ctx, child)).ancestorIds).toContain(above.id)

    await undo(deletion)
    expect((await tagOf(ctx, child)).ancestorIds).toEqual([source.id])
    expect((await tagOf(ctx, grandchild)).ancestorIds).toEqual([source.id, child.id])
    succeeded(await restore(ctx, trashed.id))
    await checkTags(ctx)
  })

  test('return under the names they have now', async () => {
    const { source, child, target, deletion } = await buildMerged()
    succeeded(await updateTag(ctx, { tagId: child.id, name: 'Renamed' }))
    await buildTag(ctx, { name: 'Child', parentId: target.id })
    await undo(deletion)
    expect(await tagOf(ctx, child)).toMatchObject({ name: 'Renamed', parentId: source.id })
  })
})

test('a merge cannot be undone when its time is over, when its name is taken, or twice', async () => {
  const [source, target] = [await buildTag(ctx, { name: 'Source' }), await buildTag(ctx)]
  const deletion = await merge(source, target)
  const taken = await buildTag(ctx, { name: 'SOURCE', allowAliasOfSibling: true })
  const result = await restore(ctx, deletion.id)
  expect(result).toBeInstanceOf(RestoreConflict)
  expect(result).toMatchObject({ reason: 'NAME_TAKEN', blockedBy: { __typename: 'Tag', id: taken.id } })
  expect(await aliasesOf(ctx, target)).toEqual(['Source'])
  ctx.clock.ms = deletion.purgeAfter.getTime()
  expect(await restore(ctx, deletion.id)).toBeInstanceOf(RetentionExpired)
  ctx.clock.ms -= 1
  await trash(ctx, 'TAG', taken)
  await undo(deletion)
  expect(await restore(ctx, deletion.id)).toMatchObject({ __typename: 'NotInTrash' })
})

test('a tag that was merged, is back and goes to the trash again comes back alone', async () => {
  const { a, b, common } = await buildThree()
  await undo(await merge(a.tag, b.tag))
  await attach(ctx, [b.tag], [a.book])
  await undo(await trash(ctx, 'TAG', a.tag))
  expect(await taggedWith(ctx, b.tag)).toEqual(idSet([a.book, b.book, common]))
})
