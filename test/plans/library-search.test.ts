import { beforeAll, expect, test } from 'vitest'
import { transact } from '../../src/db/client.ts'
import { indexDocuments } from '../../src/db/search/documents.ts'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { createTag } from '../../src/usecases/tags/tags.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; tagId?: string } = {}

const here = () => {
  const { workspace, tagId } = opened
  if (!workspace || tagId === undefined) throw new Error('It is there from beforeAll on.')
  return { workspace, tagId }
}

// 24,000 blocks in three workspaces; the word `ink` is in all of them, a number in one.
beforeAll(async () => {
  const { pool, prisma } = database.db
  for (let count = 0; count < 3; count += 1) {
    const workspace = await api.workspace()
    const { workspaceId } = workspace.ctx.actor
    await fillLibrary(pool, workspaceId, { shelves: 4, books: 10, blocks: 200, images: 0 })
    const [books, blocks] = [
      await prisma.book.findMany({ where: { workspaceId } }),
      await prisma.block.findMany({ where: { workspaceId } }),
    ]
    const items = [
      ...books.map(({ id, title }) => ({ type: 'BOOK' as const, id, title, body: 'ink' })),
      ...blocks.map(({ id, content }) => ({
        type: 'BLOCK' as const,
        id,
        title: '',
        body: `${content} ink 墨`,
      })),
    ]
    for (let at = 0; at < items.length; at += 1_000) {
      await transact(database.db, (tx) => indexDocuments(tx, workspaceId, items.slice(at, at + 1_000)))
    }
    const tag = succeeded(await createTag(workspace.ctx, { name: 'Tag' }))
    const entityIds = blocks.slice(0, 20).map(({ id }) => id)
    succeeded(await attachTags(workspace.ctx, { tagIds: [tag.id], entityIds }))
    Object.assign(opened, { workspace, tagId: tag.id })
  }
  await pool.query('vacuum analyze')
}, 240_000)

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly Plans?: readonly Plan[]
}

const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)]

/** The nodes of the search's plan, with its values and without them. */
async function plansOf(query: string, where: object) {
  const document = `query ($query: String!, $where: SearchWhere) {
    search(query: $query, where: $where) { nodes { item { __typename } } } }`
  const sent = await statementsOf(() => ask(here().workspace.client, document, { query, where }))
  const statement = sent.find(({ text }) => text.includes('search_documents'))
  if (!statement) throw new Error('Nothing was searched.')
  const plans: Plan[][] = []
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    const client = await database.db.pool.connect()
    try {
      await client.query(`set plan_cache_mode = ${mode}`)
      await client.query(`prepare search as ${statement.text}`)
      const { rows: types } = await client.query<{ types: string[] }>(
        `select parameter_types::text[] as types from pg_prepared_statements where name = 'search'`,
      )
      const values = statement.values.map((value, index) => {
        const text = Array.isArray(value)
          ? `{${value.map((one) => JSON.stringify(one)).join(',')}}`
          : String(value)
        return `${value === null ? 'null' : client.escapeLiteral(text)}::${types[0]?.types[index] ?? 'text'}`
      })
      const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
        `explain (format json) execute search (${values.join(', ')})`,
      )
      plans.push(rows.flatMap((row) => row['QUERY PLAN'].flatMap((one) => nodes(one.Plan))))
    } finally {
      client.release(true)
    }
  }
  return plans
}

const small = [
  'search_segments',
  'bookshelves',
  'books',
  'tags',
  'tag_associations',
  'checkpoints',
  'checkpoint_markers',
  'media',
]

test.each([
  ['a word', 'ink', {}],
  ['a number', '7000', {}],
  ['a character', '墨', {}],
  ['several words', 'ink block 7', {}],
  ['a phrase', '"block 7000"', {}],
  ['one type', 'ink', { types: ['BLOCK'] }],
  ['a typo', 'shlef', {}],
  ['pinyin', 'mozhi', {}],
  ['a word with a sign in it', 'in-k', {}],
])(
  '%s is looked up by its terms in each segment, and nothing is read through',
  async (_what, query, where) => {
    for (const plan of await plansOf(query, where)) {
      expect(
        plan.filter(
          (node) => node['Node Type'] === 'Seq Scan' && !small.includes(node['Relation Name'] ?? ''),
        ),
      ).toEqual([])
      const indexes = plan
        .map((node) => node['Index Name'] ?? '')
        .filter((name) => name.startsWith('search_documents'))
      expect(new Set(indexes)).toEqual(new Set(['search_documents_terms_idx']))
      expect(plan.map((node) => node['Node Type'])).not.toContain('BitmapAnd')
    }
  },
)

test('what few things with a tag have is looked for in those alone', async () => {
  for (const plan of await plansOf('ink', { tags: { any: [here().tagId] }, types: ['BLOCK'] })) {
    expect(
      plan.filter((node) => node['Node Type'] === 'Seq Scan' && !small.includes(node['Relation Name'] ?? '')),
    ).toEqual([])
    const indexes = plan
      .map((node) => node['Index Name'] ?? '')
      .filter((name) => name.startsWith('search_documents'))
    expect(indexes).toEqual(['search_documents_pkey'])
  }
})
