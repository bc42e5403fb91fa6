import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openDb, transact } from '../../src/db/client.ts'
import { fromStored } from '../../src/domain/stored-json.ts'
import { openSessionLocks } from '../../src/db/postgres/session-locks.ts'
import { AccessDenied } from '../../src/domain/access.ts'
import { PurgeSafetyLimitExceeded } from '../../src/domain/purge.ts'
import { recoverJobs } from '../../src/jobs/recover-jobs.ts'
import { runJob } from '../../src/jobs/run-job.ts'
import { runJobs } from '../../src/jobs/run.ts'
import { dailyJobs, dueDaily } from '../../src/jobs/schedule.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { startJob } from '../../src/usecases/job-control/start-job.ts'
import { emptyTrash, purgeDeletion, runPurge } from '../../src/usecases/trash/request-purge.ts'
import { purgeTrash, PurgeUnderWay } from '../../src/usecases/trash/run-purge.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  buildTag,
  coverOf,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { chainsOf } from '../support/media/media-events.ts'
import { expectWhole, fillBlocks } from '../support/trash/purging.ts'
import { trash } from '../support/trash/restoring.ts'
import { rowsOfWorkspace } from '../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const allOf = (ctx: Ctx) => ({ due: { trashedUntil: ctx.now() } })
const stopped = (ctx: Ctx, items: number, bytes = 2n ** 40n): Ctx => ({
  ...ctx,
  limits: { ...ctx.limits, purge: { items, bytes } },
})

/** A context that keeps what was logged as an error or told. */
function logging(ctx: Ctx) {
  const told: { level: string; fields: object; message: string }[] = []
  const at = (level: string) => (fields: object, message: string) => {
    // The queue's own words are not a purge's.
    if (!message.startsWith('Job ')) told.push({ level, fields, message })
  }
  return { told, ctx: { ...ctx, log: { info: at('info'), warn: at('warn'), error: at('error') } } }
}

async function jobOf(ctx: Ctx, { id }: { id: string }) {
  const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id } }
  return ctx.db.prisma.job.findUniqueOrThrow({ where })
}

/** Does the work of a job as a worker does. */
const work = async (ctx: Ctx, { id }: { id: string }, how = runPurge) =>
  runJob(ctx, ctx.log, {
    job: { ...(await jobOf(ctx, { id })), name: 'purge-trash' },
    work: how,
    signal: new AbortController().signal,
  })

test('the safety limit stops a run that is one item or one byte larger than it may be, and says so everywhere', async () => {
  const plain = await buildCtx(database.db)
  const { ctx, told } = logging(plain)
  const block = await buildBlock(ctx)
  const { media } = await buildPicture(ctx, imagesOf(block.id))
  await trash(ctx, 'BLOCK', block)
  const bytes = media.sizeBytes
  for (const [limits, stops] of [
    [stopped(ctx, 1), true],
    [stopped(ctx, 2, bytes - 1n), true],
    [stopped(ctx, 2, bytes), false],
  ] as const) {
    const answer = await emptyTrash(limits, {})
    expect(answer instanceof PurgeSafetyLimitExceeded).toBe(stops)
    if (!stops) continue
    expect(answer).toMatchObject({ itemCount: 2, limit: limits.limits.purge.items, bytes })
    const report = await purgeTrash(limits, allOf(ctx))
    expect(report).toMatchObject({ deletionCount: 0, itemCount: 0, safetyLimit: answer })
  }

  const small = stopped(ctx, 1)
  const request = { what: 'ALL', askedAt: ctx.now().toISOString(), force: false } as const
  const job = await transact(ctx.db, (tx) => startJob(small, tx, 'purge-trash', request))
  await work(small, job)
  const done = await jobOf(ctx, job)
  expect(done.status).toBe('DONE')
  expect(fromStored(done.result)).toMatchObject({
    itemCount: 0,
    safetyLimit: { __typename: 'PurgeSafetyLimitExceeded', itemCount: 2, limit: 1, bytes },
  })
  expect(told.filter(({ level }) => level === 'error')).toMatchObject([
    { level: 'error', message: expect.stringContaining('PURGE_SAFETY_LIMIT_ITEMS') as string },
  ])
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).media).toHaveLength(1)

  const overridden = succeeded(await emptyTrash(small, { force: true })).job
  await work(small, overridden)
  expect(fromStored((await jobOf(ctx, overridden)).result)).toMatchObject({
    itemCount: 2,
    freedBytes: bytes,
    safetyLimit: null,
  })
  expect(told.at(-1)).toMatchObject({ level: 'info', fields: { itemCount: 2, freedBytes: String(bytes) } })
  await expectWhole(ctx)
})

