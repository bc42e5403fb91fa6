import { beforeAll, expect, test } from 'vitest'
import type { TrashableKind } from '../../src/db/rows.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { fillTrash, trashedRows } from '../support/trash/filled-trash.ts'
import { nodes, type Plan, plansOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'
import { sortKeyOf } from '../support/sort-keys.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; largeId?: string } = {}

const size = 30_000
const memberCount = 20_000
const kinds: TrashableKind[] = ['MEDIA', 'MEDIA', 'MEDIA', 'BLOCK', 'BLOCK', 'BOOK', 'TAG']

beforeAll(async () => {
  const { pool } = database.db
  for (let count = 0; count < 3; count += 1) {
    opened.workspace = await api.workspace()
    const { workspaceId } = opened.workspace.ctx.actor
    // Of one rare kind and by one rare person there are some among the oldest.
    const rows = trashedRows(size, new Date(), (number) => ({
      kind: number < 50 ? 'CHECKPOINT' : (kinds[number % kinds.length] ?? 'MEDIA'),
      deletedBy: number < 80 ? 'ann' : 'owner',
      name: `${number < size / 2 ? 'oldest' : 'newest'} file ${number % 500}${number % 9_000 === 5 ? ' rare' : ''}`,
      days: number < 100 ? 1 : 30,
    }))
    await fillTrash(pool, workspaceId, rows)
    opened.largeId = rows.at(-1)?.id ?? ''
    await pool.query(
      `with shelf as (insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at, created_by, updated_by)
         values ($1, $2, 'Shelf', ${sortKeyOf("'Shelf'")}, 'a0', now(), now(), 'owner', 'owner') returning id)
       insert into books (workspace_id, id, bookshelf_id, title, sort_key, position, created_at, updated_at, created_by, updated_by, deletion_id)
       select $1, gen_random_uuid(), id, 'Book', ${sortKeyOf("'Book'")}, 'a' || n, now(), now(), 'owner', 'owner', $2
       from shelf, generate_series(1, $3::int) n`,
      [workspaceId, opened.largeId, memberCount],
    )
  }
  await pool.query('analyze')
}, 120_000)

/** What of the plans of a query's statements reads a table from end to end, or sorts what it reads. */
async function bad(list: string) {
  const { workspace, largeId = '' } = opened
  if (!workspace) throw new Error('It is there from beforeAll on.')
  const query = `{ ${list.replace('LARGE', largeId)} }`
  const statements = await statementsOf(() => ask(workspace.client, query))
  const client = await database.db.pool.connect()
  try {
    const found: string[] = []
    for (const statement of statements.filter(({ text }) => /^\s*(select|with)/i.test(text))) {
      // Tables of the other kinds are empty. What is read of each kind is merged by a sort, which is of a loop; a few hundred may be sorted.
      const isBad = (node: Plan) =>
        node['Plan Rows'] > 500 &&
        (node['Node Type'] === 'Seq Scan' ||
          (node['Node Type'] === 'Sort' &&
            (node.Plans ?? []).some((child) => /Scan/.test(child['Node Type']))))
      for (const node of (await plansOf(client, statement)).flatMap(nodes).filter(isBad))
        found.push(`${node['Node Type']} ${node['Plan Rows']}: ${statement.text}`)
    }
    return found
  } finally {
    client.release(true)
  }
}

test.each([
  'trash(first: 20) { nodes { id } }',
  'trash(last: 100) { nodes { id } }',
  'trash(where: { types: [CHECKPOINT] }) { nodes { id } }',
  'trash(where: { types: [CHECKPOINT, BOOK, TAG] }) { nodes { id } }',
  'trash(where: { deletedBy: "ann" }) { nodes { id } }',
  'trash(where: { deletedBy: "ann", types: [MEDIA] }) { nodes { id } }',
  'trash(where: { deletedSince: "2020-01-01T00:00:00Z", deletedBefore: "2090-01-01T00:00:00Z" }) { nodes { id } }',
  'trash(where: { expired: true }) { nodes { id } }',
  'trash(where: { expired: false, types: [MEDIA] }) { nodes { id } }',
  'deletion(id: "LARGE") { members(first: 20) { totalCount nodes { id } } }',
  'deletion(id: "LARGE") { members(last: 20, where: { types: [BOOK, MEDIA] }) { nodes { id } } }',
])('%s is read in order from an index', async (list) => {
  expect(await bad(list)).toEqual([])
})

test.each(['rare', 'newest', 'oldest', 'no such name', 'f'])(
  'the name %s is not looked for in the whole table',
  async (name) => {
    const scans = await bad(`trash(where: { text: "${name}" }) { nodes { id } }`)
    expect(scans.filter((line) => line.startsWith('Seq Scan'))).toEqual([])
  },
)
