import { type AuditAction, type AuditDetails, personalDetails } from '../../domain/audit.ts'
import type { Page } from '../../domain/page.ts'
import type { Tx } from '../client.ts'
import { asPage, type Condition, keyset, type Order, type PageOf } from '../page.ts'
import { and, columnList, type Queryable, sql } from '../sql.ts'

export interface AuditEventRow {
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

export const insertAuditEvent = (db: Queryable, event: AuditEventRow): Promise<number> =>
  db.execute(sql`
    insert into audit_events (id, workspace_id, occurred_at, action, actor_id, subject_id, details, ip_address, request_id)
    values (${event.id}::uuid, ${event.workspaceId}::uuid, ${event.occurredAt}::timestamptz, ${event.action},
      ${event.actorId}, ${event.subjectId}, ${JSON.stringify(event.details)}::jsonb, ${event.ipAddress},
      ${event.requestId})`)

const columns = columnList({
  id: 'id',
  workspaceId: 'workspace_id',
  occurredAt: 'occurred_at',
  action: 'action',
  actorId: 'actor_id',
  subjectId: 'subject_id',
  details: 'details',
  ipAddress: 'ip_address',
  requestId: 'request_id',
})

/** One page of the events of all workspaces that meet some conditions. */
export async function auditPage(
  db: Queryable,
  conditions: readonly Condition[],
  order: Order<AuditEventRow>,
  page: Page,
): Promise<PageOf<AuditEventRow>> {
  const { conditions: bounds, orderBy, limit } = keyset(order, page)
  const filters = and([...conditions.map((condition) => condition.sql), ...bounds])
  const rows = await db.query<AuditEventRow>(sql`select ${columns} from audit_events
    where ${filters} order by ${orderBy} limit ${limit}`)
  return asPage(rows, page)
}

export async function auditCount(db: Queryable, conditions: readonly Condition[]): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`select count(*)::int as count from audit_events
    where ${and(conditions.map((condition) => condition.sql))}`)
  return row?.count ?? 0
}

const isOf = (userId: string) => sql`(actor_id = ${userId} or subject_id = ${userId})`

/** The events by and about a person, oldest first, from after an ID on. */
export const auditEventsAbout = (db: Queryable, userId: string, after: string, limit: number) =>
  db.query<AuditEventRow>(sql`
    select ${columns} from audit_events where ${isOf(userId)} and id > ${after}::uuid order by id limit ${limit}::int`)

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
