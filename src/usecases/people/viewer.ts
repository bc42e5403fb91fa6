import { transact } from '../../db/client.ts'
import { lockedPerson, removeOtherSessions, removeSessions, renamePerson } from '../../db/people/persons.ts'
import { acrossWorkspaces } from '../../db/workspaces.ts'
import { type Actor, assertCan, isPerson, noSuchPerson } from '../../domain/access.ts'
import { SignInDisabled, ViewerChanged } from '../../domain/people.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { record } from '../audit.ts'
import type { Ctx } from '../context.ts'
import type { Expecting } from '../inputs.ts'

/** How many sessions one call may name. */
const sessionsPerCall = 100

/** Why the actor cannot do what concerns a person alone: people do not sign in. Throws `AccessDenied` for API tokens. */
export function notAsPerson(actor: Actor): SignInDisabled | undefined {
  assertCan(actor, 'account')
  return isPerson(actor) ? undefined : new SignInDisabled()
}

/** Changes the name of the person whose request this is. */
export async function updateViewer(
  ctx: Ctx,
  { name, expectedVersion }: { readonly name: string } & Expecting,
) {
  const disabled = notAsPerson(ctx.actor)
  if (disabled) return disabled
  const check = new InputCheck()
  check.line('name', name, textLimits.name)
  const invalid = check.failure()
  if (invalid) return invalid
  return transact(acrossWorkspaces(ctx.db), async (tx) => {
    const person = await lockedPerson(tx, ctx.actor.id)
    if (!person) throw noSuchPerson()
    if (expectedVersion != null && expectedVersion !== person.version) return new ViewerChanged(person)
    await record(ctx, tx, { action: 'USER_UPDATED', subjectId: person.id, workspaceId: null })
    return (await renamePerson(tx, person.id, name.trim(), ctx.now())) ?? person
  })
}

interface EndSessions {
  readonly sessionIds?: readonly string[] | null | undefined
  readonly others?: boolean | null | undefined
}

/** Ends sessions of the person whose request this is, and returns how many. */
export async function endSessions(ctx: Ctx, { sessionIds, others }: EndSessions) {
  const disabled = notAsPerson(ctx.actor)
  if (disabled) return disabled
  const check = new InputCheck()
  if ((sessionIds == null) !== (others === true))
    check.refuse('sessionIds', 'Give either the IDs of sessions or `others: true`.')
  if ((sessionIds?.length ?? 0) > sessionsPerCall)
    check.refuse('sessionIds', `Give at most ${sessionsPerCall} IDs at once.`)
  const invalid = check.failure()
  if (invalid) return invalid
  const { id, sessionId } = ctx.actor
  return transact(acrossWorkspaces(ctx.db), async (tx) => {
    const endedCount = sessionIds
      ? await removeSessions(tx, id, sessionIds.filter(isUuid))
      : await removeOtherSessions(tx, id, sessionId)
    if (endedCount > 0)
      await record(ctx, tx, {
        action: 'SESSION_ENDED',
        subjectId: id,
        workspaceId: null,
        details: { count: endedCount },
      })
    return { endedCount }
  })
}
