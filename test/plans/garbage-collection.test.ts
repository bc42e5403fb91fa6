import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { graceMs } from '../../src/domain/garbage-collection.ts'
import { focalPointsOf } from '../../src/db/media/thumbnails.ts'
import { collectGarbage } from '../../src/usecases/upkeep/collect-garbage.ts'
import { removeObjects } from '../../src/usecases/upkeep/remove-objects.ts'
import { soughtBy, whyKept } from '../../src/usecases/upkeep/why-kept.ts'
import { buildCtx, removeTemporaryFolders } from '../support/builders.ts'
import { fillLibrary } from '../support/bulk.ts'
import { asOperator } from '../support/upkeep/collecting.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, plansOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
removeTemporaryFolders()
const opened: { ctx?: Awaited<ReturnType<typeof buildCtx>> } = {}

// In three workspaces 12,000 blobs in use with a thumbnail each, 3,000 orphans, and 3,000 removals.
beforeAll(async () => {
  const { pool } = database.db
  for (let count = 0; count < 3; count += 1) {
    const ctx = await buildCtx(database.db)
    opened.ctx = ctx
    const { workspaceId } = ctx.actor
    await fillLibrary(pool, workspaceId, { shelves: 10, books: 10, blocks: 40, images: 1 })
    await pool.query(
      `insert into thumbnails (workspace_id, blob_id, recipe, format, storage_key, mime_type, width, height, size_bytes, created_at)
       select workspace_id, id, 'small-1', 'webp', 'thumbnails/' || id || '-small-1-webp', 'image/webp', 1, 1, 1, now()
       from blobs where workspace_id = $1`,
      [workspaceId],
    )
    await pool.query(
      `insert into blobs (workspace_id, id, storage_key, sha256, size_bytes, mime_type, extension, orphaned_at, created_at)
       select $1::uuid, gen_random_uuid(), 'files/${count}-orphan-' || lpad(n::text, 12, '0'),
         encode(sha256((n || 'orphan')::bytea), 'hex'), 1000, 'image/png', 'png', now() - n * interval '1 minute', now()
       from generate_series(1, 1000) n`,
      [workspaceId],
    )
    await pool.query(
      `insert into pending_deletions (workspace_id, storage_key, size_bytes, requested_at, attempts)
       select $1::uuid, 'files/${count}-removal-' || lpad(n::text, 12, '0'), 1, now(), n % 3 from generate_series(1, 1000) n`,
      [workspaceId],
    )
  }
  await pool.query('analyze')
}, 60_000)

function here() {
  if (!opened.ctx) throw new Error('It is there from beforeAll on.')
  return opened.ctx
}

// Those of the installation, and what has no rows here.
const small = ['deletions', 'workspaces', '_prisma_migrations', 'text_references']

async function scans(work: () => Promise<unknown>) {
  const statements = await statementsOf(work)
  const client = await database.db.pool.connect()
  try {
    const bad: string[] = []
    let looked = 0
    for (const statement of statements) {
      if (!/^\s*(select|with|delete|update|insert)/i.test(statement.text)) continue
      if (/pg_try_advisory|pg_advisory|count\(\*\)::int as count from pending_deletions/.test(statement.text))
        continue
      looked += 1
      for (const node of (await plansOf(client, statement)).flatMap(nodes))
        if (node['Node Type'] === 'Seq Scan' && !small.includes(node['Relation Name'] ?? ''))
          bad.push(`${node['Relation Name']}: ${statement.text}`)
    }
    return { bad, looked: looked > 0 }
  } finally {
    client.release(true)
  }
}

const none = { bad: [], looked: true }

test('what is collected is found and removed by indexes', async () => {
  const ctx = here()
  ctx.clock.ms += graceMs - 15 * 60 * 60_000
  expect(await scans(() => collectGarbage(ctx, { dryRun: true }))).toEqual(none)
  const stop = new AbortController()
  const work = () => collectGarbage(ctx, { signal: stop.signal, onProgress: () => stop.abort() })
  expect(await scans(work)).toEqual(none)
})

test('what the storage holds is looked up by indexes, a page in one statement', async () => {
  const ctx = asOperator(here())
  await mkdir(join(ctx.storageRoot, 'files'), { recursive: true })
  for (let n = 1; n <= 500; n += 1)
    await writeFile(join(ctx.storageRoot, `files/9-jpg-${String(n).padStart(12, '0')}`), '')
  const work = () => collectGarbage(ctx, { installation: true, force: true })
  const statements = await statementsOf(() => collectGarbage(ctx, { installation: true, dryRun: true }))
  expect(statements.filter(({ text }) => text.includes('from pending_deletions'))).toHaveLength(1)
  expect(await scans(work)).toEqual(none)
})

test('removals are read in order from an index and forgotten by it', async () => {
  const ctx = here()
  const stop = new AbortController()
  const work = () => removeObjects(ctx, { signal: stop.signal, onProgress: () => stop.abort() })
  expect(await scans(work)).toEqual(none)
})

test('why bytes are kept is found by indexes', async () => {
  const ctx = asOperator(here())
  const { workspaceId } = here().actor
  const blob = await database.db.prisma.blob.findFirstOrThrow({ where: { workspaceId, refCount: 1 } })
  const medium = await database.db.prisma.media.findFirstOrThrow({ where: { workspaceId } })
  for (const text of [blob.sha256, medium.id])
    expect(await scans(() => whyKept(here(), soughtBy(text)))).toEqual(none)
  for (const text of [`thumbnails/${blob.id}-small-1-webp`, 'files/9-jpg-000000000001'])
    expect(await scans(() => whyKept(ctx, soughtBy(text)))).toEqual(none)
})

test('the focal points of a file are found by an index', async () => {
  const { workspaceId } = here().actor
  const { blobId } = await database.db.prisma.media.findFirstOrThrow({ where: { workspaceId } })
  expect(await scans(() => focalPointsOf(database.db, workspaceId, blobId))).toEqual(none)
})
