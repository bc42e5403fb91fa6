import PgBoss from 'pg-boss'
import type { Db, Tx } from '../db/client.ts'
import type { CollectionRequest } from '../domain/collection.ts'
import type { PurgeRequest } from '../domain/purge.ts'

/** Jobs that can be asked for, and what each is asked to do; that is in its row. */
export interface TrackedJobs {
  'purge-trash': PurgeRequest
  'collect-garbage': CollectionRequest
}

type Tracked = {
  readonly [Name in keyof TrackedJobs]: { readonly workspaceId: string; readonly jobId: string }
}

/** Every kind of job and what it is given. Ids only: a job looks at the world as it is when it runs. */
export interface JobPayloads extends Tracked {
  'daily-purge': Record<string, never>
  'daily-collection': Record<string, never>
  'remove-objects': Record<string, never>
  'render-thumbnails': { readonly workspaceId: string; readonly blobId: string }
  'forget-idempotency-keys': Record<string, never>
  'index-library': Record<string, never>
  'sweep-storage': Record<string, never>
  'tidy-resumable-uploads': Record<string, never>
}

export type JobName = keyof JobPayloads

const retries = { retryLimit: 5, retryDelay: 5, retryBackoff: true }

/** A job that takes longer is taken for one whose process died, and is tried again; one that did not die is let be. */
const long = { ...retries, expireInHours: 6 }

/**
 * Many that are enqueued at once become one, which runs at once or when the seconds are over: later than the last of them was
 * enqueued.
 */
const oneInSeconds = (seconds: number) => ({
  singletonKey: 'one',
  singletonSeconds: seconds,
  singletonNextSlot: true,
})

const queues: Record<JobName, PgBoss.SendOptions> = {
  // Also when a run is at it for hours: each one asked for waits for its turn.
  'purge-trash': { ...long, retryLimit: 12 },
  'collect-garbage': long,
  'daily-purge': retries,
  'daily-collection': retries,
  'remove-objects': { ...long, ...oneInSeconds(15) },
  'render-thumbnails': retries,
  'forget-idempotency-keys': retries,
  'index-library': retries,
  'sweep-storage': retries,
  'tidy-resumable-uploads': retries,
}

export interface Queue {
  readonly boss: PgBoss
  /** The job exists when and only when the transaction commits. */
  enqueue<Name extends JobName>(tx: Tx, name: Name, payload: JobPayloads[Name]): Promise<void>
}

/** Jobs are rows of the same database, in the schema `pgboss`. */
export function openQueue(db: Db, onError: (error: Error) => void): Queue {
  const executeSql = async (text: string, values: unknown[]): Promise<{ rows: unknown[] }> => {
    try {
      return await db.pool.query<Record<string, unknown>>(text, values)
    } catch (error) {
      if (!endsJobs(text) || !(error instanceof Error)) throw error
      // pg-boss does not wait for this answer: its failure would end the process. The jobs run again when their time is over.
      onError(error)
      return { rows: [{ count: 0 }] }
    }
  }
  const boss = new PgBoss({ db: { executeSql } })
  boss.on('error', onError)
  return {
    boss,
    enqueue: async (tx, name, payload) => {
      const executeSql = async (text: string, values: unknown[]) => {
        const plain = values.map((value) => (isObject(value) ? JSON.stringify(value) : value))
        return { rows: await tx.$queryRawUnsafe<unknown[]>(text, ...plain) }
      }
      const id = await boss.send(name, payload, { ...queues[name], db: { executeSql } })
      const isOne = queues[name].singletonSeconds !== undefined
      if (id === null && !isOne) throw new Error(`The queue ${name} is missing. Run the command migrate.`)
    },
  }
}

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
    for (const name of Object.keys(queues) as JobName[]) {
      await boss.createQueue(name, { name, policy: 'standard', ...queues[name] })
    }
  } finally {
    // Closing the connection gives up the lock.
    client.release(true)
  }
}
