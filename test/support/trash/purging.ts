import { expect } from 'vitest'
import type { DeletionRow } from '../../../src/db/rows.ts'
import { tableOfKind } from '../../../src/db/rows.ts'
import { checkReferences } from '../../../src/usecases/search/text-references.ts'
import { checkMedia } from '../../../src/usecases/media/check-media.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { purgeDeletion } from '../../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { replayEvents } from '../../../src/usecases/media/replay-events.ts'
import { succeeded } from '../builders.ts'
import { checkTags } from '../tags/tags.ts'

/**
 * What keeps on naming what is gone: the history of media, and what is activity for a moment more; and the jobs, which
 * name nothing.
 */
const leftOut = ['media_events', 'audit_events', 'activities', 'jobs']

export type Row = Readonly<Record<string, unknown>>

/** Every row of every table of the workspace, by table. */
export async function everyRow(ctx: Ctx): Promise<Map<string, Row[]>> {
  const { pool } = ctx.db
  const { rows: tables } = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'workspace_id' and table_name <> all($1) order by 1`,
    [leftOut],
  )
  expect(tables.length).toBeGreaterThan(20)
  const found = new Map<string, Row[]>()
  for (const { name } of tables) {
    const text = `select to_jsonb(${name}) as row from ${name} where workspace_id = $1 order by to_jsonb(${name})::text`
    const { rows } = await pool.query<{ row: Row }>(text, [ctx.actor.workspaceId])
    found.set(
      name,
      rows.map(({ row }) => row),
    )
  }
  return found
}

/** The ids of all that a deletion holds. */
export async function idsHeld(ctx: Ctx, { id }: { id: string }): Promise<string[]> {
  const text = Object.values(tableOfKind)
    .map((table) => `select id from ${table} where deletion_id = $1`)
    .join(' union all ')
  const { rows } = await ctx.db.pool.query<{ id: string }>(text, [id])
  return rows.map((row) => row.id)
}

export const mentions = (row: Row, ids: readonly string[]) => {
  const text = JSON.stringify(row)
  return ids.some((id) => text.includes(id))
}

/** Purges one deletion by hand, with its job's work. */
export async function purge(ctx: Ctx, { id }: Pick<DeletionRow, 'id'>) {
  succeeded(await purgeDeletion(ctx, { deletionId: id }))
  return purgeTrash(ctx, {})
}

/** Counts, paths, events and what the workspace is charged: all is as it must be. */
export async function expectWhole(ctx: Ctx) {
  await checkTags(ctx)
  expect(await checkReferences(ctx)).toEqual([])
  expect(await checkMedia(ctx)).toEqual([])
  expect((await replayEvents(ctx)).problems).toEqual([])
}

/** Fills a book with blocks, each with the tag if there is one. */
export async function fillBlocks(ctx: Ctx, book: { id: string }, count: number, tag?: { id: string }) {
  const { pool } = ctx.db
  await pool.query(
    `insert into blocks (workspace_id, id, book_id, content, position, created_at, updated_at, created_by, updated_by, written_at, written_by)
     select $1, gen_random_uuid(), $2, 'Block ' || n, 'b' || to_char(n, 'FM0000000'), now(), now(), 'owner', 'owner', now(), 'owner'
     from generate_series(1, $3::int) n`,
    [ctx.actor.workspaceId, book.id, count],
  )
  if (!tag) return
  await pool.query(
    `insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
     select workspace_id, $3, 'BLOCK', id, now() from blocks where workspace_id = $1 and book_id = $2`,
    [ctx.actor.workspaceId, book.id, tag.id],
  )
  await pool.query(
    'update tags set block_count = block_count + $3, usage_count = usage_count + $3 where workspace_id = $1 and id = $2',
    [ctx.actor.workspaceId, tag.id, count],
  )
}