test('one deletion that is named is purged however large it is, and also beside a run that is stopped', async () => {
  const ctx = stopped(await buildCtx(database.db), 1)
  const [named, other] = [await buildBook(ctx), await buildBook(ctx)]
  for (const book of [named, other])
    for (let count = 0; count < 2; count += 1) await buildBlock(ctx, { bookId: book.id })
  const deletion = await trash(ctx, 'BOOK', named)
  await trash(ctx, 'BOOK', other)
  const { itemCount } = succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
  expect(itemCount).toBe(3)
  const report = await purgeTrash(ctx, allOf(ctx))
  expect(report).toMatchObject({ itemCount: 3, safetyLimit: { itemCount: 3 } })
  const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(rows.books.map(({ id }) => id)).toEqual([other.id])
})

test('the chain of a purge names who asked for it, job or not; a refused one leaves its chain as well', async () => {
  const ctx = await buildCtx(database.db)
  const { media } = await buildPicture(ctx, coverOf('BOOK', (await buildBook(ctx)).id))
  const deletion = await trash(ctx, 'MEDIA', media)
  const editor: Ctx = { ...ctx, actor: { ...ctx.actor, id: 'editor', role: 'EDITOR' } }
  await expect(purgeDeletion(editor, { deletionId: deletion.id })).rejects.toBeInstanceOf(AccessDenied)
  const boss: Ctx = { ...ctx, actor: { ...ctx.actor, id: 'boss' } }
  succeeded(await purgeDeletion(boss, { deletionId: deletion.id }))
  expect(await purgeDeletion(boss, { deletionId: deletion.id })).toMatchObject({ __typename: 'NotFound' })
  await purgeTrash({ ...ctx, actor: { ...ctx.actor, id: 'system' } }, {})

  const chains = (await chainsOf(ctx)).filter(([first]) => first?.operation === 'PURGE')
  expect(
    chains.map((chain) => chain.map((event) => [event.step, event.actor_id, event.decision, event.reason])),
  ).toEqual(
    [
      ['editor', 'REJECT', 'AccessDenied'],
      ['boss', 'REJECT', 'NotFound'],
      ['boss', 'REPLACE', null],
    ].map(([by, decision, reason]) => [
      ['REQUEST', by, null, null],
      ...['DECISION', 'DB', 'RESULT'].map((step) => [step, by, decision, reason]),
    ]),
  )
  for (const chain of chains) for (const event of chain) expect(event.media_ids).toEqual([media.id])
  await expectWhole(ctx)
})

test('a restored deletion is not purged, and one of another workspace is not found', async () => {
  const [ctx, other] = [await buildCtx(database.db), await buildCtx(database.db)]
  const deletion = await trash(ctx, 'BLOCK', await buildBlock(ctx))
  expect(await purgeDeletion(other, { deletionId: deletion.id })).toMatchObject({ __typename: 'NotFound' })
  await purgeTrash(other, allOf(other))
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await purgeDeletion(ctx, { deletionId: deletion.id })).toMatchObject({ __typename: 'NotInTrash' })
  await purgeTrash(ctx, allOf(ctx))
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).blocks).toMatchObject([{ deletion_id: null }])
})

test('a run that is ended between two batches goes on when it is run again', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const tag = await buildTag(ctx)
  await fillBlocks(ctx, book, 2_500, tag)
  await trash(ctx, 'TAG', tag)
  await trash(ctx, 'BOOK', book)
  const stopping = new AbortController()
  const first = await purgeTrash(ctx, {
    ...allOf(ctx),
    signal: stopping.signal,
    onProgress: () => {
      stopping.abort()
    },
  })
  expect(first.itemCount).toBeLessThan(2_502)
  await expectWhole(ctx)
  const second = await purgeTrash(ctx, { before: first })
  expect(second).toMatchObject({ deletionCount: 2, itemCount: 2_502, heldItemCount: 0 })
  await expectWhole(ctx)
})

