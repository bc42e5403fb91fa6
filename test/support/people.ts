import { type Db, transact } from '../../src/db/client.ts'
import { putMember } from '../../src/db/people/members.ts'
import type { Role, TokenScope } from '../../src/domain/access.ts'
import { tokenPrefix } from '../../src/domain/people.ts'
import { newId } from '../../src/usecases/context.ts'
import { hashOf, newSecret } from '../../src/usecases/people/secrets.ts'

/** The tables of people, who are in no workspace or in several, and the history of the installation. */
export const tablesOfPeople = [
  'users',
  'sessions',
  'accounts',
  'passkeys',
  'verifications',
  'sign_in_secrets',
  'audit_events',
  'attempt_counts',
]

/** A workspace refers to people by these alone. */
export const referencesToPeople = /REFERENCES users\(id\)/

/** Adds a row to each table of a workspace that knows people. */
export async function fillWithPeople(db: Db, workspaceId: string) {
  await db.pool.query(
    `with person as (
       insert into users (id, name, email, created_at, updated_at)
       values (gen_random_uuid(), 'Ada', gen_random_uuid() || '@example.org', now(), now()) returning id),
     member as (
       insert into members (workspace_id, user_id, role, created_at, updated_at)
       select $1, id, 'OWNER', now(), now() from person),
     invitation as (
       insert into invitations (workspace_id, id, role, secret_hash, created_by, created_at, expires_at)
       values ($1, gen_random_uuid(), 'VIEWER', sha256(gen_random_uuid()::text::bytea), 'owner', now(), now())),
     token as (
       insert into api_tokens (workspace_id, id, user_id, name, scope, secret_hash, created_at)
       select $1, gen_random_uuid(), id, 'robot', 'READ', sha256(gen_random_uuid()::text::bytea), now() from person)
     insert into audit_events (id, workspace_id, occurred_at, action) values (gen_random_uuid(), $1, now(), 'SIGNED_IN')`,
    [workspaceId],
  )
}

let count = 0

/** A person with a session, and the header of a request in it. */
export async function buildPerson(db: Db, { name = 'Ada', email }: { name?: string; email?: string } = {}) {
  const [id, sessionId, token] = [newId(), newId(), newSecret()]
  const times = { createdAt: new Date(), updatedAt: new Date() }
  const address = email ?? `${name.toLowerCase()}.${(count += 1)}@example.org`
  await db.prisma.user.create({ data: { id, name, email: address, ...times } })
  const expiresAt = new Date(Date.now() + 3_600_000)
  await db.prisma.session.create({ data: { id: sessionId, userId: id, token, expiresAt, ...times } })
  return { id, name, email: address, sessionId, token, headers: { authorization: `Bearer ${token}` } }
}

/** Makes a person a member of a workspace. */
export const makeMember = (db: Db, workspaceId: string, { id: userId }: { id: string }, role: Role) =>
  transact(db, (tx) => putMember(tx, { workspaceId, userId, role }, new Date()))

/** An API token of a person in a workspace, and the header of a request with it. */
export async function buildToken(
  db: Db,
  workspaceId: string,
  { id: userId }: { id: string },
  scope: TokenScope,
) {
  const [id, secret] = [newId(), `${tokenPrefix}${newSecret()}`]
  const secretHash = Uint8Array.from(hashOf(secret))
  const data = { workspaceId, id, userId, name: 'robot', scope, secretHash, createdAt: new Date() }
  await db.prisma.apiToken.create({ data })
  return { id, headers: { authorization: `Bearer ${secret}` } }
}
