import type { Condition } from '../page.ts'
import { and, type Queryable, sql } from '../sql.ts'

/**
 * The live workspace that has a media item, live or in the trash, among those that meet the conditions: one look into the
 * index for each.
 */
export async function workspaceOfMedia(
  db: Queryable,
  id: string,
  among: readonly Condition[],
): Promise<string | undefined> {
  const [found] = await db.query<{ workspaceId: string }>(sql`
    select workspaces.id as "workspaceId" from workspaces cross join lateral (
      select from media where media.workspace_id = workspaces.id and media.id = ${id}::uuid offset 0) as one
    where ${and([sql`workspaces.deleted_at is null`, ...among.map((condition) => condition.sql)])} limit 1`)
  return found?.workspaceId
}
