import { auditEventsAbout, erasePersonalDetails, type NewAuditEvent } from '../../db/people/audit.ts'
import type { Db, Tx } from '../../db/client.ts'
import { zeroUuid } from '../../domain/text.ts'

/** How many events are read at a time. */
const batch = 1_000

/** The events by and about a person, oldest first, for an export of personal data. */
export async function auditEventsOf(db: Db | Tx, userId: string): Promise<NewAuditEvent[]> {
  const events: NewAuditEvent[] = []
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
