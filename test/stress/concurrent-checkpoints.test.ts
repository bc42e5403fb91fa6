import { expect, test } from 'vitest'
import { Failure, NotFound } from '../../src/domain/failure.ts'
import {
  createCheckpointMarker,
  moveCheckpointMarker,
} from '../../src/usecases/library/checkpoint-markers.ts'
import { createCheckpoint } from '../../src/usecases/library/checkpoints.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { buildCtx, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { buildMarkedBook, itemsOf } from '../support/library/marked-library.ts'
import { trash } from '../support/trash/restoring.ts'
import { rowsOfWorkspace } from '../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const things = { BOOKSHELF: 'shelf', BOOK: 'book', CHECKPOINT: 'checkpoint' } as const

/** What is live below something that is in the trash. */
async function leftBehind(ctx: Awaited<ReturnType<typeof buildCtx>>) {
  const items = await itemsOf(ctx)
  const trashed = new Set(items.filter((row) => row.deletion_id !== null).map(({ id }) => id))
  const parents = ['bookshelf_id', 'book_id', 'checkpoint_id', 'marker_id']
  return items.filter(
    (row) => row.deletion_id === null && parents.some((column) => trashed.has(row[column] as string)),
  )
}

test.each(['CHECKPOINT', 'BOOK', 'BOOKSHELF'] as const)(
  'what is added while its %s is trashed is in that deletion or refused, never left behind',
  async (kind) => {
    for (let round = 0; round < 8; round += 1) {
      const ctx = await buildCtx(database.db)
      const tree = await buildMarkedBook(ctx)
      const checkpointId = tree.checkpoint.id
      const [one, trashed, ...others] = await Promise.all([
        createCheckpointMarker(ctx, { checkpointId, title: 'A' }),
        trashItem(ctx, { kind, id: tree[things[kind]].id }),
        createCheckpointMarker(ctx, { checkpointId, title: 'A' }),
        createCheckpoint(ctx, { bookId: tree.book.id, title: 'A' }),
        createCheckpointMarker(ctx, { checkpointId, title: 'A', afterId: tree.marker.id }),
      ])
      for (const result of [one, ...others])
        if (result instanceof Failure) expect(result).toBeInstanceOf(NotFound)
      const { deletion } = succeeded(trashed)
      expect(await leftBehind(ctx)).toEqual([])
      const held = (await itemsOf(ctx)).filter((row) => row.deletion_id === deletion.id)
      expect(held).toHaveLength(deletion.itemCount)
    }
  },
)

test('parents and children that are trashed at once are each in one deletion, whose count is right', async () => {
  for (let round = 0; round < 5; round += 1) {
    const ctx = await buildCtx(database.db)
    const { shelf, book, checkpoint, marker } = await buildMarkedBook(ctx)
    await Promise.all([
      trashItem(ctx, { kind: 'CHECKPOINT_MARKER', id: marker.id }),
      trashItem(ctx, { kind: 'CHECKPOINT', id: checkpoint.id }),
      trashItem(ctx, { kind: 'BOOK', id: book.id }),
      trashItem(ctx, { kind: 'BOOKSHELF', id: shelf.id }),
    ])
    const items = await itemsOf(ctx)
    const { deletions } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
    for (const { id, ...deletion } of deletions) {
      expect(items.filter((row) => row.deletion_id === id)).toHaveLength(Number(deletion['item_count']))
    }
    expect(items.filter((row) => row.deletion_id === null)).toEqual([])
  }
})

test('a marker that moves while its book or the one it goes to is trashed is never left behind', async () => {
  for (let round = 0; round < 8; round += 1) {
    const ctx = await buildCtx(database.db)
    const [from, to] = [await buildMarkedBook(ctx), await buildMarkedBook(ctx)]
    const [moved] = await Promise.all([
      moveCheckpointMarker(ctx, {
        checkpointMarkerId: from.marker.id,
        checkpointId: to.checkpoint.id,
      }),
      trashItem(ctx, { kind: 'BOOK', id: (round % 2 === 0 ? from : to).book.id }),
    ])
    if (moved instanceof Failure) expect(moved).toBeInstanceOf(NotFound)
    expect(await leftBehind(ctx)).toEqual([])
  }
})

test('a marker that is restored while its checkpoint or book is trashed is never left behind', async () => {
  for (let round = 0; round < 8; round += 1) {
    const ctx = await buildCtx(database.db)
    const tree = await buildMarkedBook(ctx)
    const deletion = await trash(ctx, 'CHECKPOINT_MARKER', tree.marker)
    const kind = round % 2 === 0 ? 'CHECKPOINT' : 'BOOK'
    const [restored] = await Promise.all([
      restoreDeletion(ctx, { deletionId: deletion.id }),
      trashItem(ctx, { kind, id: tree[things[kind]].id }),
    ])
    if (restored instanceof Failure) expect(restored).toMatchObject({ reason: 'PARENT_TRASHED' })
    expect(await leftBehind(ctx)).toEqual([])
  }
})
