import { hashPassword } from 'better-auth/crypto'
import { transact } from '../../db/client.ts'
import { lockMembers } from '../../db/people/member-lists.ts'
import { lockedRole, putMember } from '../../db/people/members.ts'
import { lockedPerson, removeOtherSessions } from '../../db/people/persons.ts'
import { insertUser, personByEmail, type PersonRow, putPassword } from '../../db/people/users.ts'
import { assertCan, assertCanOperate, type Role } from '../../domain/access.ts'
import { type InvalidInput, NotFound } from '../../domain/failure.ts'
import { EmailTaken, emailKey } from '../../domain/people.ts'
import { record } from '../audit.ts'
import { type Ctx, newId } from '../context.ts'
import { type NewPerson, personProblems } from './invitations.ts'

/** Adds a person with a password to the actor's workspace, for an operator. */
export async function createPerson(
  ctx: Ctx,
  person: NewPerson,
  role: Role,
): Promise<string | InvalidInput | EmailTaken> {
  assertCan(ctx.actor, 'manage')
  const invalid = personProblems(person)
  if (invalid) return invalid
  const passwordHash = await hashPassword(person.password)
  return transact(ctx.db, async (tx) => {
    const [id, { workspaceId }] = [newId(), ctx.actor]
    const email = emailKey(person.email)
    const user = { id, name: person.name.trim(), email, passwordHash, createdAt: ctx.now() }
    if (!(await insertUser(tx, user, newId()))) return new EmailTaken()
    await putMember(tx, { workspaceId, userId: id, role }, ctx.now())
    await record(ctx, tx, { action: 'USER_CREATED', subjectId: id, details: { role } })
    return id
  })
}

/** Gives a person another password and ends all their sessions, for an operator. */
export async function setPassword(ctx: Ctx, { id, name, email }: PersonRow, password: string) {
  assertCanOperate(ctx.actor)
  const invalid = personProblems({ name, email, password })
  if (invalid) return invalid
  const passwordHash = await hashPassword(password)
  return transact(ctx.db, async (tx) => {
    const person = await lockedPerson(tx, id)
    if (!person) return new NotFound('Person', id)
    await putPassword(tx, { id, accountId: newId(), passwordHash }, ctx.now())
    await removeOtherSessions(tx, id, undefined)
    await record(ctx, tx, { action: 'PASSWORD_RESET', subjectId: id, workspaceId: null })
    return person
  })
}

/** Makes a person a member of the actor's workspace. One who is a member keeps their role. */
export async function addMember(ctx: Ctx, email: string, role: Role) {
  assertCan(ctx.actor, 'manage')
  return transact(ctx.db, async (tx) => {
    const { workspaceId } = ctx.actor
    const person = await personByEmail(tx, emailKey(email))
    if (!person) return new NotFound('Person', email)
    await lockMembers(tx, workspaceId)
    const present = await lockedRole(tx, workspaceId, person.id)
    if (present) return { role: present }
    await putMember(tx, { workspaceId, userId: person.id, role }, ctx.now())
    await record(ctx, tx, { action: 'MEMBER_ADDED', subjectId: person.id, details: { role } })
    return { role }
  })
}
