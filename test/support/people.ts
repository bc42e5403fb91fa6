import type { Db } from '../../src/db/client.ts'

/** The tables of people, who are in no workspace or in several, and the history of the installation. */
export const tablesOfPeople = [
  'users',
  'sessions',
  'accounts',
  'passkeys',
  'verifications',
  'sign_in_secrets',
  'audit_events',
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
     insert into audit_events (id, workspace_id, occurred_at, action) values (gen_random_uuid(), $1, now(), 'test')`,
    [workspaceId],
  )
}
