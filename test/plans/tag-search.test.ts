import { beforeAll, expect, test } from 'vitest'
import { searchTags } from '../../src/db/tags/tag-search.ts'
import { buildCtx, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { fillNamedTags } from '../support/tags/named-tags.ts'
import { nodes, type Plan, plansOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
removeTemporaryFolders()
const workspaces: string[] = []

const english = 'design photography travel music history science machine learning kitchen garden'.split(' ')
const chinese = '设计 摄影 旅行 音乐 历史 科学 机器 学习 厨房 花园'.split(' ')

function nameOf(number: number) {
  const [first, second] = [number % 10, Math.floor(number / 10) % 10]
  const kind = Math.floor(number / 100) % 3
  const word = kind === 0 ? english[first] : chinese[first]
  return `${word ?? ''}${kind === 2 ? '' : ' '}${(kind === 1 ? chinese[second] : english[second]) ?? ''} ${number.toString(36).padStart(4, 'q')}`
}

// A large workspace between small ones: what is best for the one is not for the others.
beforeAll(async () => {
  for (const size of [500, 24_000, 2_000]) {
    const { actor } = await buildCtx(database.db)
    workspaces.push(actor.workspaceId)
    const tags = Array.from({ length: size }, (_, at) => ({
      name: nameOf(at),
      usage: at % 7 === 0 ? at % 500 : 0,
    }))
    for (let at = 0; at < size; at += 4_000)
      await fillNamedTags(database.db.pool, actor.workspaceId, tags.slice(at, at + 4_000))
  }
  await database.db.pool.query('vacuum analyze')
}, 120_000)

const depths = [
  { few: 400, first: 3_000, most: 25_000, rare: 4, fetched: 4_000 },
  // Among the most used first.
  { few: 0, first: 3_000, most: 25_000, rare: 4, fetched: 4_000 },
  // All by terms.
  { few: 0, first: 0, most: 0, rare: 1, fetched: 4_000 },
  // All by going through them.
  { few: 0, first: 0, most: 0, rare: 1, fetched: 0 },
]
const queries = [
  '',
  'd',
  'de',
  'design',
  'sci hist',
  '设',
  '设计',
  'shejisheying',
  'sj',
  'sheji学习',
  'desing',
  '社稷',
  'zzzz',
  'zzzzzzz',
]

const expected = ['tags_usage_idx', 'tags_pkey', 'tag_search_pkey', 'tag_search_terms_idx', 'tag_words_pkey']
const isRead = (node: Plan) => 'Relation Name' in node || 'Index Name' in node

test.each(queries)(
  '%j is looked for by the indexes made for it, in workspaces of any size',
  async (query) => {
    const found: string[] = []
    for (const workspaceId of workspaces) {
      for (const depth of depths) {
        const statements = await statementsOf(() => searchTags(database.db, workspaceId, query, 20, depth))
        expect(statements.length).toBeGreaterThan(0)
        const client = await database.db.pool.connect()
        for (const statement of statements.filter(({ text }) => text.trim() !== '')) {
          for (const plan of await plansOf(client, statement)) {
            for (const node of nodes(plan).filter(isRead)) {
              const index = node['Index Name']
              const bitmap = node['Node Type'] === 'Bitmap Heap Scan'
              if (!bitmap && !expected.includes(index ?? ''))
                found.push(
                  `${node['Node Type']} ${node['Relation Name'] ?? ''} ${index ?? ''}: ${statement.text}`,
                )
            }
          }
        }
        client.release(true)
      }
    }
    expect([...new Set(found)]).toEqual([])
  },
)

test('after many runs a search is as good as at first', async () => {
  const [, workspaceId = ''] = workspaces
  for (const depth of depths) {
    const first = await searchTags(database.db, workspaceId, 'design', 20, depth)
    for (let run = 0; run < 20; run += 1)
      expect(await searchTags(database.db, workspaceId, 'design', 20, depth)).toEqual(first)
  }
})
