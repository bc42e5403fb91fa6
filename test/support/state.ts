import { readdir } from 'node:fs/promises'
import type { Db } from '../../src/db/client.ts'
import type { MediaRow } from '../../src/db/rows.ts'
import type { Ctx } from '../../src/usecases/context.ts'

const tables = [
  'bookshelves',
  'books',
  'blocks',
  'block_revisions',
  'checkpoints',
  'checkpoint_markers',
  'blobs',
  'media',
  'deletions',
  'thumbnails',
  'pending_deletions',
  'idempotency_keys',
  'image_inboxes',
  'resumable_uploads',
  'tags',
  'tag_associations',
  'tag_merges',
  'tag_aliases',
] as const

type Row = Record<string, unknown> & { id: string; deletion_id: string | null; position: string }

/** Every row of a workspace, for comparing what was before with what is after. */
export async function rowsOfWorkspace(db: Db, workspaceId: string) {
  const rows: Partial<Record<(typeof tables)[number], Row[]>> = {}
  for (const table of tables) {
    const text = `select * from ${table} where workspace_id = $1 order by to_jsonb(${table})::text`
    rows[table] = (await db.pool.query<Row>(text, [workspaceId])).rows
  }
  const { rows: jobs } = await db.pool.query<{ count: number }>(
    'select count(*)::int as count from jobs where workspace_id = $1',
    [workspaceId],
  )
  return { ...(rows as Record<(typeof tables)[number], Row[]>), jobs: jobs[0]?.count ?? 0 }
}

/** The paths of all files below a storage's root. */
export async function filesBelow(storageRoot: string): Promise<string[]> {
  const entries = await readdir(storageRoot, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

/** Everything an operation of a workspace can change: its rows and its files. */
export const stateOf = async (ctx: Ctx & { storageRoot: string }) => ({
  rows: await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId),
  files: (await filesBelow(ctx.storageRoot)).sort(),
})

/** A list as its readers see it: the live rows by position. */
export async function listOf(
  ctx: Ctx,
  table: 'bookshelves' | 'books' | 'blocks' | 'checkpoint_markers' | 'media',
  parentColumn: 'bookshelf_id' | 'book_id' | 'block_id' | 'checkpoint_id' | null = null,
  parentId: string | null = null,
) {
  const ofParent = parentColumn ? `${parentColumn} = $2` : '$2::uuid is null'
  const { rows } = await ctx.db.pool.query<{ id: string; position: string; version: number }>(
    `select id, position, version from ${table}
     where workspace_id = $1 and ${ofParent} and deletion_id is null order by position`,
    [ctx.actor.workspaceId, parentId],
  )
  return rows
}

export const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id)

/** A medium as it is now, live or in the trash. */
export async function mediumOf(
  ctx: Ctx,
  id: string,
): Promise<Pick<MediaRow, 'id' | 'deletionId' | 'position' | 'version'>> {
  const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id } }
  return ctx.db.prisma.media.findUniqueOrThrow({ where })
}
