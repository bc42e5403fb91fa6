import { expect, test } from 'vitest'
import type { TrashableKind } from '../../src/db/rows.ts'
import { AlreadyInTrash, RetentionExpired } from '../../src/domain/restore.ts'
import { InvalidInput, NotFound } from '../../src/domain/failure.ts'
import { createCheckpointMarker } from '../../src/usecases/library/checkpoint-markers.ts'
import { newId } from '../../src/usecases/context.ts'
import type { RestoreTarget } from '../../src/usecases/trash/restore-target.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { buildCtx, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { buildMarkedBook, heldBy, type MarkedBook } from '../support/library/marked-library.ts'
import { restore, trash } from '../support/trash/restoring.ts'
import { idsOf, listOf, rowsOfWorkspace } from '../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

const everything = [
  'shelf',
  'book',
  'block',
  'checkpoint',
  'marker',
  'otherMarker',
  'second',
  'markerOfSecond',
  'image',
]

const kinds: [TrashableKind, keyof MarkedBook, string[], (tree: MarkedBook) => object][] = [
  ['BOOKSHELF', 'shelf', everything, () => ({ parentKind: null, parentId: null, path: [] })],
  [
    'BOOK',
    'book',
    everything.slice(1),
    ({ shelf }) => ({ parentKind: 'BOOKSHELF', parentId: shelf.id, path: [shelf.name] }),
  ],
  [
    'CHECKPOINT',
    'checkpoint',
    ['checkpoint', 'marker', 'otherMarker', 'image'],
    ({ shelf, book }) => ({
      parentKind: 'BOOK',
      parentId: book.id,
      path: [shelf.name, book.title],
      position: null,
    }),
  ],
  [
    'CHECKPOINT_MARKER',
    'marker',
    ['marker', 'image'],
    ({ shelf, book, checkpoint, marker }) => ({
      parentKind: 'CHECKPOINT',
      parentId: checkpoint.id,
      path: [shelf.name, book.title, checkpoint.title],
      position: marker.position,
    }),
  ],
  [
    'MEDIA',
    'image',
    ['image'],
    ({ shelf, book, checkpoint, marker, image }) => ({
      parentKind: 'CHECKPOINT_MARKER',
      parentId: marker.id,
      path: [shelf.name, book.title, checkpoint.title, marker.title],
      position: image.position,
    }),
  ],
]

test.each(kinds)(
  'a %s (%s) goes to the trash with all that is live below it and comes back exactly as it was',
  async (kind, name, held, origin) => {
    const ctx = await buildCtx(database.db)
    const [tree, bystanders] = [await buildMarkedBook(ctx), await buildMarkedBook(ctx)]
    const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
    ctx.clock.ms += 1000
    const { item, deletion } = succeeded(await trashItem(ctx, { kind, id: tree[name].id, reason: 'Old.' }))
    expect(item).toEqual({ ...tree[name], deletionId: deletion.id })
    expect(deletion).toMatchObject({
      kind,
      itemId: tree[name].id,
      itemCount: held.length,
      reason: 'Old.',
      ...origin(tree),
    })
    expect(await heldBy(ctx, tree, deletion.id)).toEqual(held)
    expect(await heldBy(ctx, bystanders, deletion.id)).toEqual([])
    ctx.clock.ms += 1000
    succeeded(await restore(ctx, deletion.id))
    const { deletions, ...after } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
    expect({ ...after, deletions: [] }).toEqual(before)
    expect(deletions).toHaveLength(1)
  },
)

test('what was in the trash before stays in its own deletion, and comes back by itself', async () => {
  const ctx = await buildCtx(database.db)
  const tree = await buildMarkedBook(ctx)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const marker = await trash(ctx, 'CHECKPOINT_MARKER', tree.marker)
  const checkpoint = await trash(ctx, 'CHECKPOINT', tree.checkpoint)
  const book = await trash(ctx, 'BOOK', tree.book)
  const shelf = await trash(ctx, 'BOOKSHELF', tree.shelf)
  const steps = [marker, checkpoint, book, shelf]
  expect(await Promise.all(steps.map(({ id }) => heldBy(ctx, tree, id)))).toEqual([
    ['marker', 'image'],
    ['checkpoint', 'otherMarker'],
    ['book', 'block', 'second', 'markerOfSecond'],
    ['shelf'],
  ])
  expect(steps.map(({ itemCount }) => itemCount)).toEqual([2, 2, 4, 1])
  succeeded(await restore(ctx, shelf.id))
  succeeded(await restore(ctx, book.id))
  expect(await heldBy(ctx, tree, null)).toEqual(['shelf', 'book', 'block', 'second', 'markerOfSecond'])
  succeeded(await restore(ctx, checkpoint.id))
  succeeded(await restore(ctx, marker.id))
  const { deletions, ...after } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect({ ...after, deletions: [] }).toEqual(before)
  expect(deletions).toHaveLength(4)
})

