import { passkeysOf, providersOf } from '../../db/people/account.ts'
import { membershipPage } from '../../db/people/memberships.ts'
import { personById, sessionPage } from '../../db/people/persons.ts'
import { assertCan } from '../../domain/access.ts'
import { type Page, pageLimits } from '../../domain/page.ts'
import type { Ctx } from '../context.ts'

const firstPage: Page = { limit: pageLimits.max, backward: false, after: null, before: null }

/** The name and the address of the person whose request this is; undefined once the person is removed. */
export function readPerson({ db, actor }: Ctx) {
  assertCan(actor, 'account')
  return personById(db, actor.id)
}

/** What the page of their account shows to the person whose request this is. */
export async function readAccount(ctx: Ctx) {
  const { db, actor, now } = ctx
  const [person, workspaces, providers, passkeys, sessions] = await Promise.all([
    readPerson(ctx),
    membershipPage(db, actor, firstPage),
    providersOf(db, actor.id),
    passkeysOf(db, actor.id),
    sessionPage(db, actor.id, now(), firstPage),
  ])
  return (
    person && {
      name: person.name,
      email: person.email,
      workspaces: workspaces.rows,
      providers,
      passkeys,
      sessions: sessions.rows.map((session) => ({ ...session, isThis: session.id === actor.sessionId })),
    }
  )
}

export type Account = NonNullable<Awaited<ReturnType<typeof readAccount>>>
