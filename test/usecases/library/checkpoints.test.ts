import { expect, test } from 'vitest'
import { AccessDenied } from '../../../src/domain/access.ts'
import { Failure, InvalidInput, NotFound, VersionConflict } from '../../../src/domain/failure.ts'
import {
  createCheckpointMarker,
  moveCheckpointMarker,
  updateCheckpointMarker,
} from '../../../src/usecases/library/checkpoint-markers.ts'
import { createCheckpoint, updateCheckpoint } from '../../../src/usecases/library/checkpoints.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import {
  buildBook,
  buildCheckpoint,
  buildCtx,
  buildMarker,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { stateOf } from '../../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

test('a checkpoint is reached when it is said to be, or else now', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const reachedAt = new Date('2025-01-31T12:00:00.123Z')
  const said = await createCheckpoint(ctx, { bookId: book.id, title: 'Draft', description: 'D', reachedAt })
  expect(said).toMatchObject({ bookId: book.id, title: 'Draft', description: 'D', reachedAt, version: 1 })
  const now = await createCheckpoint(ctx, { bookId: book.id, title: 'Now', reachedAt: null })
  expect(now).toMatchObject({ description: null, reachedAt: ctx.now(), createdAt: ctx.now() })
})

test.each(['0001-01-01T00:00:00.000Z', '0099-06-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])(
  'a checkpoint of %s is kept and given back to the millisecond',
  async (time) => {
    const ctx = await buildCtx(database.db)
    const made = await buildCheckpoint(ctx, { reachedAt: new Date(time) })
    const again = succeeded(await updateCheckpoint(ctx, { checkpointId: made.id, title: 'Again' }))
    expect([made, again].map(({ reachedAt }) => reachedAt.toISOString())).toEqual([time, time])
  },
)

test.each(['0000-12-31T23:59:59.999Z', '-000001-01-01T00:00:00Z', '+010000-01-01T00:00:00Z', 'nonsense'])(
  'a checkpoint of %s is refused',
  async (time) => {
    const ctx = await buildCtx(database.db)
    const { id, bookId } = await buildCheckpoint(ctx)
    const reachedAt = new Date(time)
    const before = await stateOf(ctx)
    for (const refusal of [
      await createCheckpoint(ctx, { bookId, title: 'A', reachedAt }),
      await updateCheckpoint(ctx, { checkpointId: id, reachedAt }),
    ]) {
      expect(refusal).toBeInstanceOf(InvalidInput)
      expect(refusal).toMatchObject({ issues: [{ path: 'reachedAt' }] })
    }
    expect(await stateOf(ctx)).toEqual(before)
  },
)

test('an update changes what is given, leaves the rest and raises the version', async () => {
  const ctx = await buildCtx(database.db)
  const checkpoint = await buildCheckpoint(ctx, { description: 'D' })
  const marker = await buildMarker(ctx, { checkpointId: checkpoint.id, description: 'M' })
  ctx.clock.ms += 1000
  const change = { version: 2, updatedAt: ctx.now() }
  const reachedAt = new Date('2026-01-01T00:00:00Z')
  expect(await updateCheckpoint(ctx, { checkpointId: checkpoint.id, reachedAt })).toEqual({
    ...checkpoint,
    reachedAt,
    ...change,
  })
  expect(await updateCheckpointMarker(ctx, { checkpointMarkerId: marker.id, title: 'New' })).toEqual({
    ...marker,
    title: 'New',
    ...change,
  })
  expect(await updateCheckpoint(ctx, { checkpointId: checkpoint.id, description: null })).toMatchObject({
    title: checkpoint.title,
    description: null,
    reachedAt,
  })
  expect(
    await updateCheckpointMarker(ctx, { checkpointMarkerId: marker.id, description: null }),
  ).toMatchObject({ title: 'New', description: null, version: 3 })
})

const texts: [string, object][] = [
  ['title', { title: '' }],
  ['title', { title: ' ' }],
  ['title', { title: null }],
  ['title', { title: 'x'.repeat(501) }],
  ['title', { title: 'a\0' }],
  ['description', { description: 'x'.repeat(10_001) }],
  ['description', { description: '\ud800' }],
]

test.each(texts)('a %s that cannot be is refused: %j', async (path, fields) => {
  const ctx = await buildCtx(database.db)
  const { id, checkpointId } = await buildMarker(ctx)
  const { bookId } = await ctx.db.prisma.checkpoint.findFirstOrThrow({ where: { id: checkpointId } })
  const before = await stateOf(ctx)
  const refusals = [
    await createCheckpoint(ctx, { bookId, title: 'A', ...fields }),
    await updateCheckpoint(ctx, { checkpointId, ...fields }),
    await createCheckpointMarker(ctx, { checkpointId, title: 'A', ...fields }),
    await updateCheckpointMarker(ctx, { checkpointMarkerId: id, ...fields }),
  ]
  for (const refusal of refusals) expect(refusal).toMatchObject({ issues: [{ path }] })
  expect(await updateCheckpoint(ctx, { checkpointId, reachedAt: null })).toBeInstanceOf(InvalidInput)
  expect(await stateOf(ctx)).toEqual(before)
})

test('the longest texts are kept', async () => {
  const ctx = await buildCtx(database.db)
  const fields = { title: '书'.repeat(500), description: 'x'.repeat(10_000) }
  const checkpoint = await buildCheckpoint(ctx, fields)
  const marker = await buildMarker(ctx, { ...fields, checkpointId: checkpoint.id })
  expect([checkpoint, marker]).toMatchObject([fields, fields])
})

test('who may only read makes and changes nothing', async () => {
  const ctx = await buildCtx(database.db)
  const { id, checkpointId } = await buildMarker(ctx)
  const viewer: Ctx = { ...ctx, actor: { ...ctx.actor, role: 'VIEWER' } }
  const before = await stateOf(ctx)
  const attempts = [
    async () => createCheckpoint(viewer, { bookId: id, title: 'A' }),
    async () => updateCheckpoint(viewer, { checkpointId, title: 'A' }),
    async () => createCheckpointMarker(viewer, { checkpointId, title: 'A' }),
    async () => updateCheckpointMarker(viewer, { checkpointMarkerId: id, title: 'A' }),
    async () => moveCheckpointMarker(viewer, { checkpointMarkerId: id, place: 'LAST' }),
    async () => trashItem(viewer, { kind: 'CHECKPOINT', id: checkpointId }),
  ]
  for (const attempt of attempts) await expect(attempt()).rejects.toBeInstanceOf(AccessDenied)
  expect(await stateOf(ctx)).toEqual(before)
})

test('of 10 updates at once with the same expected version one wins', async () => {
  const ctx = await buildCtx(database.db)
  const { id, checkpointId } = await buildMarker(ctx)
  const expectedVersion = 1
  for (const results of [
    await times(10, (index) => updateCheckpoint(ctx, { checkpointId, title: `${index}`, expectedVersion })),
    await times(10, (index) =>
      updateCheckpointMarker(ctx, { checkpointMarkerId: id, title: `${index}`, expectedVersion }),
    ),
  ]) {
    const [winner, ...others] = results.filter((result) => !(result instanceof Failure))
    expect(others).toEqual([])
    for (const result of results) {
      if (result instanceof Failure) expect(result).toMatchObject({ current: winner })
    }
  }
  const late = await moveCheckpointMarker(ctx, { checkpointMarkerId: id, place: 'LAST', expectedVersion })
  expect(late).toBeInstanceOf(VersionConflict)
  expect(late).toMatchObject({ current: { __typename: 'CheckpointMarker', id, version: 2 } })
})

interface Request {
  readonly send: (ctx: Ctx, idempotencyKey: string, title: string) => Promise<unknown>
  readonly table: 'checkpoints' | 'checkpoint_markers'
}

const requests: Record<string, (ctx: Ctx) => Promise<Request>> = {
  createCheckpoint: async (owner) => {
    const { id: bookId } = await buildBook(owner)
    const reachedAt = new Date('2026-02-03T04:05:06.789Z')
    return {
      table: 'checkpoints',
      send: (ctx, idempotencyKey, title) =>
        createCheckpoint(ctx, { bookId, title, reachedAt, idempotencyKey }),
    }
  },
  createCheckpointMarker: async (owner) => {
    const { id: checkpointId } = await buildCheckpoint(owner)
    return {
      table: 'checkpoint_markers',
      send: (ctx, idempotencyKey, title) =>
        createCheckpointMarker(ctx, { checkpointId, title, idempotencyKey }),
    }
  },
}

test.each(Object.entries(requests))('10 times the same %s at once is done once', async (_name, prepare) => {
  const ctx = await buildCtx(database.db)
  const { send, table } = await prepare(ctx)
  const results = await times(10, () => send(ctx, 'key', 'A'))
  for (const result of results) expect(succeeded(result)).toEqual(results[0])
  expect((await stateOf(ctx)).rows[table]).toHaveLength(1)
  const before = await stateOf(ctx)
  expect(await send(ctx, 'key', 'B')).toMatchObject({ __typename: 'IdempotencyKeyReused' })
  expect(await stateOf(ctx)).toEqual(before)
})

test('a repeated request gives what the first one made as it is now, be it in the trash', async () => {
  const ctx = await buildCtx(database.db)
  const { id: checkpointId } = await buildCheckpoint(ctx)
  const request = { checkpointId, title: 'A', idempotencyKey: 'key' }
  const { id } = succeeded(await createCheckpointMarker(ctx, request))
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'CHECKPOINT_MARKER', id }))
  expect(await createCheckpointMarker(ctx, request)).toMatchObject({ id, deletionId: deletion.id })
})

