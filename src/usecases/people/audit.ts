import {
  type AuditEventRow,
  auditEventsAbout,
  erasePersonalDetails,
  removeAuditEvents,
} from '../../db/people/audit.ts'
import type { Db, Tx } from '../../db/client.ts'
import { zeroUuid } from '../../domain/text.ts'
import { earlierNow } from '../clocks.ts'
import type { Services } from '../context.ts'
import { removeInBatches } from '../remove-in-batches.ts'

/** How many events are read at a time. */
const batch = 1_000

/** The events by and about a person, oldest first, for an export of personal data. */
export async function auditEventsOf(db: Db | Tx, userId: string): Promise<AuditEventRow[]> {
  const events: AuditEventRow[] = []
  for (let page = await auditEventsAbout(db, userId, zeroUuid, batch); page.length > 0;) {
    events.push(...page)
    page = await auditEventsAbout(db, userId, page.at(-1)?.id ?? zeroUuid, batch)
  }
  return events
}

/** Erases the personal data of a person from the audit trail. */
export async function forgetPerson(tx: Tx, userId: string): Promise<void> {
  await erasePersonalDetails(tx, userId)
}

const dayMs = 24 * 60 * 60 * 1000

/** Removes the events whose retention is over, in every workspace, and returns how many. */
export async function forgetAuditEvents(
  services: Pick<Services, 'db' | 'now' | 'databaseNow' | 'limits'>,
): Promise<number> {
  const now = await earlierNow(services)
  const before = new Date(now.getTime() - services.limits.auditDays * dayMs)
  return removeInBatches(batch, (limit) => removeAuditEvents(services.db, before, limit))
}
