import { beforeAll, expect, test } from 'vitest'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { fillMedia } from '../support/media/filled-media.ts'
import { everything, type UsageAnswer, usageQuery } from '../support/media/usage.ts'
import { costOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { large?: Workspace; small?: Workspace } = {}

/** Set it to measure, e.g. WORDLOOM_PLAN_MEDIA=1000000. */
const count = Number(process.env['WORDLOOM_PLAN_MEDIA'] ?? 50_000)

// A workspace with many files, of which one in ten has several media items and one in twenty is in the trash, and one
// with few.
beforeAll(async () => {
  const [large, small] = [await api.workspace(), await api.workspace()]
  const { pool } = database.db
  await fillMedia(pool, large.ctx.actor.workspaceId, count, { searchable: false })
  await fillSmall(small.ctx.actor.workspaceId)
  const workspaceId = large.ctx.actor.workspaceId
  await pool.query(
    `with deletion as (
      insert into deletions (workspace_id, id, kind, item_id, item_count, deleted_at, deleted_by, path, purge_after)
      select $1::uuid, gen_random_uuid(), 'MEDIA', gen_random_uuid(), n, now(), 'owner', array['x'],
        now() + n * interval '1 day' from generate_series(1, 30) n
      returning id, item_count as number)
    update media set deletion_id = deletion.id from deletion
    where workspace_id = $1::uuid and right(media.position, 7)::int % 600 = deletion.number`,
    [workspaceId],
  )
  await pool.query(
    `update workspaces set used_bytes = (select sum(size_bytes) from blobs where workspace_id = $1) where id = $1`,
    [workspaceId],
  )
  await pool.query('vacuum analyze')
  Object.assign(opened, { large, small })
}, 1_800_000)

async function fillSmall(workspaceId: string) {
  await database.db.pool.query(
    `insert into blobs (workspace_id, id, storage_key, sha256, size_bytes, mime_type, extension, orphaned_at, created_at)
    select $1::uuid, gen_random_uuid(), 'files/' || $1::text || n, encode(sha256((n || $1::text)::bytea), 'hex'), 1, 'image/png',
      'png', now(), now() from generate_series(1, 5) n`,
    [workspaceId],
  )
}

async function usageIn({ client }: Workspace) {
  const answer: { usage?: UsageAnswer } = {}
  const statements = await statementsOf(async () => {
    const { workspace } = await ask<{ workspace: { usage: UsageAnswer } }>(client, usageQuery)
    answer.usage = workspace.usage
  })
  const own = statements.filter(({ text }) => text.includes('in_use'))
  expect(own).toHaveLength(1)
  const [statement] = own
  if (!statement || !answer.usage) throw new Error('There is one statement.')
  const began = performance.now()
  const cost = await costOf(database.db.pool, statement)
  return { ...cost, usage: answer.usage, ms: performance.now() - began }
}

const here = (which: 'large' | 'small') => {
  const workspace = opened[which]
  if (!workspace) throw new Error('It is there from beforeAll on.')
  return workspace
}

test('a workspace with few files reads few pages, however many files others have', async () => {
  const { pages, scans, usage } = await usageIn(here('small'))
  expect(usage.orphaned.fileCount).toBe(5)
  // The other tables are empty or nearly so.
  expect(scans.filter((table) => ['media', 'blobs'].includes(table))).toEqual([])
  expect(pages).toBeLessThan(100)
})

test('a workspace with many files reads each media item about once', async () => {
  const { pages, milliseconds, usage } = await usageIn(here('large'))
  if (process.env['WORDLOOM_PLAN_MEDIA']) console.log(`${count} media: ${pages} pages, ${milliseconds} ms`)
  const { live, trashed, purging } = usage.files
  expect(everything([live, trashed, purging]).sizeBytes).toBe(BigInt(usage.usedBytes))
  expect(trashed.fileCount).toBeGreaterThan(count / 60)
  expect(everything(usage.freedOn.map(({ files }) => files))).toEqual(everything([trashed]))
  // The rows of media, their blobs that several have, and for each of those the items.
  expect(pages).toBeLessThan(2 * count)
}, 120_000)
