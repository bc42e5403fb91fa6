import { Readable } from 'node:stream'
import sharp from 'sharp'
import { Failure } from '../../../src/domain/failure.ts'
import { RestoreConflict } from '../../../src/domain/restore.ts'
import { createBlock, moveBlock } from '../../../src/usecases/library/blocks.ts'
import { createBook, moveBook } from '../../../src/usecases/library/books.ts'
import { createBookshelf, moveBookshelf } from '../../../src/usecases/library/bookshelves.ts'
import {
  createCheckpointMarker,
  moveCheckpointMarker,
} from '../../../src/usecases/library/checkpoint-markers.ts'
import { createCheckpoint } from '../../../src/usecases/library/checkpoints.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { moveMedia } from '../../../src/usecases/media/move-media.ts'
import { purgeDeletion } from '../../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { attachTags } from '../../../src/usecases/tags/attach-tags.ts'
import { createTag, moveTag } from '../../../src/usecases/tags/tags.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
import { imagesOf } from '../builders.ts'
import type { randomChoices } from '../random.ts'
import type { Kind, TrashModel } from './trash-model.ts'
import { belowTag } from '../tags/tags.ts'

type Random = ReturnType<typeof randomChoices>
type TestCtx = Ctx & { readonly clock: { ms: number } }

const day = 24 * 60 * 60 * 1000

const outcomeOf = (result: unknown) => {
  if (result instanceof RestoreConflict) return result.reason
  return result instanceof Failure ? result.__typename : 'ok'
}

/** The id of what an operation made. */
const madeBy = (result: object): string => {
  const made = 'deletion' in result ? result.deletion : 'media' in result ? result.media : result
  return typeof made === 'object' && made !== null && 'id' in made ? String(made.id) : 'none'
}

/** The place after a sibling, or the last one. */
const placeAt = (afterId: string | null) => (afterId === null ? { place: 'LAST' as const } : { afterId })

/** What each kind is in, where its rows are, and how the real operations make and move it. */
export const kinds: Record<
  Kind,
  {
    readonly parent: Kind | null
    readonly table: string
    readonly parentColumn: string
    readonly targetField?: string
    readonly create: (ctx: Ctx, parent: string, random: Random) => Promise<object>
    readonly move?: (ctx: Ctx, id: string, parent: string, afterId: string | null) => Promise<object>
  }
> = {
  BOOKSHELF: {
    parent: null,
    table: 'bookshelves',
    parentColumn: 'null::uuid',
    create: (ctx) => createBookshelf(ctx, { name: 'Shelf' }),
    move: (ctx, bookshelfId, _parent, afterId) => moveBookshelf(ctx, { bookshelfId, ...placeAt(afterId) }),
  },
  BOOK: {
    parent: 'BOOKSHELF',
    table: 'books',
    parentColumn: 'bookshelf_id',
    targetField: 'bookshelfId',
    create: (ctx, bookshelfId) => createBook(ctx, { bookshelfId, title: 'Book' }),
    move: (ctx, bookId, bookshelfId, afterId) => moveBook(ctx, { bookId, bookshelfId, afterId }),
  },
  BLOCK: {
    parent: 'BOOK',
    table: 'blocks',
    parentColumn: 'book_id',
    targetField: 'bookId',
    create: (ctx, bookId) => createBlock(ctx, { bookId, content: 'Block' }),
    move: (ctx, blockId, bookId, afterId) => moveBlock(ctx, { blockId, bookId, afterId }),
  },
  CHECKPOINT: {
    parent: 'BOOK',
    table: 'checkpoints',
    parentColumn: 'book_id',
    targetField: 'bookId',
    create: (ctx, bookId) => createCheckpoint(ctx, { bookId, title: 'Checkpoint' }),
  },
  CHECKPOINT_MARKER: {
    parent: 'CHECKPOINT',
    table: 'checkpoint_markers',
    parentColumn: 'checkpoint_id',
    targetField: 'checkpointId',
    create: (ctx, checkpointId) => createCheckpointMarker(ctx, { checkpointId, title: 'Marker' }),
    move: (ctx, checkpointMarkerId, checkpointId, afterId) =>
      moveCheckpointMarker(ctx, { checkpointMarkerId, checkpointId, afterId }),
  },
  MEDIA: {
    parent: 'BLOCK',
    table: 'media',
    parentColumn: 'block_id',
    create: async (ctx, blockId, random) => {
      const background = { r: random.below(256), g: random.below(256), b: random.below(256) }
      const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background } })
        .png()
        .toBuffer()
      const slot = imagesOf(blockId)
      return uploadMedia(ctx, {
        fileName: 'a.png',
        slot,
        stream: Readable.from([bytes]),
        whenInTrash: 'UPLOAD_AGAIN',
      })
    },
    move: (ctx, mediaId, _parent, afterId) => moveMedia(ctx, { mediaId, ...placeAt(afterId) }),
  },
  TAG: {
    parent: 'TAG',
    table: 'tags',
    parentColumn: 'parent_id',
    targetField: 'parentId',
    create: (ctx, parentId, random) =>
      createTag(ctx, {
        name: `Tag ${random.below(1_000_000_000)}`,
        parentId: parentId === '' ? null : parentId,
      }),
    move: (ctx, tagId, parentId) => moveTag(ctx, { tagId, ...belowTag(parentId === '' ? null : parentId) }),
  },
}
export const allKinds = Object.keys(kinds) as Kind[]