interface Things {
  readonly bookId: string
  readonly checkpointId: string
  readonly id: string
}

/** Each operation with an id of another workspace: `mine` is who asks, in whose library everything else is. */
const attempts: Record<string, (ctx: Ctx, theirs: Things, mine: Things) => Promise<unknown>> = {
  createCheckpoint: (ctx, { bookId }) => createCheckpoint(ctx, { bookId, title: 'Mine' }),
  updateCheckpoint: (ctx, { checkpointId }) => updateCheckpoint(ctx, { checkpointId, title: 'Mine' }),
  createCheckpointMarker: (ctx, { checkpointId }) =>
    createCheckpointMarker(ctx, { checkpointId, title: 'Mine' }),
  'createCheckpointMarker after': (ctx, { id }, { checkpointId }) =>
    createCheckpointMarker(ctx, { checkpointId, title: 'Mine', afterId: id }),
  updateCheckpointMarker: (ctx, { id }) =>
    updateCheckpointMarker(ctx, { checkpointMarkerId: id, title: 'Mine' }),
  moveCheckpointMarker: (ctx, { id }, { checkpointId }) =>
    moveCheckpointMarker(ctx, { checkpointMarkerId: id, checkpointId }),
  'moveCheckpointMarker to': (ctx, { checkpointId }, { id }) =>
    moveCheckpointMarker(ctx, { checkpointMarkerId: id, checkpointId }),
  'moveCheckpointMarker before': (ctx, theirs, { id }) =>
    moveCheckpointMarker(ctx, { checkpointMarkerId: id, beforeId: theirs.id }),
  'trashItem of a checkpoint': (ctx, { checkpointId: id }) => trashItem(ctx, { kind: 'CHECKPOINT', id }),
  'trashItem of a marker': (ctx, { id }) => trashItem(ctx, { kind: 'CHECKPOINT_MARKER', id }),
}