test('a job whose connection is cut in the middle of its batches goes on, and its counts are those of all attempts', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  await fillBlocks(ctx, book, 3_500)
  const deletion = await trash(ctx, 'BOOK', book)
  const { job } = succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))

  const { rows } = await database.db.pool.query<{ pid: number }>('select pid from pg_stat_activity')
  const before = rows.map(({ pid }) => pid)
  const db = openDb(database.connection, 4, () => {})
  const cut = { ...ctx, db, locks: openSessionLocks(database.connection, () => {}) }
  const dying: typeof runPurge = (own, request, attempt) =>
    runPurge(own, request, {
      ...attempt,
      // At the end of the second batch, in its transaction.
      onProgress: async (report, done, ...rest) => {
        await attempt.onProgress(report, done, ...rest)
        if (done < 2_000) return
        await database.db.pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and application_name = 'wordloom' and pid <> all($1)`,
          [before],
        )
      },
    })
  // It can record that or not, as the connections of its pool are.
  await Promise.allSettled([work(cut, job, dying)])
  expect((await jobOf(ctx, job)).done).toBe(1_000)
  expect(await database.db.prisma.block.count({ where: { workspaceId: ctx.actor.workspaceId } })).toBe(2_500)
  await expectWhole(ctx)

  await recoverJobs(ctx, ctx.log)
  while ((await jobOf(ctx, job)).status !== 'DONE') await work(ctx, job)
  expect(await jobOf(ctx, job)).toMatchObject({ status: 'DONE', done: 3_501, total: 3_501, failure: null })
  expect(fromStored((await jobOf(ctx, job)).result)).toMatchObject({ deletionCount: 1, itemCount: 3_501 })
  await db.close().catch(() => {})
})

test('of two runs at once one waits, and what was marked after the first one came by is removed all the same', async () => {
  const ctx = await buildCtx(database.db)
  const [early, late] = [await buildBlock(ctx), await buildBlock(ctx)]
  const [first, second] = [await trash(ctx, 'BLOCK', early), await trash(ctx, 'BLOCK', late)]
  succeeded(await purgeDeletion(ctx, { deletionId: second.id }))
  const other = { ...ctx, locks: openSessionLocks(database.connection, () => {}) }
  let marked = false
  const report = await purgeTrash(ctx, {
    // In the transaction that removes the later deletion the earlier one is not marked yet.
    keep: async () => {
      if (marked) return
      marked = true
      succeeded(await purgeDeletion(ctx, { deletionId: first.id }))
      await expect(purgeTrash(other, {})).rejects.toBeInstanceOf(PurgeUnderWay)
    },
  })
  expect(report).toMatchObject({ deletionCount: 2, itemCount: 2 })
  expect(await purgeTrash(other, {})).toMatchObject({ deletionCount: 0 })
  await other.locks.close()
})

test('the configured time and zone reach the queue, and two servers that start make one run', async () => {
  const ctx = await buildCtx(database.db)
  const deletion = await trash(ctx, 'BLOCK', await buildBlock(ctx))
  ctx.clock.ms = deletion.purgeAfter.getTime()
  await ctx.db.pool.query('update removal_runs set ran_at = $1', [new Date(ctx.clock.ms - 24 * 3_600_000)])
  const schedule = { purgeCron: '17 3 * * *', garbageCollectionCron: '0 1 * * *', timeZone: 'Asia/Shanghai' }
  const servers = [0, 1].map(() => ({ ...ctx, locks: openSessionLocks(database.connection, () => {}) }))
  const running = await Promise.all(servers.map((server) => runJobs(server, ctx.log, schedule)))
  const begins = (at: string) => dueDaily(dailyJobs(schedule), new Date(at)).map(({ name }) => name)
  expect(begins('2026-01-01T19:17:30Z')).toEqual(['daily-purge'])
  expect(begins('2026-01-01T03:17:30Z')).toEqual([])
  const where = { workspaceId: ctx.actor.workspaceId }
  while ((await ctx.db.prisma.job.count({ where: { ...where, status: 'DONE' } })) === 0) await delay(50)
  // What would make another run has come by as well.
  const messages = `select 1 from jobs
    where (name = 'daily-purge' or workspace_id = $1) and status in ('QUEUED', 'RETRYING', 'RUNNING')`
  while ((await database.db.pool.query(messages, [where.workspaceId])).rows.length > 0) await delay(50)
  expect(await ctx.db.prisma.job.findMany({ where: { ...where, listed: true } })).toMatchObject([
    { name: 'purge-trash', attempts: 1, done: 1 },
  ])
  expect(await ctx.db.prisma.block.count({ where })).toBe(0)
  for (const jobs of running) await jobs.stop(10_000)
  for (const { locks } of servers) await locks.close()
}, 60_000)
