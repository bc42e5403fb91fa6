import { beforeAll, expect, test } from 'vitest'
import { dueJobs } from '../../src/queue/attempts.ts'
import { jobNames } from '../../src/queue/kinds.ts'
import { queueState } from '../../src/queue/queue-state.ts'
import { buildCtx, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { costOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
removeTemporaryFolders()

// 100,000 jobs that are done, and few others.
beforeAll(async () => {
  const { actor } = await buildCtx(database.db)
  await database.db.pool.query(
    `insert into jobs (workspace_id, id, name, payload, status, requested_by, listed, created_at, finished_at, failure)
    select $1::uuid, gen_random_uuid(), case when n % 2 = 0 then 'render-thumbnails' else 'purge-trash' end, '{}',
      case when n % 10000 = 0 then 'FAILED' when n % 5000 = 0 then 'QUEUED' when n % 2500 = 0 then 'RUNNING'
        else 'DONE' end::job_status, 'owner', true, now(), now(), 'x'
    from generate_series(1, 100000) n`,
    [actor.workspaceId],
  )
  await database.db.pool.query('vacuum analyze jobs')
}, 120_000)

test.each([
  ['the state of the queue', () => queueState(database.db)],
  ['the jobs that are due', () => dueJobs(database.db, jobNames)],
])('%s is read by indexes, however many jobs are done', async (_what, read) => {
  for (const statement of await statementsOf(read)) {
    const { scans, pages } = await costOf(database.db.pool, statement)
    expect(scans).toEqual([])
    expect(pages).toBeLessThan(300)
  }
})
