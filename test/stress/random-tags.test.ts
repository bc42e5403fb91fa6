import { expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { attachTags, detachTags } from '../../src/usecases/tags/attach-tags.ts'
import { createTag, moveTag, updateTag } from '../../src/usecases/tags/tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildShelf,
  buildTag,
  removeTemporaryFolders,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { randomChoices } from '../support/random.ts'
import { belowTag, checkTags } from '../support/tags/tags.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const names = ['Ada', 'Basic', 'C', 'Dart', 'Elm', 'Go', 'Rust', 'Zig', '围棋', 'ＧＯ']

interface Thing {
  readonly kind: 'BOOKSHELF' | 'BOOK' | 'BLOCK'
  readonly id: string
}

async function buildThings(ctx: Ctx) {
  const things: Thing[] = []
  for (let shelves = 0; shelves < 3; shelves += 1) {
    const shelf = await buildShelf(ctx)
    things.push({ kind: 'BOOKSHELF', id: shelf.id })
    for (let books = 0; books < 3; books += 1) {
      const book = await buildBook(ctx, { bookshelfId: shelf.id })
      const block = await buildBlock(ctx, { bookId: book.id })
      things.push({ kind: 'BOOK', id: book.id }, { kind: 'BLOCK', id: block.id })
    }
  }
  return things
}

interface World {
  readonly things: readonly Thing[]
  readonly tags: string[]
  readonly deletions: string[]
}

/** Does something by chance. */
async function step(ctx: Ctx, world: World, random: ReturnType<typeof randomChoices>): Promise<object> {
  const { things, tags, deletions } = world
  const tag = () => random.one(tags)
  const thingIds = things.map(({ id }) => id)
  const chance = random.below(100)
  const keep = <T extends object>(result: T | { deletion: { id: string } }) => {
    if ('deletion' in result && !(result instanceof Failure)) deletions.push(result.deletion.id)
    return result
  }
  const name = random.one(names)
  const parentId = random.below(3) === 0 ? null : tag()

  if (chance < 10 && tags.length < 40) {
    const result = await createTag(ctx, { name, parentId })
    if (!(result instanceof Failure)) tags.push(result.id)
    return result
  }
  if (chance < 13) return updateTag(ctx, { tagId: tag(), name })
  if (chance < 25) return moveTag(ctx, { tagId: tag(), ...belowTag(parentId) })
  if (chance < 55) {
    const input = { tagIds: random.some(tags, 3), entityIds: random.some(thingIds, 4) }
    return chance < 45 ? attachTags(ctx, input) : detachTags(ctx, input)
  }
  if (chance < 61) return keep(await mergeTags(ctx, { sourceTagId: tag(), targetTagId: tag() }))
  if (chance < 71 || deletions.length === 0)
    return keep(await trashItem(ctx, chance % 2 === 0 ? random.one(things) : { kind: 'TAG', id: tag() }))
  const deletionId = random.one(deletions)
  const target = { topLevel: random.below(4) === 0 && chance > 85 }
  const result = await restoreDeletion(ctx, { deletionId, target })
  const at = deletions.indexOf(deletionId)
  if (at >= 0 && !(result instanceof Failure)) deletions.splice(at, 1)
  return result
}

test('after 1,000 operations by chance, 8 at a time, every count and the whole tree are exact', async () => {
  const base = await buildCtx(database.db)
  const ctx = { ...base, limits: { ...base.limits, tagLevels: 6 } }
  const world: World = { things: await buildThings(ctx), tags: [], deletions: [] }
  for (let count = 0; count < 12; count += 1) world.tags.push((await buildTag(ctx)).id)
  const outcomes: Record<string, number> = {}
  const seed = Number(process.env['TAG_SEEDS'] ?? 1)
  const left = { operations: 1_000 }
  const worker = async (number: number) => {
    const random = randomChoices(seed * 8 + number)
    while (left.operations > 0) {
      left.operations -= 1
      const result = await step(ctx, world, random)
      const outcome = result instanceof Failure ? result.__typename : 'ok'
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 8 }, (_, number) => worker(number)))
  await checkTags(ctx)
  expect(outcomes['ok']).toBeGreaterThan(200)
}, 300_000)
