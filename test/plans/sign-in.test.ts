import { beforeAll, expect, test } from 'vitest'
import { passkeysOf, providersOf } from '../../src/db/people/account.ts'
import { bearersOfAccount, bearersOfSession, linkAccount } from '../../src/db/people/credentials.ts'
import { openInvitationsFor } from '../../src/db/people/invitations.ts'
import { personByEmail } from '../../src/db/people/users.ts'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { newId } from '../../src/usecases/context.ts'
import { useDatabase } from '../support/database.ts'
import { costOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const opened = { userId: '' }

// 10,000 people with everything that they sign in with, and as many invitations.
beforeAll(async () => {
  const { pool } = database.db
  await pool.query(`insert into users (id, name, email, created_at, updated_at)
    select gen_random_uuid(), 'P', 'p' || n || '@example.org', now(), now() from generate_series(1, 10000) n`)
  await pool.query(`insert into accounts (id, user_id, provider_id, account_id, created_at, updated_at)
    select gen_random_uuid(), id, 'jwt', 'https://id.example.org ' || email, now(), now() from users`)
  await pool.query(`insert into passkeys (id, user_id, public_key, credential_id, counter, device_type, backed_up)
    select gen_random_uuid(), id, 'key', id::text, 0, 'x', false from users`)
  await pool.query(`insert into sessions (id, user_id, token, expires_at, created_at, updated_at)
    select gen_random_uuid(), id, email, now() + interval '1 day', now(), now() from users`)
  await pool.query(
    `insert into members (workspace_id, user_id, role, created_at, updated_at)
     select $1, id, 'VIEWER', now(), now() from users`,
    [defaultWorkspaceId],
  )
  await pool.query(
    `insert into invitations (workspace_id, id, role, email, secret_hash, created_by, created_at, expires_at)
     select $1, gen_random_uuid(), 'VIEWER', email, sha256(id::text::bytea), 'owner', now(), now() + interval '1 day'
     from users`,
    [defaultWorkspaceId],
  )
  await pool.query('analyze')
  const person = await personByEmail(database.db, 'p77@example.org')
  opened.userId = person?.id ?? ''
})

const account = { provider: 'jwt', account: 'https://id.example.org p77@example.org' }
const reads = {
  'a person by address': () => personByEmail(database.db, 'p77@example.org'),
  'the person of a session': () => bearersOfSession(database.db, 'p77@example.org', new Date(), undefined),
  'the person of an account': () => bearersOfAccount(database.db, account, undefined),
  'an account by address': () => linkAccount(database.db, account, 'p77@example.org', newId(), new Date()),
  'open invitations for an address': () => openInvitationsFor(database.db, 'p77@example.org', new Date()),
  'ways to sign in': () => providersOf(database.db, opened.userId),
  passkeys: () => passkeysOf(database.db, opened.userId),
} satisfies Record<string, () => Promise<unknown>>

test.each(Object.entries(reads))('%s: found among 10,000 people by an index', async (_name, read) => {
  const statements = await statementsOf(read)
  expect(statements).toHaveLength(1)
  for (const statement of statements) {
    const { pages, scans } = await costOf(database.db.pool, statement)
    expect(scans).toEqual([])
    expect(pages).toBeLessThan(40)
  }
})
