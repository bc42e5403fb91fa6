import { beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/usecases/context.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, plansOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; mediaId: string; ownerId: string; requestId: string } = {
  mediaId: '',
  ownerId: '',
  requestId: '',
}

/** 120,000 events of 30,000 media in three workspaces. */
beforeAll(async () => {
  for (let count = 0; count < 3; count += 1) {
    const workspace = await api.workspace()
    await database.db.pool.query(
      `insert into media_events (workspace_id, id, chain_id, request_id, step, operation, decision, actor_id, owner_type,
         owner_id, role, media_ids, changes, occurred_at)
       select $1::uuid, gen_random_uuid(), md5($2 || chain)::uuid, md5('r' || $2 || chain / 3)::uuid, step, 'UPLOAD',
         case when step <> 'REQUEST' then 'INSERT'::media_decision end, 'owner', 'BLOCK', md5('o' || $2 || chain / 20)::uuid,
         'IMAGE', array[md5('m' || $2 || chain)::uuid], case when step = 'DB' then '[]'::jsonb end,
         now() - chain * interval '1 minute'
       from generate_series(1, 10000) as chain, unnest(enum_range(null::media_event_step)) as step`,
      [workspace.ctx.actor.workspaceId, workspace.ctx.actor.workspaceId],
    )
    opened.workspace = workspace
  }
  await database.db.pool.query('analyze')
  const workspaceId = opened.workspace?.ctx.actor.workspaceId
  const { rows } = await database.db.pool.query<{
    media_ids: string[]
    owner_id: string
    request_id: string
  }>(
    `select media_ids, owner_id, request_id from media_events where workspace_id = $1 order by occurred_at limit 1`,
    [workspaceId],
  )
  const [row] = rows
  Object.assign(opened, { mediaId: row?.media_ids[0], ownerId: row?.owner_id, requestId: row?.request_id })
}, 120_000)

test.each([
  ['the newest', ''],
  ['of a medium', 'where: { mediaId: "MEDIUM" }'],
  ['of an owner', 'where: { ownerId: "OWNER" }'],
  ['of a request', 'where: { requestId: "REQUEST" }'],
  ['of a time', 'where: { occurredSince: "2020-01-01T00:00:00Z", occurredBefore: "2100-01-01T00:00:00Z" }'],
])('events %s are found by an index, without reading or sorting many', async (_case, where) => {
  const { workspace, mediaId, ownerId, requestId } = opened
  if (!workspace) throw new Error('It is there from beforeAll on.')
  const args = `(first: 20${where && `, ${where}`})`
    .replace('MEDIUM', mediaId)
    .replace('OWNER', ownerId)
    .replace('REQUEST', requestId)
  const query = `{ admin { mediaEvents${args} { nodes { id step mediaIds } } } }`
  const answers: { admin: { mediaEvents: { nodes: unknown[] } } }[] = []
  const statements = await statementsOf(async () => answers.push(await ask(workspace.client, query)))
  expect(answers[0]?.admin.mediaEvents.nodes.length).toBeGreaterThan(3)
  const [statement, ...others] = statements.filter(({ text }) => text.includes('from media_events'))
  expect(others).toEqual([])
  if (!statement) throw new Error('There was no statement.')
  const client = await database.db.pool.connect()
  try {
    for (const node of (await plansOf(client, statement)).flatMap(nodes)) {
      expect(node['Node Type']).not.toBe('Seq Scan')
      if (node['Node Type'] === 'Sort') expect(node['Plan Rows']).toBeLessThan(700)
    }
  } finally {
    client.release(true)
  }
})

test('a medium and an id that nothing has give an empty page', async () => {
  const { workspace } = opened
  if (!workspace) throw new Error('It is there from beforeAll on.')
  for (const id of [newId(), 'medium']) {
    const query = `{ admin { mediaEvents(where: { mediaId: "${id}" }) { nodes { id } totalCount } } }`
    expect(await ask(workspace.client, query)).toEqual({
      admin: { mediaEvents: { nodes: [], totalCount: 0 } },
    })
  }
})
