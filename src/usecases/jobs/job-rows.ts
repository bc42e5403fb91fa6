import { transact, type Tx } from '../../db/client.ts'
import type { JobRow } from '../../db/rows.ts'
import { defaultWorkspaceId } from '../../domain/access.ts'
import { delayAfter } from '../../domain/jobs.ts'
import { isUuid } from '../../domain/text.ts'
import type { Message } from '../../queue/messages.ts'
import type { JobName, JobRef } from '../../queue/queue.ts'
import { newId, type Services } from '../context.ts'
import { primaryKey } from '../inputs.ts'
import { storable } from './track-jobs.ts'

/** The job of a message that is about a row. */
export function refOf({ data }: Message): JobRef | undefined {
  const { workspaceId, jobId } = (data ?? {}) as Partial<JobRef>
  return workspaceId !== undefined && jobId !== undefined ? { workspaceId, jobId } : undefined
}

/** The lock that whoever does the job of a message holds: a process that dies holds none. */
export const lockOf = (message: Message) => `job ${refOf(message)?.jobId ?? message.id}`

/** Whose a job is that says so; those of the whole installation are the default workspace's. */
export function workspaceOf({ data }: Message): string {
  const { workspaceId } = (data ?? {}) as { workspaceId?: unknown }
  return typeof workspaceId === 'string' && isUuid(workspaceId) ? workspaceId : defaultWorkspaceId
}

/** How an attempt came to nothing. */
export interface Miss {
  readonly failure: string
  /** The process died, and may have done so for any reason: it is tried again at once. */
  readonly died?: boolean
}

type Outcome = Pick<JobRow, 'status' | 'failure' | 'nextAttemptAt' | 'finishedAt'> & { delayMs: number }

function outcomeOf({ now }: Services, attempts: number, { failure, died = false }: Miss): Outcome {
  const delayMs = delayAfter(attempts, Math.random())
  const at = now()
  if (delayMs === undefined)
    return { status: 'FAILED', failure, nextAttemptAt: null, finishedAt: at, delayMs: 0 }
  const waitMs = died ? 0 : delayMs
  const nextAttemptAt = new Date(at.getTime() + waitMs)
  return { status: 'RETRYING', failure, nextAttemptAt, finishedAt: null, delayMs: waitMs }
}

/** Records in a transaction that an attempt failed, and enqueues the next one. Undefined when the attempt is not under way any more. */
export async function missed(services: Services, tx: Tx, job: JobRow, miss: Miss) {
  const { workspaceId, id, attempts } = job
  const { delayMs, ...outcome } = outcomeOf(services, attempts, miss)
  const where = { workspaceId, id, attempts, status: 'RUNNING' as const }
  const { count } = await tx.job.updateMany({ where, data: outcome })
  if (count === 0) return undefined
  if (outcome.status === 'RETRYING')
    await services.queue.enqueue(tx, job.name as JobName, { workspaceId, jobId: id }, delayMs)
  return outcome
}

/** Gives a job that has none a row, since its first attempt failed. From now on it is about the row. Undefined: somebody else did. */
export function missedFirst(services: Services, message: Message, miss: Miss) {
  const { delayMs, ...outcome } = outcomeOf(services, 1, miss)
  const workspaceId = workspaceOf(message)
  return transact(services.db, async (tx) => {
    if (!(await services.queue.remove(tx, message))) return undefined
    const row = {
      workspaceId,
      id: newId(),
      name: message.name,
      payload: storable(message.data ?? {}),
      requestedBy: 'system',
      attempts: 1,
      createdAt: message.createdOn,
      startedAt: services.now(),
      ...outcome,
    }
    const { id } = await tx.job.create({ data: row })
    await services.queue.enqueue(tx, message.name as JobName, { workspaceId, jobId: id }, delayMs)
    return { id, ...outcome }
  })
}

export const findJob = (tx: Pick<Tx, 'job'>, { workspaceId, jobId }: JobRef) =>
  tx.job.findUnique({ where: primaryKey({ workspaceId, id: jobId }) })
