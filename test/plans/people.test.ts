import { beforeAll, expect, test } from 'vitest'
import { hashOf } from '../../src/usecases/people/secrets.ts'
import { openShared } from '../../src/usecases/sharing/shared-page.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, plansOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; userId: string; bookId: string } = { userId: '', bookId: '' }

/** In each of three workspaces 20,000 events, 2,000 tokens of 20 people, and 2,000 links of 20 books. */
beforeAll(async () => {
  const { pool } = database.db
  for (let count = 0; count < 3; count += 1) {
    const workspace = await api.workspace()
    const { workspaceId } = workspace.ctx.actor
    const fill = [
      `insert into users (id, name, email, created_at, updated_at)
       select md5('u' || $1::text || n)::uuid, 'Ada', $1::text || n || '@example.org', now(), now() from generate_series(0, 19) n`,
      `insert into audit_events (id, workspace_id, occurred_at, action, actor_id, subject_id)
       select gen_random_uuid(), $1::uuid, now() - n * interval '1 minute',
         case when n % 5000 = 0 then 'MEMBER_ADDED' else 'API_TOKEN_CREATED' end,
         md5('u' || $1::text || n % 200)::uuid::text, md5('s' || $1::text || n % 2000)::uuid::text from generate_series(1, 20000) n`,
      `insert into api_tokens (workspace_id, id, user_id, name, scope, secret_hash, created_at, expires_at)
       select $1::uuid, gen_random_uuid(), md5('u' || $1::text || n % 20)::uuid, 'Robot', 'READ', sha256(($1::text || n)::bytea), now(),
         now() + interval '1 day' from generate_series(1, 2000) n`,
      `insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at, created_by, updated_by)
       values ($1::uuid, md5('f' || $1::text)::uuid, 'A', 'a', 'a', now(), now(), 'owner', 'owner')`,
      `insert into books (workspace_id, id, bookshelf_id, title, sort_key, position, created_at, updated_at, created_by, updated_by)
       select $1::uuid, md5('b' || $1::text || n)::uuid, md5('f' || $1::text)::uuid, 'A', 'a', 'b' || n, now(), now(), 'owner', 'owner'
       from generate_series(0, 19) n`,
      `insert into share_links (workspace_id, id, book_id, secret_hash, allows_downloads, created_by, created_at, expires_at)
       select $1::uuid, gen_random_uuid(), md5('b' || $1::text || n % 20)::uuid, sha256(($1::text || n)::bytea), false, 'owner', now(),
         now() + interval '1 day' from generate_series(1, 2000) n`,
    ]
    for (const text of fill) await pool.query(text, [workspaceId])
    opened.workspace = workspace
  }
  await pool.query('analyze')
  const { rows } = await pool.query<{ user_id: string; book_id: string }>(
    'select md5($1)::uuid as user_id, md5($2)::uuid as book_id',
    [`u${here().ctx.actor.workspaceId}1`, `b${here().ctx.actor.workspaceId}1`],
  )
  Object.assign(opened, { userId: rows[0]?.user_id, bookId: rows[0]?.book_id })
}, 120_000)

function here() {
  if (!opened.workspace) throw new Error('It is there from beforeAll on.')
  return opened.workspace
}

const tables = ['audit_events', 'api_tokens', 'share_links']

/** Neither a whole table is read for what `work` does, nor many rows sorted. */
async function expectIndexes(work: () => Promise<unknown>) {
  const statements = (await statementsOf(work)).filter(({ text }) =>
    tables.some((table) => text.includes(`from ${table}`)),
  )
  expect(statements.length).toBeGreaterThan(0)
  const client = await database.db.pool.connect()
  try {
    for (const statement of statements) {
      for (const node of (await plansOf(client, statement)).flatMap(nodes)) {
        if (tables.includes(node['Relation Name'] ?? ''))
          expect([statement.text, node['Node Type']]).not.toEqual([statement.text, 'Seq Scan'])
        if (node['Node Type'] === 'Sort') expect(node['Plan Rows']).toBeLessThan(700)
      }
    }
  } finally {
    client.release(true)
  }
}

const since = 'occurredSince: "2020-01-01T00:00:00Z", occurredBefore: "2100-01-01T00:00:00Z"'

test.each([
  ['of a workspace', () => '{ workspace { audit { nodes { id } } } }'],
  ['of a workspace and a time', () => `{ workspace { audit(where: { ${since} }) { nodes { id } } } }`],
  [
    'of a workspace and an actor',
    () => `{ workspace { audit(where: { actorId: "${opened.userId}" }) { nodes { id } } } }`,
  ],
  [
    'of a workspace and a subject',
    () => `{ workspace { audit(where: { subjectId: "${opened.userId}" }) { nodes { id } } } }`,
  ],
  ['of the API tokens', () => '{ apiTokens { nodes { id } } }'],
  [
    'of the API tokens of a person',
    () => `{ apiTokens(where: { userId: "${opened.userId}" }) { nodes { id } } }`,
  ],
  ['of the share links', () => '{ shareLinks { nodes { id } } }'],
  [
    'of the share links of a book',
    () => `{ shareLinks(where: { itemId: "${opened.bookId}" }) { nodes { id } } }`,
  ],
])('the list %s is read by an index', async (_what, query) => {
  await expectIndexes(() => ask(here().client, query()))
})

test.each([
  ['all', ''],
  ['of a time', `(where: { ${since} })`],
  ['of an actor', '(where: { actorId: "somebody" })'],
  ['of a subject', '(where: { subjectId: "somebody" })'],
  ['of a rare action', '(where: { actions: [MEMBER_ADDED] })'],
])('the events of the installation are read by an index: %s', async (_what, args) => {
  await expectIndexes(() => ask(api.client(), `{ admin { audit${args} { nodes { id } } } }`))
})

test('a share link is found by an index', async () => {
  const { ctx } = here()
  const secret = 'no such secret'
  expect(hashOf(secret)).toHaveLength(32)
  await expectIndexes(() => openShared({ ...ctx, publicUrl: '' }, { secret }))
})
