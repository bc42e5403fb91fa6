import { expect, test } from 'vitest'
import { openSessionLocks } from '../../src/db/postgres/session-locks.ts'
import { sql } from '../../src/db/sql.ts'
import { DatabaseUnavailable } from '../../src/domain/database-unavailable.ts'
import { recoverJobs } from '../../src/jobs/recover-jobs.ts'
import { runJobs } from '../../src/jobs/run.ts'
import { buildBlock, buildCtx, buildPicture, imagesOf, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase, useWayTo } from '../support/database.ts'
import { askForPurge, delivered, jobOf, runMessage, schedule } from '../support/jobs/running-jobs.ts'

/** Short, so that the tests are; long enough for a busy machine to answer in time. */
const answerMs = 2_000

const database = useDatabase()
const way = useWayTo(database, answerMs)
removeTemporaryFolders()

/** A process that reaches the database over the way that can break. */
const processOn = <Services extends object>(services: Services) => ({
  ...services,
  db: way.db,
  locks: openSessionLocks(way.connection, () => {}, answerMs),
})

const statement = () => way.db.query(sql`select 1`)

test('a process does jobs again after its database stopped answering for a while', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const services = processOn(ctx)
  const running = await runJobs(services, ctx.log, schedule)
  const processed = async () => {
    const { media } = await buildPicture(ctx, imagesOf(block.id))
    const where = { workspaceId_id: { workspaceId: media.workspaceId, id: media.blobId } }
    const status = async () => (await database.db.prisma.blob.findUniqueOrThrow({ where })).processingStatus
    await expect.poll(status).toBe('READY')
  }
  await processed()
  way.proxy.hang()
  await expect(statement()).rejects.toBeInstanceOf(DatabaseUnavailable)
  way.proxy.up()
  await processed()
  await running.stop(10_000)
  await services.locks.close()
})

test('a job that loses its database is done again, although its end could not be recorded', async () => {
  const ctx = await buildCtx(database.db)
  const job = await askForPurge(ctx)
  const services = processOn(ctx)
  const lost = runMessage(services, await delivered(ctx, 'purge-trash'), async () => {
    way.proxy.hang()
    await statement()
  })
  await expect(lost).rejects.toBeInstanceOf(DatabaseUnavailable)
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'RUNNING', attempts: 1 })
  way.proxy.up()
  const recovered = async () => {
    await recoverJobs(services, ctx.log).catch(() => {})
    return jobOf(ctx, job.id)
  }
  await expect.poll(recovered).toMatchObject({ status: 'RETRYING', attempts: 1 })
  await services.locks.close()
})
