import { beforeAll, expect, test } from 'vitest'
import { ask, useApi } from '../support/api.ts'
import { buildCtx } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { buildPerson, makeMember } from '../support/people.ts'
import { nodes, plansOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })
const opened: { headers?: Record<string, string> } = {}

// 20,000 people with as many sessions, each in 3 of 2,000 workspaces, and 40,000 invitations.
beforeAll(async () => {
  const { db } = database
  const person = await buildPerson(db)
  const { workspaceId } = (await buildCtx(db)).actor
  await makeMember(db, workspaceId, person, 'OWNER')
  opened.headers = { ...person.headers, 'x-workspace-id': workspaceId }
  await db.pool.query(`
    insert into workspaces (id, name, sort_key, created_by, updated_by, created_at, updated_at)
    select gen_random_uuid(), 'W' || n, 'w', 'owner', 'owner', now(), now() from generate_series(1, 2000) n;
    insert into users (id, name, email, created_at, updated_at)
    select gen_random_uuid(), 'P' || n, 'p' || n || '@example.org', now(), now() from generate_series(1, 20000) n;
    insert into sessions (id, user_id, token, expires_at, created_at, updated_at)
    select gen_random_uuid(), id, id::text, now() + interval '1 day', now(), now() from users where name like 'P%';
    insert into members (workspace_id, user_id, role, created_at, updated_at)
    select w.id, u.id, 'EDITOR', now(), now()
    from (select id, row_number() over () as n from users where name like 'P%') u
    join (select id, row_number() over () as n from workspaces where name like 'W%') w
      on w.n - 1 in (u.n % 2000, (u.n * 7 + 3) % 2000, (u.n * 13 + 5) % 2000) on conflict do nothing;
    insert into invitations (workspace_id, id, role, email, secret_hash, created_by, created_at, expires_at)
    select w.id, gen_random_uuid(), 'VIEWER', gen_random_uuid() || '@example.org',
      sha256(gen_random_uuid()::text::bytea), 'x', now(), now() + interval '1 day'
    from workspaces w cross join generate_series(1, 20);`)
  await db.pool.query('analyze')
}, 120_000)

test.each([
  '{ viewer { memberships { nodes { role } totalCount } } }',
  '{ viewer { sessions { nodes { id } totalCount } } }',
  '{ members { nodes { role } totalCount } }',
  '{ members(orderBy: { field: SINCE, direction: DESC }, where: { roles: [OWNER], text: "a" }) { nodes { role } } }',
  '{ invitations { nodes { id } totalCount } }',
  '{ invitations(where: { statuses: [OPEN] }, orderBy: { field: EXPIRES_AT }) { nodes { id } totalCount } }',
  '{ invitation(secret: "abc") { role } }',
  'mutation { updateViewer(input: { name: "A" }) { __typename } }',
  'mutation { endSessions(input: { others: true }) { __typename } }',
  'mutation { updateMember(input: { personId: "01900000-0000-7000-8000-0000000000ff", role: OWNER }) { __typename } }',
  'mutation { createInvitation(input: { role: VIEWER }) { __typename } }',
])('%s reads no table from end to end', async (query) => {
  const statements = await statementsOf(() => ask(api.client(opened.headers), query))
  const reads = statements.filter(({ text }) => /^\s*(select|update|delete)/i.test(text))
  expect(reads.length).toBeGreaterThan(0)
  const client = await database.db.pool.connect()
  try {
    for (const statement of reads) {
      const plans = await plansOf(client, statement)
      const scans = plans.flatMap(nodes).filter((node) => node['Node Type'] === 'Seq Scan')
      expect({ text: statement.text, scans }).toEqual({ text: statement.text, scans: [] })
    }
  } finally {
    client.release(true)
  }
})
