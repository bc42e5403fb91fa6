import { type AuditAction, type AuditDetails, personalDetails } from '../../domain/audit.ts'
import type { Tx } from '../client.ts'
import { type Queryable, sql } from '../sql.ts'

export interface NewAuditEvent {
  readonly id: string
  /** Null: it belongs to no workspace, such as a sign-in. */
  readonly workspaceId: string | null
  readonly occurredAt: Date
  readonly action: AuditAction
  /** Null: nobody is known, as in a failed sign-in. */
  readonly actorId: string | null
  /** The ID of the person or object that the action is about. */
  readonly subjectId: string | null
  readonly details: AuditDetails
  readonly ipAddress: string | null
  readonly requestId: string | null
}

export const insertAuditEvent = (db: Queryable, event: NewAuditEvent): Promise<number> =>
  db.execute(sql`
    insert into audit_events (id, workspace_id, occurred_at, action, actor_id, subject_id, details, ip_address, request_id)
    values (${event.id}::uuid, ${event.workspaceId}::uuid, ${event.occurredAt}::timestamptz, ${event.action},
      ${event.actorId}, ${event.subjectId}, ${JSON.stringify(event.details)}::jsonb, ${event.ipAddress},
      ${event.requestId})`)

const isOf = (userId: string) => sql`(actor_id = ${userId} or subject_id = ${userId})`

/** The events by and about a person, oldest first, from after an ID on. */
export const auditEventsAbout = (db: Queryable, userId: string, after: string, limit: number) =>
  db.query<NewAuditEvent>(sql`
    select id, workspace_id as "workspaceId", occurred_at as "occurredAt", action, actor_id as "actorId",
      subject_id as "subjectId", details, ip_address as "ipAddress", request_id as "requestId"
    from audit_events where ${isOf(userId)} and id > ${after}::uuid order by id limit ${limit}::int`)

/**
 * Takes the personal data of a person out of the events by and about the person: addresses, and details that name
 * somebody. The ID stays; without the person's row it names nobody.
 */
export const erasePersonalDetails = (tx: Tx, userId: string): Promise<number> =>
  tx.execute(sql`
    update audit_events set details = details - ${[...personalDetails]}::text[],
      ip_address = case when actor_id = ${userId} or actor_id is null then null else ip_address end
    where ${isOf(userId)}`)

/** Removes up to `limit` events from before a time, and returns how many. */
export const removeAuditEvents = (db: Queryable, before: Date, limit: number): Promise<number> =>
  db.execute(sql`delete from audit_events where id = any(array(
    select id from audit_events where occurred_at < ${before}::timestamptz
    order by occurred_at, id limit ${limit}::int))`)
