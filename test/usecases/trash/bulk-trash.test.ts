import { expect, test } from 'vitest'
import { Failure, InvalidInput, NotFound } from '../../../src/domain/failure.ts'
import { AlreadyInTrash, NotInTrash } from '../../../src/domain/restore.ts'
import { restoreDeletions, trashItems } from '../../../src/usecases/trash/bulk-trash.ts'
import { checkMedia } from '../../../src/usecases/media/check-media.ts'
import { checkTags } from '../../../src/usecases/tags/check-tags.ts'
import { newId } from '../../../src/usecases/context.ts'
import { purgeDeletion, purgeDeletions } from '../../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { replayEvents } from '../../../src/usecases/media/replay-events.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import {
  buildBook,
  buildCtx,
  buildPicture,
  coverOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { trash } from '../../support/trash/restoring.ts'
import { rowsOfWorkspace } from '../../support/state.ts'
import { buildLibrary, parts } from '../../support/library/whole-library.ts'

const database = useDatabase()
removeTemporaryFolders()

const forwards = <T>(list: readonly T[]) => [...list]
const backwards = <T>(list: readonly T[]) => [...list].reverse()

const names = (results: readonly object[]) =>
  results.map((result) => (result instanceof Failure ? result.__typename : 'success'))

test.each([
  ['from the top down', forwards],
  ['from the bottom up', backwards],
])('items of all kinds go in one call, named %s, with what they are in', async (_order, ordered) => {
  const ctx = await buildCtx(database.db)
  const [library, other] = [await buildLibrary(ctx), await buildLibrary(ctx)]
  const already = await trash(ctx, 'BLOCK', other.third)
  const items = [library.shelf, library.book, library.block, library.image, library.marker, library.top]
  const ids = ordered([
    ...items.map(({ id }) => id),
    library.below.id,
    library.book.id,
    other.second.id,
    other.third.id,
    newId(),
    'nothing',
  ])
  const results = succeeded(await trashItems(ctx, { itemIds: ids, reason: 'Tidying up' }))
  const of = (id: string) => results[[...new Set(ids)].indexOf(id)]
  const { deletions, ...rows } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(deletions.map(({ item_id: itemId }) => itemId).sort()).toEqual(
    [library.shelf.id, library.top.id, other.second.id, other.third.id].sort(),
  )
  const shelf = deletions.find((row) => row['item_id'] === library.shelf.id)
  for (const { id } of items.slice(0, 5)) expect(of(id)).toMatchObject({ id, deletion: { id: shelf?.id } })
  expect(of(library.below.id)).toMatchObject({ deletion: { itemId: library.top.id, reason: 'Tidying up' } })
  expect(of(other.third.id)).toEqual(new AlreadyInTrash(already))
  expect(of('nothing')).toEqual(new NotFound('Trashable', 'nothing'))
  expect(names(ordered(results)).slice(-3)).toEqual(['AlreadyInTrash', 'NotFound', 'NotFound'])
  expect(rows.books.filter((row) => row.deletion_id === null)).toHaveLength(1)
  expect([
    ...(await checkMedia(ctx)),
    ...(await checkTags(ctx)),
    ...(await replayEvents(ctx)).problems,
  ]).toEqual([])
})

test.each([
  ['as they were trashed', forwards],
  ['the other way round', backwards],
])('deletions of what was in one another come back in one call, named %s', async (_order, ordered) => {
  const ctx = await buildCtx(database.db)
  const library = await buildLibrary(ctx)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const trashed = [
    await trash(ctx, 'TAG', library.below),
    await trash(ctx, 'TAG', library.top),
    await trash(ctx, 'MEDIA', library.image),
    await trash(ctx, 'CHECKPOINT_MARKER', library.marker),
    await trash(ctx, 'BLOCK', library.block),
    await trash(ctx, 'CHECKPOINT', library.checkpoint),
    await trash(ctx, 'BOOK', library.book),
    await trash(ctx, 'BOOKSHELF', library.shelf),
  ].map(({ id }) => id)
  const gone = await trash(ctx, 'BOOK', await buildBook(ctx))
  succeeded(await restoreDeletion(ctx, { deletionId: gone.id }))
  const deletionIds = [...ordered(trashed), trashed[3] ?? '', gone.id, newId(), 'nothing']
  const results = succeeded(await restoreDeletions(ctx, { deletionIds }))
  expect(names(results)).toEqual([...trashed.map(() => 'success'), 'NotInTrash', 'NotFound', 'NotFound'])
  const after = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(after.blocks).toEqual(before.blocks)
  expect(after.media).toEqual(before.media)
  expect(after.tags).toEqual(before.tags)
  expect([
    ...(await checkMedia(ctx)),
    ...(await checkTags(ctx)),
    ...(await replayEvents(ctx)).problems,
  ]).toEqual([])
})

test.each([
  ['newest first', forwards],
  ['oldest first', backwards],
])(
  'of two covers of one book the one that was trashed later comes back, named %s',
  async (_order, ordered) => {
    const ctx = await buildCtx(database.db)
    const book = await buildBook(ctx)
    const deletionIds: string[] = []
    for (let count = 0; count < 3; count += 1) {
      ctx.clock.ms += 1_000
      const { media } = await buildPicture(ctx, coverOf('BOOK', book.id))
      if (count === 2) deletionIds.unshift((await trash(ctx, 'MEDIA', media)).id)
      else if (count === 1)
        deletionIds.push(
          (await ctx.db.prisma.deletion.findFirstOrThrow({ where: { workspaceId: ctx.actor.workspaceId } }))
            .id,
        )
    }
    const results = succeeded(await restoreDeletions(ctx, { deletionIds: ordered(deletionIds) }))
    expect(names(ordered(results))).toEqual(['success', 'RestoreConflict'])
  },
)

test('deletions are purged in one call by one job, others are refused, and each has its result', async () => {
  const ctx = await buildCtx(database.db)
  const library = await buildLibrary(ctx)
  const block = await trash(ctx, 'BLOCK', library.block)
  const book = await trash(ctx, 'BOOK', library.book)
  const cover = await trash(ctx, 'MEDIA', library.shelfCover)
  succeeded(await restoreDeletion(ctx, { deletionId: cover.id }))
  const before = (await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).jobs
  const deletionIds = [cover.id, block.id, newId(), book.id, 'nothing', block.id]
  const { results, job } = succeeded(await purgeDeletions(ctx, { deletionIds }))
  expect(results).toEqual([
    new NotInTrash(),
    { deletionId: block.id, itemCount: 3 },
    new NotFound('Deletion', deletionIds[2] ?? ''),
    { deletionId: book.id, itemCount: 7 },
    new NotFound('Deletion', 'nothing'),
  ])
  expect(job).toMatchObject({ name: 'purge-trash', status: 'QUEUED' })
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).jobs).toBe(before + 1)
  await purgeTrash(ctx, {})
  const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect([...rows.books, ...rows.blocks]).toEqual([])
  expect([...(await checkMedia(ctx)), ...(await replayEvents(ctx)).problems]).toEqual([])
  expect(succeeded(await purgeDeletions(ctx, { deletionIds })).job).toBeNull()
})

