import { type Queryable, sql } from '../db/sql.ts'
import { jobNames } from './kinds.ts'

interface QueueState {
  readonly kind: string
  readonly waiting: number
  readonly running: number
  readonly failed: number
  readonly oldestSeconds: number
}

/** The jobs of each kind in all workspaces, by one statement. */
export const queueState = (db: Queryable): Promise<QueueState[]> =>
  db.query(sql`
    select kind.name as kind, waiting.count as waiting, coalesce(running.count, 0)::int as running,
      coalesce(failed.count, 0)::int as failed,
      greatest(0, coalesce(extract(epoch from now() - waiting.due), 0))::float8 as "oldestSeconds"
    from unnest(${jobNames}::text[]) as kind (name)
    cross join lateral (select count(*)::int as count, min(due_at) as due from jobs
      where jobs.name = kind.name and status in ('QUEUED', 'RETRYING')) as waiting
    left join (select name, count(*) as count from jobs where status = 'RUNNING' group by name) as running
      on running.name = kind.name
    left join (select name, count(*) as count from jobs where status = 'FAILED' group by name) as failed
      on failed.name = kind.name`)
