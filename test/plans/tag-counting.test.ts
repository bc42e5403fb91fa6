import { expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { buildBook, buildCtx, buildTag, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, plansOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'
import { attach } from '../support/tags/tags.ts'
import { fillTags } from '../support/tags/tagged-library.ts'

const database = useDatabase()
removeTemporaryFolders()

test('counting what goes to the trash looks up the tags of each thing, whatever PostgreSQL knows of them', async () => {
  const { pool, prisma } = database.db
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  await attach(ctx, [await buildTag(ctx, { name: 'Known' })], [await buildBook(ctx)])
  await fillLibrary(pool, workspaceId, { shelves: 1, books: 2, blocks: 500, images: 0 })
  await fillTags(pool, workspaceId, { tags: 100, top: 10, below: 6 })
  // What was tagged in bulk is not known to the planner before the next ANALYZE.
  await pool.query('vacuum analyze')
  await pool.query(
    `insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
     select $1, tags.id, 'BLOCK', blocks.id, now() from tags, blocks
     where tags.workspace_id = $1 and blocks.workspace_id = $1`,
    [workspaceId],
  )
  await pool.query(
    `update tags set block_count = 1000, usage_count = 1000 + book_count where workspace_id = $1`,
    [workspaceId],
  )
  const shelf = await prisma.bookshelf.findFirstOrThrow({
    where: { workspaceId, books: { some: { blocks: { some: {} } } } },
  })

  const sent = await statementsOf(async () =>
    succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: shelf.id })),
  )
  const counting = sent.filter(({ text }) => text.includes('tag_associations'))
  expect(counting).toHaveLength(1)
  const client = await pool.connect()
  try {
    for (const statement of counting) {
      const read = (await plansOf(client, statement)).flatMap(nodes)
      const conditions = read.flatMap((node) => ('Index Cond' in node ? [String(node['Index Cond'])] : []))
      const associations = read.filter((node) => node['Relation Name'] === 'tag_associations')
      expect(associations).toHaveLength(2)
      expect(conditions.filter((condition) => condition.includes('entity_id ='))).toHaveLength(2)
    }
  } finally {
    client.release(true)
  }
})
