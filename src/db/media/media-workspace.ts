import { type Queryable, sql } from '../sql.ts'

/** The live workspace that has a media item, live or in the trash: one look into the index for each workspace. */
export async function workspaceOfMedia(db: Queryable, id: string): Promise<string | undefined> {
  const [found] = await db.query<{ workspaceId: string }>(sql`
    select workspaces.id as "workspaceId" from workspaces cross join lateral (
      select from media where media.workspace_id = workspaces.id and media.id = ${id}::uuid offset 0) as one
    where workspaces.deleted_at is null limit 1`)
  return found?.workspaceId
}
