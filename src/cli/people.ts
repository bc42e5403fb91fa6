import { text } from 'node:stream/consumers'
import type { App } from '../app.ts'
import { personByEmail } from '../db/people/users.ts'
import { defaultWorkspaceId, type Role } from '../domain/access.ts'
import { Failure } from '../domain/failure.ts'
import { emailKey } from '../domain/people.ts'
import { type Ctx, newId, servicesIn, systemActor } from '../usecases/context.ts'
import { removePerson } from '../usecases/people/erase.ts'
import { createInvitation } from '../usecases/people/invite.ts'
import { removeMember } from '../usecases/people/members.ts'
import { addMember, createPerson, setPassword } from '../usecases/people/operate-people.ts'
import { personalDataOf } from '../usecases/people/personal-data.ts'
import { createResetLink } from '../usecases/people/reset-link.ts'
import { record } from '../usecases/audit.ts'
import { workspacesNamed } from './workspaces.ts'

/** The context of a command in a workspace, which must exist. */
async function ctxIn({ services, log }: App, workspace = defaultWorkspaceId): Promise<Ctx> {
  const [{ id } = { id: defaultWorkspaceId }] = await workspacesNamed(services.db, workspace)
  return { ...servicesIn(services, id), log, actor: systemActor(id), requestId: newId() }
}

const baseUrlOf = ({ config: { publicUrl, port } }: App) => publicUrl ?? `http://localhost:${port}`

const roles: readonly string[] = ['OWNER', 'EDITOR', 'VIEWER'] satisfies Role[]
const isRole = (name: string): name is Role => roles.includes(name)

function refused(message: string): false {
  console.error(message)
  return false
}

/** The password on the standard input, without the line break at its end. */
const typedPassword = async () => (await text(process.stdin)).replace(/\r?\n$/, '')

const noPerson = (email: string) => refused(`Nobody has the address ${email}. List people with: users list`)

export interface InWorkspace {
  readonly workspace?: string
  readonly role?: string
}

export interface CreateOptions extends InWorkspace {
  readonly email: string
  readonly name?: string
  readonly passwordStdin?: boolean
}

/** Adds a person with a password, or prints the link by which they choose one. Returns false if that is not possible. */
export async function createUser(app: App, options: CreateOptions): Promise<boolean> {
  const { email, name = '', passwordStdin = false } = options
  const role = (options.role ?? 'editor').toUpperCase()
  if (!isRole(role)) return refused('Give one of the roles owner, editor and viewer.')
  const ctx = await ctxIn(app, options.workspace)
  if (await personByEmail(ctx.db, emailKey(email)))
    return refused(`Somebody has the address ${email}. To let them into a workspace, use: members add`)
  if (!passwordStdin) {
    const made = await createInvitation(ctx, { email, role }, baseUrlOf(app))
    if (made instanceof Failure) return refused(made.message)
    console.error(`Until ${made.invitation.expiresAt.toISOString()} ${email} can register with this link:`)
    console.log(made.link)
    return true
  }
  const id = await createPerson(ctx, { name, email, password: await typedPassword() }, role)
  if (id instanceof Failure) return refused(id.message)
  console.log(id)
  return true
}

/** Lists all people with the number of their workspaces. */
export async function listUsers({ services: { db } }: App, { json = false }: { readonly json?: boolean }) {
  const rows = await db.prisma.user.findMany({
    orderBy: { email: 'asc' },
    select: { id: true, name: true, email: true, createdAt: true, _count: { select: { members: true } } },
  })
  const people = rows.map(({ _count: { members }, ...person }) => ({ ...person, workspaces: members }))
  if (json) console.log(JSON.stringify(people, null, 2))
  else
    for (const { id, name, email, workspaces } of people)
      console.log(`${id} ${email} ${name}: ${workspaces} workspaces`)
}

/** Sets a password, or prints the link by which the person chooses one. Returns false if nobody has the address. */
export async function resetPassword(
  app: App,
  email: string,
  { passwordStdin = false }: { passwordStdin?: boolean },
) {
  const ctx = await ctxIn(app)
  const person = await personByEmail(ctx.db, emailKey(email))
  if (!person) return noPerson(email)
  if (passwordStdin) {
    const set = await setPassword(ctx, person, await typedPassword())
    if (set instanceof Failure) return refused(set.message)
    console.log(`${email} has a new password. All sessions have ended.`)
    return true
  }
  const link = await createResetLink(ctx, email, baseUrlOf(app))
  console.error('Within an hour, the person can choose a new password with this link:')
  console.log(link)
  return true
}

/** Erases a person. Returns false if they stay. */
export async function removeUser(
  app: App,
  email: string,
  { force }: { readonly force?: string },
): Promise<boolean> {
  const ctx = await ctxIn(app)
  const person = await personByEmail(ctx.db, emailKey(email))
  if (!person) return noPerson(email)
  const successor = force === undefined ? undefined : await personByEmail(ctx.db, emailKey(force))
  if (force !== undefined && !successor) return noPerson(force)
  const removed = await removePerson(ctx, { personId: person.id, successorId: successor?.id })
  if (removed instanceof Failure)
    return refused(`${removed.message} Or name the new owner with: --force <email>`)
  console.log(`${email} was erased. What they made stays, without their name.`)
  return true
}

/** Prints everything that is stored about a person, as JSON. Returns false if nobody has the address. */
export async function exportUser(app: App, email: string): Promise<boolean> {
  const ctx = await ctxIn(app)
  const person = await personByEmail(ctx.db, emailKey(email))
  if (!person) return noPerson(email)
  await record(ctx, ctx.db, { action: 'USER_EXPORTED', subjectId: person.id, workspaceId: null })
  console.log(JSON.stringify(await personalDataOf(ctx, person.id), null, 2))
  return true
}

/** Lets a person into a workspace. Returns false if that is not possible. */
export async function addToWorkspace(app: App, email: string, options: InWorkspace): Promise<boolean> {
  const role = (options.role ?? 'editor').toUpperCase()
  if (!isRole(role)) return refused('Give one of the roles owner, editor and viewer.')
  const added = await addMember(await ctxIn(app, options.workspace), email, role)
  if (added instanceof Failure) return noPerson(email)
  console.log(`${email} has the role ${added.role}.`)
  return true
}

/** Lists the members of every workspace, or of one. */
export async function listMembers(
  { services: { db } }: App,
  { workspace, json = false }: InWorkspace & { readonly json?: boolean },
) {
  const ids = (await workspacesNamed(db, workspace)).map(({ id }) => id)
  const rows = await db.prisma.member.findMany({
    where: { workspaceId: { in: ids } },
    orderBy: [{ workspaceId: 'asc' }, { createdAt: 'asc' }],
    select: {
      workspaceId: true,
      role: true,
      createdAt: true,
      user: { select: { id: true, email: true, name: true } },
    },
  })
  const members = rows.map(({ user, ...member }) => ({ ...member, ...user }))
  if (json) console.log(JSON.stringify(members, null, 2))
  else
    for (const { workspaceId, email, name, role } of members)
      console.log(`${workspaceId} ${email} ${name}: ${role}`)
}

/** Ends a membership. Returns false if it stays. */
export async function removeFromWorkspace(
  app: App,
  email: string,
  { workspace }: InWorkspace,
): Promise<boolean> {
  const ctx = await ctxIn(app, workspace)
  const person = await personByEmail(ctx.db, emailKey(email))
  if (!person) return noPerson(email)
  const removed = await removeMember(ctx, { personId: person.id })
  if (removed instanceof Failure) return refused(removed.message)
  console.log(`${email} is no longer a member.`)
  return true
}