test('an id that is given twice has one result, where it was first mentioned', async () => {
  const ctx = await buildCtx(database.db)
  const [one, other] = [await buildBook(ctx), await buildBook(ctx)]
  const trashed = succeeded(
    await trashItems(ctx, { itemIds: [other.id, one.id, 'x', other.id, 'x', one.id] }),
  )
  expect(trashed).toMatchObject([{ id: other.id }, { id: one.id }, { id: 'x' }])
  const [of, ofOne] = trashed.flatMap((result) => ('deletion' in result ? [result.deletion.id] : []))
  const deletionIds = [ofOne ?? '', of ?? '', 'x', 'x', of ?? '']
  const restored = succeeded(await restoreDeletions(ctx, { deletionIds }))
  expect(restored).toMatchObject([{ item: { id: one.id } }, { item: { id: other.id } }, { id: 'x' }])
})

test('a call without ids, with more than 100 or with too long a reason is refused as a whole', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const many = Array.from({ length: 101 }, () => newId())
  for (const ids of [[], many]) {
    expect(await trashItems(ctx, { itemIds: ids })).toBeInstanceOf(InvalidInput)
    expect(await restoreDeletions(ctx, { deletionIds: ids })).toBeInstanceOf(InvalidInput)
    expect(await purgeDeletions(ctx, { deletionIds: ids })).toBeInstanceOf(InvalidInput)
  }
  expect(await trashItems(ctx, { itemIds: [book.id], reason: 'x'.repeat(1_001) })).toBeInstanceOf(
    InvalidInput,
  )
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).deletions).toEqual([])
})

test("another workspace's items and deletions are not found, and stay as they are", async () => {
  const [ctx, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const { book, block } = await buildLibrary(theirs)
  const deletion = await trash(theirs, 'BLOCK', block)
  const before = await rowsOfWorkspace(theirs.db, theirs.actor.workspaceId)
  const deletionIds = [deletion.id]
  expect(succeeded(await trashItems(ctx, { itemIds: [book.id, block.id] }))).toEqual([
    new NotFound('Trashable', book.id),
    new NotFound('Trashable', block.id),
  ])
  const missing = [new NotFound('Deletion', deletion.id)]
  expect(succeeded(await restoreDeletions(ctx, { deletionIds }))).toEqual(missing)
  expect(succeeded(await purgeDeletions(ctx, { deletionIds })).results).toEqual(missing)
  expect(await rowsOfWorkspace(theirs.db, theirs.actor.workspaceId)).toEqual(before)
})

test.each(parts)(
  'a $kind whose $parentKind was purged comes back to another place only, and what was purged is not found',
  async ({ kind, name, parent, parentKind, target }) => {
    const ctx = await buildCtx(database.db)
    const [library, other] = [await buildLibrary(ctx), await buildLibrary(ctx)]
    const deletion = await trash(ctx, kind, library[name])
    const purged = await trash(ctx, parentKind, library[parent])
    succeeded(await purgeDeletion(ctx, { deletionId: purged.id }))
    await purgeTrash(ctx, {})
    expect(await restoreDeletion(ctx, { deletionId: deletion.id })).toMatchObject({
      __typename: 'RestoreConflict',
      reason: 'PARENT_PURGED',
      blockedBy: null,
      options: ['CHOOSE_TARGET'],
    })
    const ids = [library[parent].id]
    expect(names(succeeded(await trashItems(ctx, { itemIds: ids })))).toEqual(['NotFound'])
    expect(await restoreDeletion(ctx, { deletionId: purged.id })).toBeInstanceOf(NotFound)
    succeeded(await restoreDeletion(ctx, { deletionId: deletion.id, target: target(other) }))
    await purgeTrash(ctx, {})
    expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).deletions.map(({ id }) => id)).toEqual([
      deletion.id,
    ])
    expect([
      ...(await checkMedia(ctx)),
      ...(await checkTags(ctx)),
      ...(await replayEvents(ctx)).problems,
    ]).toEqual([])
  },
)
