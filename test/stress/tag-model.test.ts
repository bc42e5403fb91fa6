import { expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import { RestoreConflict } from '../../src/domain/restore.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { purgeDeletion } from '../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../src/usecases/trash/run-purge.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { attachTags, detachTags } from '../../src/usecases/tags/attach-tags.ts'
import { addTagAlias, removeTagAlias } from '../../src/usecases/tags/tag-aliases.ts'
import { createTag, moveTag, updateTag } from '../../src/usecases/tags/tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { buildBlock, buildBook, buildCtx, buildShelf, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { randomChoices } from '../support/random.ts'
import { type Place, TagModel } from '../support/tags/tag-model.ts'
import { belowTag, checkTags } from '../support/tags/tags.ts'

const database = useDatabase()
removeTemporaryFolders()

const levels = 5
const names = ['Ada', 'Basic', 'C', 'Dart', 'Elm', 'Go', 'Rust', 'Zig']

const outcomeOf = (result: unknown) => {
  if (result instanceof RestoreConflict) return result.reason
  return result instanceof Failure ? result.__typename : 'ok'
}

/** The id of what an operation made. */
const madeBy = (result: object): string => {
  const made = 'deletion' in result ? result.deletion : result
  return typeof made === 'object' && made !== null && 'id' in made ? String(made.id) : 'none'
}

/** Puts the things that are tagged into the database and the model. */
async function buildThings(ctx: Ctx, model: TagModel) {
  const add = (id: string, kind: 'BOOKSHELF' | 'BOOK' | 'BLOCK', parent: string | null) =>
    model.things.set(id, { id, kind, parent, deletion: null })
  for (let shelves = 0; shelves < 2; shelves += 1) {
    const shelf = await buildShelf(ctx)
    add(shelf.id, 'BOOKSHELF', null)
    for (let books = 0; books < 2; books += 1) {
      const book = await buildBook(ctx, { bookshelfId: shelf.id })
      add(book.id, 'BOOK', shelf.id)
      const block = await buildBlock(ctx, { bookId: book.id })
      add(block.id, 'BLOCK', book.id)
    }
  }
}

const addAlias = (ctx: Ctx, tagId: string, name: string) =>
  addTagAlias(ctx, { tagId, name, allowNameOfSibling: true })

type Random = ReturnType<typeof randomChoices>

/** Of everything something, or little but tagging, merging, restoring and purging: chances, out of 100. */
const profiles = {
  everything: (random: Random) => random.below(100),
  merges: (random: Random) => random.one([5, 18, 19, 40, 45, 55, 65, 65, 65, 65, 75, 82, 90, 91, 92]),
} as const

/** Does something by chance, and gives what it was, what came of it and what the model says. */
async function step(ctx: Ctx, model: TagModel, random: Random, profile: keyof typeof profiles) {
  const tagIds = [...model.tags.keys()]
  if (model.things.size < 6) await buildThings(ctx, model)
  const thingIds = [...model.things.keys()]
  const name = random.one(names.flatMap((word) => [word, word.toUpperCase()]))
  const chance = profiles[profile](random)
  const tag = () => random.one(tagIds)
  const parent = () => (random.below(4) === 0 ? null : tag())
  const done = (what: unknown[], result: object, expected: string) => ({
    what,
    result: outcomeOf(result),
    expected,
  })

  if (tagIds.length < 4 || (tagIds.length < 30 && chance < 15)) {
    const parentId = tagIds.length < 2 ? null : parent()
    const result = await createTag(ctx, { name, parentId })
    return done(['create', name, parentId], result, model.create(madeBy(result), name, parentId))
  }
  if (chance < 20) {
    const tagId = tag()
    if (chance === 18)
      return done(['add alias', tagId, name], await addAlias(ctx, tagId, name), model.addAlias(tagId, name))
    if (chance === 19)
      return done(
        ['remove alias', tagId, name],
        await removeTagAlias(ctx, { tagId, name }),
        model.removeAlias(tagId, name),
      )
    return done(['rename', tagId, name], await updateTag(ctx, { tagId, name }), model.rename(tagId, name))
  }
  if (chance < 35) {
    const [tagId, parentId] = [tag(), parent()]
    return done(
      ['move', tagId, parentId],
      await moveTag(ctx, { tagId, ...belowTag(parentId) }),
      model.move(tagId, parentId),
    )
  }
  if (chance < 60) {
    const input = { tagIds: random.some(tagIds, 2), entityIds: random.some(thingIds, 3) }
    const attaching = chance < 52
    const result = await (attaching ? attachTags : detachTags)(ctx, input)
    const expected = model[attaching ? 'attach' : 'detach'](input.tagIds, input.entityIds)
    return done([attaching ? 'attach' : 'detach', input], result, expected)
  }
  if (chance < 70) {
    const [sourceId, targetId] = [tag(), tag()]
    const mergeEqualChildren = random.below(2) === 0
    const result = await mergeTags(ctx, { sourceTagId: sourceId, targetTagId: targetId, mergeEqualChildren })
    const expected = model.merge(madeBy(result), sourceId, targetId, mergeEqualChildren)
    return done(['merge', sourceId, targetId, mergeEqualChildren], result, expected)
  }
  if (chance < 80 || model.deletions.size === 0) {
    const thing = model.things.get(random.one(thingIds))
    const [kind, id] = chance % 2 === 0 && thing ? [thing.kind, thing.id] : (['TAG', tag()] as const)
    const result = await trashItem(ctx, { kind, id })
    return done(['trash', kind, id], result, model.trash(madeBy(result), kind, id))
  }
  if (chance < 84) {
    const deletion = random.one([...model.deletions.values()])
    const result = await purgeDeletion(ctx, { deletionId: deletion.id })
    const expected = model.purge(deletion.id)
    await purgeTrash(ctx, {})
    return done(['purge', deletion], result, expected)
  }
  const pending = [...model.deletions.values()].filter(({ restored }) => !restored)
  const deletion = random.one(pending.length > 0 && chance > 80 ? pending : [...model.deletions.values()])
  const place: Place =
    deletion.kind !== 'TAG' || random.below(2) === 0
      ? 'old'
      : random.below(3) === 0
        ? 'top'
        : { below: tag() }
  const target = { topLevel: place === 'top', parentId: typeof place === 'object' ? place.below : null }
  const result = await restoreDeletion(ctx, { deletionId: deletion.id, target })
  return done(['restore', deletion, place], result, model.restore(deletion.id, place))
}

const byId = <T extends { id: string }>(one: T, other: T) => (one.id < other.id ? -1 : 1)

/** Compares the tree and the counts. */
async function compareTags(ctx: Ctx, model: TagModel) {
  const rows = await ctx.db.prisma.tag.findMany({ where: { workspaceId: ctx.actor.workspaceId } })
  const real = rows.map((row) => ({
    id: row.id,
    name: row.name,
    path: row.ancestorIds,
    deletion: row.deletionId,
    counts: [row.bookshelfCount, row.bookCount, row.blockCount],
  }))
  const told = [...model.tags.values()].map(({ id, name, deletion }) => ({
    id,
    name,
    path: model.path(id),
    deletion,
    counts: model.counts(id),
  }))
  expect(real.sort(byId)).toEqual(told.sort(byId))
}

/** Compares everything else. */
async function compareRest(ctx: Ctx, model: TagModel) {
  const where = { workspaceId: ctx.actor.workspaceId }
  const associations = await ctx.db.prisma.tagAssociation.findMany({ where })
  const line = (...words: string[]) => words.join(' ')
  const fromOf = (tag: string, ids: readonly string[]) => (ids.length === 0 ? tag : [...ids].sort().join())
  expect(
    associations.map((one) => line(one.tagId, one.entityId, fromOf(one.tagId, one.mergedFrom))).sort(),
  ).toEqual(model.associations.map((one) => line(one.tag, one.thing, fromOf(one.tag, one.from))).sort())
  const aliases = await ctx.db.prisma.tagAlias.findMany({ where })
  expect(aliases.map((one) => line(one.tagId, one.name, one.mergedFrom ?? one.tagId)).sort()).toEqual(
    model.aliases.map(({ tag, name, from }) => line(tag, name, from)).sort(),
  )
  await checkTags(ctx)
}

/** More of them: TAG_SEEDS=5,6,7. */
const seeds = process.env['TAG_SEEDS']?.split(',').map(Number) ?? [1, 2, 3]

test.each(seeds.flatMap((seed) => [[seed, 'everything'] as const, [seed, 'merges'] as const]))(
  'tags do what a simple model of them does, whatever is done (seed %i, %s)',
  async (seed, profile) => {
    const random = randomChoices(seed)
    const base = await buildCtx(database.db)
    const ctx = { ...base, limits: { ...base.limits, tagLevels: levels } }
    const model = new TagModel(levels)
    await buildThings(ctx, model)
    const outcomes = new Map<string, number>()
    for (let count = 1; count <= 300; count += 1) {
      const { what, result, expected } = await step(ctx, model, random, profile)
      expect({ seed, count, what, result }).toEqual({ seed, count, what, result: expected })
      outcomes.set(result, (outcomes.get(result) ?? 0) + 1)
      await compareTags(ctx, model)
      if (count % 25 === 0 || profile === 'merges') await compareRest(ctx, model)
    }
    // A sequence that only ever failed, or never did, would show nothing.
    expect(outcomes.get('ok')).toBeGreaterThan(100)
    expect(outcomes.size).toBeGreaterThan(profile === 'merges' ? 4 : 6)
  },
  120_000,
)
