import { setTimeout as delay } from 'node:timers/promises'
import PgBoss from 'pg-boss'
import type { Db, Tx } from '../db/client.ts'
import type { GarbageCollectionRequest } from '../domain/garbage-collection.ts'
import type { PurgeRequest } from '../domain/purge.ts'
import type { VerificationRequest } from '../domain/verification.ts'
import { lostMessages, type Message, removeMessage } from './messages.ts'

/** Jobs that can be asked for, and what each is asked to do; that is in its row. */
export interface TrackedJobs {
  'purge-trash': PurgeRequest
  'collect-garbage': GarbageCollectionRequest
  'verify-storage': VerificationRequest
}

/** A job that has a row in `jobs`. */
export interface JobRef {
  readonly workspaceId: string
  readonly jobId: string
}

type Tracked = { readonly [Name in keyof TrackedJobs]: JobRef }

/** Every kind of job and what its message says. Ids only: a job looks at the world as it is when it runs. */
export interface JobPayloads extends Tracked {
  'daily-purge': Record<string, never>
  'daily-garbage-collection': Record<string, never>
  'remove-objects': Record<string, never>
  'render-thumbnails': { readonly workspaceId: string; readonly blobId: string }
  'forget-idempotency-keys': Record<string, never>
  'index-library': Record<string, never>
  'sweep-storage': Record<string, never>
  'tidy-resumable-uploads': Record<string, never>
}

export type JobName = keyof JobPayloads

/** What the work of a job is given. */
export type JobInput<Name extends JobName> = Name extends keyof TrackedJobs
  ? TrackedJobs[Name]
  : JobPayloads[Name]

interface QueueSettings {
  /** How many of them one process does at once. */
  readonly turns: number
  /** Many that are enqueued in so many seconds become one, which runs at once or when they are over: after the last was enqueued. */
  readonly oneIn?: number
}

/** One that takes long must not hold up those of other workspaces; one that takes too long makes room for them (`run.ts`). */
const long = { turns: 2 }
const short = { turns: 1 }

export const queues: Record<JobName, QueueSettings> = {
  'purge-trash': long,
  'collect-garbage': long,
  'verify-storage': long,
  'daily-purge': short,
  'daily-garbage-collection': short,
  'remove-objects': { turns: 1, oneIn: 15 },
  'render-thumbnails': short,
  'forget-idempotency-keys': short,
  'index-library': short,
  'sweep-storage': short,
  'tidy-resumable-uploads': short,
}

export const jobNames = Object.keys(queues) as JobName[]

/**
 * pg-boss delivers; trying again is ours, so that it is seen (`usecases/run-job.ts`). What a process died of is found by locks, so that
 * nothing needs to expire: a day is the longest that pg-boss knows. Messages wait as long as nobody runs the jobs.
 */
const retentionDays = 365
const delivery = { retryLimit: 0, expireInSeconds: 86_399, retentionMinutes: retentionDays * 24 * 60 }

export interface Queue {
  readonly boss: PgBoss
  /** The job exists when and only when the transaction commits. It begins `afterMs` later. */
  enqueue<Name extends JobName>(
    tx: Tx,
    name: Name,
    payload: JobPayloads[Name] | JobRef,
    afterMs?: number,
  ): Promise<void>
  /** Messages that nobody may be at any more: their process died, or failed in a way that it could not record. */
  lost(): Promise<Message[]>
  /** Takes a message out of the queue; false when somebody did before. */
  remove(tx: Tx, message: Pick<Message, 'name' | 'id'>): Promise<boolean>
  /** Begins no more jobs and waits for those under way, and for what is said of them, for at most `graceMs` each. */
  stop(graceMs: number): Promise<void>
}

/** Jobs are rows of the same database, in the schema `pgboss`. `runs`: this process does jobs too, and starts the daily ones. */
export function openQueue(db: Db, onError: (error: Error) => void, runs = true): Queue {
  let stopping = false
  const underWay = new Set<Promise<unknown>>()
  const executeSql = async (text: string, values: unknown[]): Promise<{ rows: unknown[] }> => {
    if (stopping && fetchesJobs(text)) return { rows: [] }
    const answer = ask(text, values)
    underWay.add(answer)
    return answer.finally(() => underWay.delete(answer))
  }
  const ask = async (text: string, values: unknown[]): Promise<{ rows: unknown[] }> => {
    try {
      return await db.pool.query<Record<string, unknown>>(text, values)
    } catch (error) {
      if (!endsJobs(text) || !(error instanceof Error)) throw error
      // pg-boss does not wait for this answer: its failure would end the process. The jobs run again when they are missed.
      onError(error)
      return { rows: [{ count: 0 }] }
    }
  }
  const boss = new PgBoss({
    db: { executeSql },
    schedule: runs,
    supervise: runs,
    // Until they are recorded in `jobs`, however long nobody runs jobs.
    archiveFailedAfterSeconds: retentionDays * 86_400,
  })
  boss.on('error', onError)
  /** pg-boss does not wait for its own statements: the job of a fetch would begin when the database is closed. */
  const answered = async (graceMs: number) => {
    const overdue = AbortSignal.timeout(graceMs)
    while (underWay.size > 0 && !overdue.aborted) await delay(10)
  }
  return {
    boss,
    enqueue: async (tx, name, payload, afterMs = 0) => {
      const executeSql = async (text: string, values: unknown[]) => {
        const plain = values.map((value) => (isObject(value) ? JSON.stringify(value) : value))
        return { rows: await tx.$queryRawUnsafe<unknown[]>(text, ...plain) }
      }
      const { oneIn } = queues[name]
      // A job with a row is one by itself.
      const isOne = oneIn !== undefined && !('jobId' in payload)
      const one = isOne ? { singletonKey: 'one', singletonSeconds: oneIn, singletonNextSlot: true } : {}
      const options = { ...delivery, ...one, startAfter: afterMs / 1000, db: { executeSql } }
      const id = await boss.send(name, payload, options)
      if (id === null && !isOne) throw new Error(`The queue ${name} is missing. Run the command migrate.`)
    },
    lost: () => lostMessages(db, jobNames),
    remove: removeMessage,
    stop: async (graceMs) => {
      stopping = true
      await answered(graceMs)
      await boss.stop({ graceful: true, wait: true, timeout: graceMs })
      await answered(graceMs)
    },
  }
}

/** Whether a statement of pg-boss takes jobs out of a queue, to begin them. */
const fetchesJobs = (text: string) => text.includes('FOR UPDATE SKIP LOCKED')

/** Whether a statement of pg-boss says that jobs have ended, well or not. */
const endsJobs = (text: string) => /unnest\(\$2::uuid\[\]\)/i.test(text) && text.includes('$3::jsonb')

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !(value instanceof Date)

/** Any number that nothing else in the database locks. */
const setupLock = 7_221_303

/** Makes the tables and queues of the jobs, and starts what serves them. Safe with many servers starting at once. */
export async function startQueue(db: Db, { boss }: Queue): Promise<void> {
  const client = await db.pool.connect()
  try {
    // Two that make queues at the same time would deadlock.
    await client.query('select pg_advisory_lock($1)', [setupLock])
    await boss.start()
    for (const name of jobNames) {
      const queue = { name, policy: 'standard', ...delivery } as const
      await boss.createQueue(name, queue)
      // It may be there from an older version.
      await boss.updateQueue(name, queue)
    }
  } finally {
    // Closing the connection gives up the lock.
    client.release(true)
  }
}
