import { expect, test } from 'vitest'
import { hasStaleKeys } from '../../src/db/name-keys.ts'
import { storeNameKeys } from '../../src/usecases/search/name-keys.ts'
import { buildCtx, removeTemporaryFolders } from '../support/builders.ts'
import { fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, plansOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'
import { fillTags } from '../support/tags/tagged-library.ts'

const database = useDatabase()
removeTemporaryFolders()

const large = ['books', 'tags']

test('names whose keys are to be made again are found and changed by indexes', async () => {
  const { pool } = database.db
  const ctx = await buildCtx(database.db)
  await fillLibrary(pool, ctx.actor.workspaceId, { shelves: 1_000, books: 20, blocks: 0, images: 0 })
  await fillTags(pool, ctx.actor.workspaceId, { tags: 20_000, top: 2_000, below: 5 })
  for (const table of ['bookshelves', 'books', 'tags'])
    await pool.query(
      `update ${table} set sort_key = E'\\x01' || sort_key where position('77' in sort_key) > 0`,
    )
  await pool.query('vacuum analyze')

  const sent = await statementsOf(async () => {
    expect(await hasStaleKeys(database.db)).toBe(true)
    await storeNameKeys(ctx)
    expect(await hasStaleKeys(database.db)).toBe(false)
  })
  const client = await pool.connect()
  try {
    const own = [...new Map(sent.map((one) => [one.text, one])).values()]
    const bad: string[] = []
    for (const statement of own.filter(({ text }) =>
      /^\s*(select id|select exists|update|with)/i.test(text),
    )) {
      for (const node of (await plansOf(client, statement)).flatMap(nodes))
        if (node['Node Type'] === 'Seq Scan' && large.includes(node['Relation Name'] ?? ''))
          bad.push(statement.text)
    }
    expect(bad).toEqual([])
  } finally {
    client.release(true)
  }
})