test.each(kinds.slice(2))('a %s is trashed once, by itself or with its book', async (kind, name) => {
  const ctx = await buildCtx(database.db)
  const tree = await buildMarkedBook(ctx)
  const { deletion } = succeeded(await trashItem(ctx, { kind, id: tree[name].id }))
  const again = await trashItem(ctx, { kind, id: tree[name].id })
  expect(again).toBeInstanceOf(AlreadyInTrash)
  expect(again).toMatchObject({ deletion })
  const other = await buildMarkedBook(ctx)
  const whole = await trash(ctx, 'BOOK', other.book)
  expect(await trashItem(ctx, { kind, id: other[name].id })).toMatchObject({ deletion: { id: whole.id } })
})

test('a trashed marker keeps its place while others come and go', async () => {
  const ctx = await buildCtx(database.db)
  const { checkpoint, marker, otherMarker } = await buildMarkedBook(ctx)
  const deletion = await trash(ctx, 'CHECKPOINT_MARKER', marker)
  const created = await createCheckpointMarker(ctx, {
    checkpointId: checkpoint.id,
    title: 'New',
    beforeId: otherMarker.id,
  })
  succeeded(await restore(ctx, deletion.id))
  const list = await listOf(ctx, 'checkpoint_markers', 'checkpoint_id', checkpoint.id)
  expect(idsOf(list)).toEqual([marker.id, succeeded(created).id, otherMarker.id])
})

test.each<[TrashableKind, keyof MarkedBook, TrashableKind, keyof MarkedBook]>([
  ['CHECKPOINT', 'checkpoint', 'BOOK', 'book'],
  ['CHECKPOINT_MARKER', 'marker', 'CHECKPOINT', 'checkpoint'],
  ['MEDIA', 'image', 'CHECKPOINT_MARKER', 'marker'],
])(
  'a %s (%s) does not come back into a %s that is in the trash',
  async (kind, name, parentKind, parentName) => {
    const ctx = await buildCtx(database.db)
    const tree = await buildMarkedBook(ctx)
    const deletion = await trash(ctx, kind, tree[name])
    const parentDeletion = await trash(ctx, parentKind, tree[parentName])
    expect(await restore(ctx, deletion.id)).toMatchObject({
      __typename: 'RestoreConflict',
      reason: 'PARENT_TRASHED',
      blockedBy: { id: tree[parentName].id, deletionId: parentDeletion.id },
      options: ['RESTORE_PARENT_FIRST', 'CHOOSE_TARGET'],
    })
    succeeded(await restore(ctx, parentDeletion.id))
    succeeded(await restore(ctx, deletion.id))
    expect(await heldBy(ctx, tree, null)).toEqual(everything)
  },
)

test('a marker whose checkpoint is in the trash with its bookshelf is told of the checkpoint', async () => {
  const ctx = await buildCtx(database.db)
  const tree = await buildMarkedBook(ctx)
  const deletion = await trash(ctx, 'CHECKPOINT_MARKER', tree.marker)
  await trash(ctx, 'BOOKSHELF', tree.shelf)
  expect(await restore(ctx, deletion.id)).toMatchObject({
    reason: 'PARENT_TRASHED',
    blockedBy: { __typename: 'Checkpoint', id: tree.checkpoint.id },
  })
})