test.each(Object.entries(attempts))(
  "%s with another workspace's id finds nothing and changes nothing",
  async (_name, attempt) => {
    const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
    const build = async (ctx: Ctx): Promise<Things> => {
      const { id, checkpointId } = await buildMarker(ctx)
      const { bookId } = await ctx.db.prisma.checkpoint.findFirstOrThrow({ where: { id: checkpointId } })
      return { bookId, checkpointId, id }
    }
    const things = [await build(theirs), await build(mine)] as const
    const before = [await stateOf(mine), await stateOf(theirs)]
    const result = await attempt(mine, ...things)
    expect(result).toBeInstanceOf(NotFound)
    expect(Object.values(things[0])).toContain((result as NotFound).id)
    expect([await stateOf(mine), await stateOf(theirs)]).toEqual(before)
  },
)

test('what is in the trash is not changed, moved or filled', async () => {
  const ctx = await buildCtx(database.db)
  const { id, checkpointId } = await buildMarker(ctx)
  const elsewhere = await buildMarker(ctx)
  const { bookId } = await ctx.db.prisma.checkpoint.findFirstOrThrow({ where: { id: checkpointId } })
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: bookId }))
  const before = await stateOf(ctx)
  for (const result of [
    await createCheckpoint(ctx, { bookId, title: 'A' }),
    await updateCheckpoint(ctx, { checkpointId, title: 'A' }),
    await createCheckpointMarker(ctx, { checkpointId, title: 'A' }),
    await updateCheckpointMarker(ctx, { checkpointMarkerId: id, title: 'A' }),
    await moveCheckpointMarker(ctx, { checkpointMarkerId: id, place: 'FIRST' }),
    await moveCheckpointMarker(ctx, { checkpointMarkerId: id, checkpointId: elsewhere.checkpointId }),
    await moveCheckpointMarker(ctx, { checkpointMarkerId: elsewhere.id, checkpointId }),
  ])
    expect(result).toBeInstanceOf(NotFound)
  expect(await stateOf(ctx)).toEqual(before)
})
