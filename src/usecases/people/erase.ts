import { transact, type Tx } from '../../db/client.ts'
import { makeOwner, removePersonRows, workspaceIdsOf } from '../../db/people/erase-person.ts'
import { lockMembers, onlyOwnedBy } from '../../db/people/member-lists.ts'
import { lockedPerson, personById, type PersonRow, presentPerson } from '../../db/people/persons.ts'
import { acrossWorkspaces } from '../../db/workspaces.ts'
import { assertCanOperate, noSuchPerson } from '../../domain/access.ts'
import { Failure, InvalidInput, NotFound } from '../../domain/failure.ts'
import { LastOwner } from '../../domain/members.ts'
import { emailKey } from '../../domain/people.ts'
import { isUuid } from '../../domain/text.ts'
import { record } from '../audit.ts'
import type { Ctx } from '../context.ts'
import { forgetPerson } from './audit.ts'
import { notAsPerson } from './viewer.ts'

/** Erases the person whose request this is, who types their address. */
export async function deleteViewer(ctx: Ctx, { confirmEmail }: { readonly confirmEmail: string }) {
  const disabled = notAsPerson(ctx.actor)
  if (disabled) return disabled
  const person = await personById(ctx.db, ctx.actor.id)
  if (!person) throw noSuchPerson()
  if (person.email !== emailKey(confirmEmail))
    return new InvalidInput([{ path: 'confirmEmail', message: 'Give the address that you sign in with.' }])
  return erase(ctx, person.id, undefined)
}

interface RemovePerson {
  readonly personId: string
  /** Becomes the owner of the workspaces of which the person is the last owner. */
  readonly successorId?: string | null | undefined
}

/** Erases any person, for operators. */
export async function removePerson(ctx: Ctx, { personId, successorId }: RemovePerson) {
  assertCanOperate(ctx.actor)
  if (!isUuid(personId)) return new NotFound('Person', personId)
  if (successorId != null && (successorId === personId || !isUuid(successorId)))
    return new InvalidInput([unknownSuccessor])
  return erase(ctx, personId, successorId ?? undefined)
}

const unknownSuccessor = { path: 'successorId', message: 'Give the ID of another person.' }

/**
 * Removes the row of a person and all personal data. The person's row is locked first, so that nothing can be added to
 * it; then the members of each of their workspaces, so that none loses its last owner.
 */
const erase = (ctx: Ctx, personId: string, successorId: string | undefined) =>
  transact(acrossWorkspaces(ctx.db), async (tx): Promise<PersonRow | NotFound | LastOwner | InvalidInput> => {
    const now = ctx.now()
    const person = await lockedPerson(tx, personId)
    if (!person) return new NotFound('Person', personId)
    const workspaceIds = await workspaceIdsOf(tx, personId)
    for (const id of workspaceIds) await lockMembers(tx, id)
    const failure = await handOver(tx, await onlyOwnedBy(tx, workspaceIds, personId), successorId, now)
    if (failure instanceof Failure) return failure
    await removePersonRows(tx, person, workspaceIds, now)
    await forgetPerson(tx, personId)
    // Without the address of the request, which may be that of the person.
    const source = { now: ctx.now, actor: ctx.actor, requestId: ctx.requestId }
    await record(source, tx, { action: 'USER_REMOVED', subjectId: personId, workspaceId: null })
    return person
  })

async function handOver(tx: Tx, owned: readonly string[], successorId: string | undefined, now: Date) {
  if (owned.length === 0) return undefined
  if (successorId === undefined) return new LastOwner(owned)
  if (!(await presentPerson(tx, successorId))) return new InvalidInput([unknownSuccessor])
  await makeOwner(tx, owned, successorId, now)
  return undefined
}
