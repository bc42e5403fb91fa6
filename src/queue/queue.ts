import { v7 as uuidv7 } from 'uuid'
import type { Tx } from '../db/client.ts'
import { literal, type Queryable, sql } from '../db/sql.ts'
import { defaultWorkspaceId } from '../domain/access.ts'
import { storable } from '../domain/stored-json.ts'
import { type InternalJobs, type JobName, kinds } from './kinds.ts'

export interface Queue {
  /** Enqueues a job that the server starts by itself. It exists when and only when the transaction commits. */
  enqueue<Name extends keyof InternalJobs>(tx: Tx, name: Name, input: InternalJobs[Name]): Promise<void>
}

interface NewJob {
  readonly workspaceId: string
  readonly id: string
  readonly name: JobName
  readonly payload: string
}

const columns = sql`(workspace_id, id, name, payload, requested_by, listed, created_at, once, due_at)`
const taken = sql`on conflict (name, once) where once is not null`
const valuesOf = ({ workspaceId, id, name, payload }: NewJob) =>
  sql`${workspaceId}::uuid, ${id}::uuid, ${name}, ${payload}::jsonb, 'system', false, now()`

/** Inserts a job, unless one of its kind with the same key is there. */
const insert = (job: NewJob, once: string | null) =>
  sql`insert into jobs ${columns} values (${valuesOf(job)}, ${once}, now()) ${taken} do nothing`

/**
 * The first job of a window begins at once, the second one when the window is over. All others join the second one: they
 * lock its row, so that it does not begin before they have committed. No row: while this waited for another transaction,
 * the second one has begun.
 */
const insertInWindow = (job: NewJob, seconds: number) => sql`
  with present as (select floor(extract(epoch from clock_timestamp()) / ${literal(seconds)})::bigint as number),
  first as (insert into jobs ${columns} select ${valuesOf(job)}, 'window ' || number, now() from present
    ${taken} do nothing returning id),
  second as (insert into jobs ${columns}
    select ${valuesOf(job)}, 'window ' || (number + 1), to_timestamp((number + 1) * ${literal(seconds)})
    from present where not exists (select from first)
    ${taken} do update set due_at = excluded.due_at where jobs.status = 'QUEUED' returning jobs.id)
  select id from first union all select id from second`

/** How often a window is tried: time passes while a transaction waits for another one, and the window is over. */
const rounds = 3

/** A new row. */
function jobOf<Name extends keyof InternalJobs>(name: Name, input: InternalJobs[Name]): NewJob {
  const workspaceId = 'workspaceId' in input ? input.workspaceId : defaultWorkspaceId
  return { workspaceId, id: uuidv7(), name, payload: JSON.stringify(storable(input)) }
}

/** The queue is the table `jobs`: what a transaction enqueues is a row of it. */
export function openQueue(): Queue {
  return {
    enqueue: async (tx, name, input) => {
      const { oneIn } = kinds[name]
      const job = jobOf(name, input)
      for (let round = 0; oneIn !== undefined && round < rounds; round += 1)
        if ((await tx.query(insertInWindow(job, oneIn))).length > 0) return
      // No debounce, or the clock was set back: the jobs of the windows to come have run already.
      await tx.execute(insert(job, null))
    },
  }
}

/** The jobs that are about everything: they have no input. */
export type PlainJob = {
  [Name in keyof InternalJobs]: InternalJobs[Name] extends Record<string, never> ? Name : never
}[keyof InternalJobs]

/**
 * Enqueues a job in a transaction of its own. Of several with the same key only the first is enqueued, for as long as
 * its row is kept: a day or more.
 */
export async function enqueueOnce(db: Queryable, name: PlainJob, key: string): Promise<void> {
  await db.execute(insert(jobOf(name, {}), key))
}

/** Removes jobs that ended before a time, up to `limit`, in every workspace, and gives their number. */
export const removeEnded = (
  db: Queryable,
  { status, listed, before, limit }: { status: string; listed: boolean; before: Date; limit: number },
): Promise<number> =>
  db.execute(sql`delete from jobs where (workspace_id, id) in (select workspace_id, id from jobs
    where finished_at < ${before}::timestamptz and status = ${status}::job_status and listed = ${listed}::boolean
    order by finished_at limit ${limit}::int)`)
