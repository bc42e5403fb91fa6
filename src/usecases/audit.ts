import { insertAuditEvent } from '../db/people/audit.ts'
import type { Db, Tx } from '../db/client.ts'
import type { Actor } from '../domain/access.ts'
import type { AuditAction, AuditDetails } from '../domain/audit.ts'
import { newId } from './context.ts'

/** Where an event comes from; the context of an operation is one. */
export interface AuditSource {
  readonly now: () => Date
  readonly actor?: Actor
  readonly requestId?: string
  readonly ipAddress?: string
}

interface Recorded {
  readonly action: AuditAction
  /** The ID of the person or object that the action is about. */
  readonly subjectId?: string | null
  /** Default: the workspace of the actor. Null: the event belongs to no workspace. */
  readonly workspaceId?: string | null
  /** Default: the actor of the source. Null: nobody is known. */
  readonly actorId?: string | null
  readonly details?: AuditDetails
}

/**
 * Adds an event to the audit trail. Pass the transaction of the change, so that there is neither a change without its
 * event nor an event without its change.
 */
export async function record(source: AuditSource, db: Db | Tx, event: Recorded): Promise<void> {
  const { actor, requestId = null, ipAddress = null } = source
  const { action, subjectId = null, details = {} } = event
  const workspaceId = event.workspaceId === undefined ? (actor?.workspaceId ?? null) : event.workspaceId
  const actorId = event.actorId === undefined ? (actor?.id ?? null) : event.actorId
  const who = { workspaceId, actorId, subjectId, ipAddress, requestId }
  await insertAuditEvent(db, { id: newId(), occurredAt: source.now(), action, details, ...who })
}
