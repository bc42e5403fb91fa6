import { appendEvents } from '../db/media/media-events.ts'
import type { Db, Tx } from '../db/client.ts'
import { AccessDenied } from '../domain/access.ts'
import { DatabaseUnavailable } from '../domain/database-unavailable.ts'
import { Failure } from '../domain/failure.ts'
import type { MediaDecision } from '../domain/media-decision.ts'
import type { MediaChange } from '../domain/media-events.ts'
import type { MediaOwnerType, MediaRole } from '../domain/slots.ts'
import { StorageUnavailable } from '../domain/storage-unavailable.ts'
import { isUuid } from '../domain/text.ts'
import { WorkspaceRequired } from '../domain/workspace-trash.ts'
import { UploadInterrupted } from '../domain/upload-interrupted.ts'
import { recordActivity } from './activity.ts'
import { type Ctx, newId } from './context.ts'

/** A requested operation on media, and its slot. */
export interface MediaWrite {
  readonly operation: 'UPLOAD' | 'ATTACH' | 'MOVE' | 'UPDATE' | 'TRASH' | 'RESTORE' | 'PURGE'
  readonly ownerType?: MediaOwnerType | null
  readonly ownerId?: string | null
  readonly role?: MediaRole | null
  readonly mediaIds?: readonly string[]
}

interface Outcome {
  readonly decision: MediaDecision
  /** Why it was refused: the type of the failure. */
  readonly reason?: string
  readonly mediaIds?: readonly string[]
  readonly blobId?: string
  readonly changes?: readonly MediaChange[]
}

/** With more media than this, only the `DB` event lists them. */
const fewMedia = 100

/** Writes that change nothing below their owner, or something that their operations record themselves. */
const inactive: readonly MediaWrite['operation'][] = ['TRASH', 'RESTORE', 'PURGE']

/**
 * Records a write in the transaction of its change: the activity of the owner, and the chain of events, which are
 * request, decision, changes and answer.
 */
export async function recordWrite(ctx: Ctx, tx: Tx, write: MediaWrite, outcome: Outcome) {
  const { ownerType, ownerId } = write
  const isChange = (outcome.changes ?? []).length > 0 && !inactive.includes(write.operation)
  if (ownerType && ownerId && isChange) await recordActivity(ctx, tx, { [ownerType]: [ownerId] })
  await recordEvents(ctx, tx, write, outcome)
}

/** Appends the event chain of a write. */
async function recordEvents(ctx: Ctx, tx: Tx | Db['prisma'], write: MediaWrite, outcome: Outcome) {
  const { decision, reason = null, blobId = null, changes = [] } = outcome
  const ids = (outcome.mediaIds ?? write.mediaIds ?? []).filter(isUuid)
  const few = ids.length <= fewMedia ? ids : []
  const { workspaceId, id: actorId } = ctx.actor
  const event = {
    workspaceId,
    chainId: newId(),
    requestId: ctx.requestId,
    operation: write.operation,
    decision,
    reason,
    actorId,
    ownerType: write.ownerType ?? null,
    ownerId: write.ownerId != null && isUuid(write.ownerId) ? write.ownerId : null,
    role: write.role ?? null,
    blobId,
    mediaIds: [...few],
    occurredAt: ctx.now(),
  }
  await appendEvents(tx, [
    { ...event, id: newId(), step: 'REQUEST', decision: null, reason: null, blobId: null },
    { ...event, id: newId(), step: 'DECISION' },
    { ...event, id: newId(), step: 'DB', mediaIds: [...ids], changes: [...changes] },
    { ...event, id: newId(), step: 'RESULT' },
  ])
}

/**
 * Does a write to media. When it is refused or fails, its chain of events is recorded outside its transaction, which
 * was rolled back.
 */
export async function auditWrite<T>(ctx: Ctx, write: MediaWrite, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work()
    if (result instanceof Failure) await recordRefusal(ctx, write, result.__typename)
    return result
  } catch (error) {
    // Without a database nothing can be recorded, and trying would only delay the answer. In the trash nothing changes.
    const isNoted = !(error instanceof DatabaseUnavailable || error instanceof WorkspaceRequired)
    if (isNoted) await recordRefusal(ctx, write, reasonOf(error))
    throw error
  }
}

/** The reason of a write that failed: the faults of clients and outages have names of their own. */
function reasonOf(error: unknown): string {
  if (error instanceof AccessDenied) return 'AccessDenied'
  if (error instanceof UploadInterrupted) return 'UploadInterrupted'
  return error instanceof StorageUnavailable ? 'StorageUnavailable' : 'InternalError'
}

/** The client gets its answer also when the refusal cannot be recorded. */
async function recordRefusal(ctx: Ctx, write: MediaWrite, reason: string) {
  await recordEvents(ctx, ctx.db.prisma, write, { decision: 'REJECT', reason }).catch((err: unknown) => {
    ctx.log.error({ err, write, reason }, 'Could not record a refused write to media')
  })
}