test('a checkpoint comes back to another book with its markers, a marker to the end of another checkpoint', async () => {
  const ctx = await buildCtx(database.db)
  const [tree, other] = [await buildMarkedBook(ctx), await buildMarkedBook(ctx)]
  const marker = await trash(ctx, 'CHECKPOINT_MARKER', tree.marker)
  const checkpoint = await trash(ctx, 'CHECKPOINT', tree.checkpoint)
  await trash(ctx, 'BOOKSHELF', tree.shelf)
  ctx.clock.ms += 1000
  const moved = succeeded(await restore(ctx, checkpoint.id, { bookId: other.book.id }))
  const changed = { version: 2, updatedAt: ctx.now() }
  expect(moved.item).toMatchObject({ ...tree.checkpoint, bookId: other.book.id, ...changed })
  expect(idsOf(await listOf(ctx, 'checkpoint_markers', 'checkpoint_id', tree.checkpoint.id))).toEqual([
    tree.otherMarker.id,
  ])
  const target = { checkpointId: other.checkpoint.id }
  expect(succeeded(await restore(ctx, marker.id, target)).item).toMatchObject({ ...target, ...changed })
  expect(idsOf(await listOf(ctx, 'checkpoint_markers', 'checkpoint_id', other.checkpoint.id))).toEqual([
    other.marker.id,
    other.otherMarker.id,
    tree.marker.id,
  ])
})

test('a target that is the old place means the old place', async () => {
  const ctx = await buildCtx(database.db)
  const { book, checkpoint, marker } = await buildMarkedBook(ctx)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const first = await trash(ctx, 'CHECKPOINT_MARKER', marker)
  succeeded(await restore(ctx, first.id, { checkpointId: checkpoint.id, slot: null }))
  const second = await trash(ctx, 'CHECKPOINT', checkpoint)
  succeeded(await restore(ctx, second.id, { bookId: book.id }))
  const { deletions, ...after } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect({ ...after, deletions: [] }).toEqual(before)
  expect(deletions).toHaveLength(2)
})

test.each<[string, TrashableKind, keyof MarkedBook, (other: MarkedBook) => RestoreTarget]>([
  ['a checkpoint to a bookshelf', 'CHECKPOINT', 'checkpoint', ({ shelf }) => ({ bookshelfId: shelf.id })],
  ['a checkpoint to a checkpoint', 'CHECKPOINT', 'checkpoint', ({ second }) => ({ checkpointId: second.id })],
  ['a marker to a book', 'CHECKPOINT_MARKER', 'marker', ({ book }) => ({ bookId: book.id })],
  ['a block to a checkpoint', 'BLOCK', 'block', ({ checkpoint }) => ({ checkpointId: checkpoint.id })],
  [
    'a marker to two places',
    'CHECKPOINT_MARKER',
    'marker',
    ({ checkpoint, book }) => ({ checkpointId: checkpoint.id, bookId: book.id }),
  ],
])('%s is refused', async (_case, kind, name, target) => {
  const ctx = await buildCtx(database.db)
  const [tree, other] = [await buildMarkedBook(ctx), await buildMarkedBook(ctx)]
  const deletion = await trash(ctx, kind, tree[name])
  const refusal = await restore(ctx, deletion.id, target(other))
  expect(refusal).toBeInstanceOf(InvalidInput)
  expect(refusal).toMatchObject({ issues: [{ path: 'target' }] })
})

test('a target that is not there, in the trash or of another workspace is not found', async () => {
  const [ctx, other] = [await buildCtx(database.db), await buildCtx(database.db)]
  const [tree, theirs] = [await buildMarkedBook(ctx), await buildMarkedBook(other)]
  await trash(ctx, 'CHECKPOINT', tree.second)
  const marker = await trash(ctx, 'CHECKPOINT_MARKER', tree.marker)
  for (const checkpointId of [newId(), 'x', tree.second.id, theirs.checkpoint.id]) {
    const refusal = await restore(ctx, marker.id, { checkpointId })
    expect(refusal).toBeInstanceOf(NotFound)
    expect(refusal).toMatchObject({ entity: 'Checkpoint', id: checkpointId })
  }
  const checkpoint = await trash(ctx, 'CHECKPOINT', tree.checkpoint)
  expect(await restore(ctx, checkpoint.id, { bookId: theirs.book.id })).toMatchObject({ entity: 'Book' })
})

test.each(kinds.slice(2))('a %s can be restored until 30 days are over', async (kind, name) => {
  const ctx = await buildCtx(database.db)
  const tree = await buildMarkedBook(ctx)
  const deletion = await trash(ctx, kind, tree[name])
  ctx.clock.ms += 30 * 24 * 60 * 60 * 1000
  expect(await restore(ctx, deletion.id)).toBeInstanceOf(RetentionExpired)
  ctx.clock.ms -= 1
  succeeded(await restore(ctx, deletion.id))
})