/** Makes an item of the kind that has room to grow, below something by chance. */
async function create(ctx: TestCtx, model: TrashModel, random: Random) {
  const kind = random.one(allKinds)
  const parents = [...model.items.values()].filter((item) => item.kind === kinds[kind].parent)
  const parent =
    kind === 'BOOKSHELF' || (kind === 'TAG' && random.below(3) === 0) ? null : random.one([...parents, null])
  if (parent === null && kind !== 'BOOKSHELF' && kind !== 'TAG') return undefined
  const result = await kinds[kind].create(ctx, parent?.id ?? '', random)
  // The same picture is there already, as its colour came up before.
  if ('decision' in result && result.decision === 'DUPLICATE') return undefined
  const parentId = parent?.id ?? null
  const expected =
    parentId !== null && !model.items.has(parentId) ? 'NotFound' : model.add(madeBy(result), kind, parentId)
  return { what: ['create', kind, parentId], result: outcomeOf(result), expected }
}

async function move(ctx: TestCtx, model: TrashModel, random: Random) {
  const item = random.one([...model.items.values()])
  const { move: real, parent: parentKind } = kinds[item.kind]
  if (!real) return undefined
  const parents = [...model.items.values()].filter(({ kind }) => kind === parentKind)
  const staying = item.kind === 'MEDIA' || item.kind === 'BOOKSHELF' || random.below(2) === 0
  const parent = staying ? item.parent : random.one(parents).id
  const others = model.order(item.kind, parent).filter((id) => id !== item.id && model.isLive(id))
  const after = others.length > 0 && random.below(2) === 0 ? random.one(others) : null
  const result = await real(ctx, item.id, parent ?? '', after)
  return {
    what: ['move', item, parent, after],
    result: outcomeOf(result),
    expected: model.move(item.id, parent, after),
  }
}

async function trash(ctx: TestCtx, model: TrashModel, random: Random) {
  const items = [...model.items.values()]
  // What is above something in the trash, often: that is where conflicts come from.
  const above = items.flatMap(({ deletion, parent }) =>
    deletion !== null && parent !== null && model.isLive(parent) ? [parent] : [],
  )
  const chosen = above.length > 0 && random.below(2) === 0 ? model.items.get(random.one(above)) : undefined
  const { kind, id } = chosen ?? random.one(items)
  const result = await trashItem(ctx, { kind, id })
  const expected = model.trash(madeBy(result), id, ctx.clock.ms + 30 * day)
  return { what: ['trash', kind, id], result: outcomeOf(result), expected }
}

async function restore(ctx: TestCtx, model: TrashModel, random: Random) {
  const all = [...model.deletions.values()]
  const pending = all.filter(({ state }) => state === 'TRASHED')
  const deletion = random.one(pending.length > 0 && random.below(10) > 0 ? pending : all)
  const item = model.items.get(deletion.item)
  const { targetField, parent } = item ? kinds[item.kind] : { targetField: undefined, parent: null }
  const places = [...model.items.values()].filter(
    // A tag that is below it would be in the same deletion, and so no place.
    ({ kind, id }) => kind === parent && id !== item?.id,
  )
  const target = targetField && places.length > 0 && random.below(3) === 0 ? random.one(places).id : undefined
  const given = targetField && target !== undefined ? { [targetField]: target } : undefined
  const result = await restoreDeletion(ctx, { deletionId: deletion.id, target: given })
  const expected = model.restore(deletion.id, ctx.clock.ms, target)
  return { what: ['restore', deletion, target], result: outcomeOf(result), expected }
}

async function purge(ctx: TestCtx, model: TrashModel, random: Random) {
  if (random.below(2) === 0) {
    ctx.clock.ms += random.below(16) * day
    // Its time may be over before the purge comes.
    if (random.below(2) === 0) return { what: ['wait'], result: 'ok', expected: 'ok' }
    await purgeTrash(ctx, { due: { expiredAt: ctx.now() } })
    model.purgeDue(ctx.clock.ms)
    model.removePurged()
    return { what: ['purge what is due'], result: 'ok', expected: 'ok' }
  }
  const deletion = random.one([...model.deletions.values()])
  const result = await purgeDeletion(ctx, { deletionId: deletion.id })
  const expected = model.purge(deletion.id)
  // Sometimes what it holds goes later.
  if (random.below(3) > 0) {
    await purgeTrash(ctx, {})
    model.removePurged()
  }
  return { what: ['purge', deletion], result: outcomeOf(result), expected }
}

async function attach(ctx: TestCtx, model: TrashModel, random: Random) {
  const tags = [...model.items.values()].filter(({ kind }) => kind === 'TAG')
  const things = [...model.items.values()].filter(({ kind }) => ['BOOKSHELF', 'BOOK', 'BLOCK'].includes(kind))
  const [tag, thing] = [random.one(tags), random.one(things)]
  const result = await attachTags(ctx, { tagIds: [tag.id], entityIds: [thing.id] })
  return { what: ['attach', tag, thing], result: outcomeOf(result), expected: model.attach(tag.id, thing.id) }
}

/** Does something by chance, and gives what it was, what came of it and what the model says; nothing when it cannot be done. */
export function step(ctx: TestCtx, model: TrashModel, random: Random) {
  const chance = random.below(100)
  if (model.items.size < 25 || (model.items.size < 70 && chance < 25)) return create(ctx, model, random)
  if (chance < 33) return attach(ctx, model, random)
  if (chance < 45) return move(ctx, model, random)
  if (chance < 70 || model.deletions.size === 0) return trash(ctx, model, random)
  if (chance < 88) return restore(ctx, model, random)
  return purge(ctx, model, random)
}
