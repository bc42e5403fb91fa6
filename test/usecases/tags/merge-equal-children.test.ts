import { beforeEach, expect, test } from 'vitest'
import { mergeTags } from '../../../src/usecases/tags/merge-tags.ts'
import { updateTag } from '../../../src/usecases/tags/tags.ts'
import { restoreItem } from '../../../src/usecases/trash/restore-item.ts'
import { buildBook, buildCtx, buildTag, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { rowsOfWorkspace } from '../../support/state.ts'
import { statementsOf } from '../../support/statements.ts'
import { aliasesOf, attach, checkTags, idSet, taggedWith, tagOf } from '../../support/tags/tags.ts'
import { restore } from '../../support/trash/restoring.ts'

const database = useDatabase()
removeTemporaryFolders()
let ctx: Awaited<ReturnType<typeof buildCtx>>
beforeEach(async () => {
  ctx = await buildCtx(database.db)
})

type Thing = { id: string }
const merge = (source: Thing, target: Thing, mergeEqualChildren = true, use = ctx) =>
  mergeTags(use, { sourceTagId: source.id, targetTagId: target.id, mergeEqualChildren })
const below = (parent: Thing, name: string) => buildTag(ctx, { name, parentId: parent.id })

/** Two trees with Cats and Cats/Lions in common, and one more tag at each place. */
async function buildTrees() {
  const [source, target] = [await buildTag(ctx, { name: 'Animals' }), await buildTag(ctx, { name: 'Pets' })]
  const [cats, twin] = [await below(source, 'Cats'), await below(target, 'CATS')]
  const [lions, lionTwin] = [await below(cats, 'Lions'), await below(twin, 'Lions')]
  const [dogs, tigers, cub] = [
    await below(source, 'Dogs'),
    await below(cats, 'Tigers'),
    await below(lions, 'Cub'),
  ]
  return { source, target, cats, twin, lions, lionTwin, dogs, tigers, cub }
}

test('equal children are merged along with all below them, and undone with the merge', async () => {
  const tree = await buildTrees()
  const { source, target, cats, twin, lions, lionTwin, dogs, tigers, cub } = tree
  const [book, other] = [await buildBook(ctx), await buildBook(ctx)]
  await attach(ctx, [cats, lions], [book])
  await attach(ctx, [twin], [other])
  const before = await Promise.all(Object.values(tree).map((tag) => tagOf(ctx, tag)))

  const { deletion } = succeeded(await merge(source, target))
  expect(deletion).toMatchObject({ itemId: source.id, itemCount: 3 })
  for (const tag of [source, cats, lions])
    expect(await tagOf(ctx, tag)).toMatchObject({ deletionId: deletion.id })
  for (const [tag, parent] of [
    [dogs, target],
    [tigers, twin],
    [cub, lionTwin],
  ] as const)
    expect(await tagOf(ctx, tag)).toMatchObject({ parentId: parent.id, deletionId: null })
  expect(await taggedWith(ctx, twin)).toEqual(idSet([book, other]))
  expect(await taggedWith(ctx, lionTwin)).toEqual(idSet([book]))
  expect([await aliasesOf(ctx, target), await aliasesOf(ctx, twin)]).toEqual([['Animals'], ['Cats']])
  expect(await tagOf(ctx, twin)).toMatchObject({ version: 2, usageCount: 2 })
  await checkTags(ctx)

  succeeded(await restore(ctx, deletion.id))
  const after = await Promise.all(Object.values(tree).map((tag) => tagOf(ctx, tag)))
  const shape = (tags: typeof before) =>
    tags.map(({ id, ancestorIds, usageCount, deletionId }) => ({ id, ancestorIds, usageCount, deletionId }))
  expect(shape(after)).toEqual(shape(before))
  expect([await aliasesOf(ctx, target), await aliasesOf(ctx, twin)]).toEqual([[], []])
  await checkTags(ctx)
})

test('without the option the failure shows all pairs, from the top down, and how many more there are', async () => {
  const { source, target, cats, twin, lions, lionTwin } = await buildTrees()
  expect(await merge(source, target, false)).toMatchObject({
    __typename: 'EqualChildren',
    pairs: [
      { source: { id: cats.id }, target: { id: twin.id } },
      { source: { id: lions.id }, target: { id: lionTwin.id } },
    ],
    moreCount: 0,
    message: expect.stringContaining('“Cats”, “Lions”. Merge them along with `mergeEqualChildren') as string,
  })
  for (let count = 0; count < 22; count += 1)
    for (const parent of [source, target]) await below(parent, `Child ${count}`)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const result = await merge(source, target, false)
  expect(result).toMatchObject({ moreCount: 4 })
  expect('pairs' in result && result.pairs).toHaveLength(20)
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('one of them can be restored alone, and the rest later', async () => {
  const { source, target, cats, twin, lions, lionTwin, tigers, cub } = await buildTrees()
  const { deletion } = succeeded(await merge(source, target))
  succeeded(await restoreItem(ctx, { itemId: cats.id, target: { topLevel: true } }))
  expect(await tagOf(ctx, tigers)).toMatchObject({ parentId: cats.id })
  expect(await tagOf(ctx, cub)).toMatchObject({ parentId: lions.id })
  expect(await aliasesOf(ctx, twin)).toEqual([])
  expect(await aliasesOf(ctx, lionTwin)).toEqual([])
  await checkTags(ctx)
  succeeded(await restore(ctx, deletion.id))
  expect(await aliasesOf(ctx, target)).toEqual([])
  await checkTags(ctx)
})

test('a child that now has the name of a merged one stays where it is', async () => {
  const { source, target, twin, dogs } = await buildTrees()
  const { deletion } = succeeded(await merge(source, target))
  succeeded(await updateTag(ctx, { tagId: twin.id, name: 'Felines' }))
  succeeded(await updateTag(ctx, { tagId: dogs.id, name: 'Cats', allowAliasOfSibling: true }))
  succeeded(await restore(ctx, deletion.id))
  expect(await tagOf(ctx, dogs)).toMatchObject({ parentId: target.id })
  await checkTags(ctx)
})

test('a child of an equal child may not be too deep either', async () => {
  const { source, target } = await buildTrees()
  const [outer] = [await buildTag(ctx)]
  const inner = await below(outer, 'Pets')
  const cats = await below(inner, 'Cats')
  await below(cats, 'Lions')
  const shallow = { ...ctx, limits: { ...ctx.limits, tagLevels: 4 } }
  expect(await merge(source, inner, true, shallow)).toMatchObject({ __typename: 'TagTooDeep' })
  succeeded(await merge(source, target, true, shallow))
})

test('takes the same number of statements however many pairs there are', async () => {
  const statements = async (count: number) => {
    const [source, target] = [await buildTag(ctx), await buildTag(ctx)]
    for (let pair = 0; pair < count; pair += 1) {
      const child = await below(source, `Child ${pair}`)
      await below(child, 'Below')
      await below(target, `Child ${pair}`)
    }
    return statementsOf(async () => {
      const { deletion } = succeeded(await merge(source, target))
      succeeded(await restore(ctx, deletion.id))
    })
  }
  expect(await statements(9)).toHaveLength((await statements(2)).length)
})
