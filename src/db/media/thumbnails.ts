import type { Db } from '../client.ts'
import type { MediaRow, ThumbnailRow } from '../rows.ts'
import { sql } from '../sql.ts'

/** All thumbnails of a blob, including those of obsolete recipes. */
export const thumbnailsOf = (db: Db, workspaceId: string, blobId: string): Promise<ThumbnailRow[]> =>
  db.prisma.thumbnail.findMany({ where: { workspaceId, blobId } })

/** The different focal points of the media items of a blob, live and trashed. */
export const focalPointsOf = (db: Db, workspaceId: string, blobId: string) =>
  db.query<Pick<MediaRow, 'focalX' | 'focalY'>>(sql`
    select distinct focal_x as "focalX", focal_y as "focalY" from media
    where workspace_id = ${workspaceId}::uuid and blob_id = ${blobId}::uuid`)

/** Inserts or replaces the row of a thumbnail. */
export async function saveThumbnail(db: Db, row: ThumbnailRow): Promise<void> {
  const { workspaceId, blobId, recipe, format, ...facts } = row
  await db.prisma.thumbnail.upsert({
    where: { workspaceId_blobId_recipe_format: { workspaceId, blobId, recipe, format } },
    create: row,
    update: facts,
  })
}

/** Deletes the row of a thumbnail; its file is removed afterwards. */
export async function dropThumbnail(db: Db, row: ThumbnailRow): Promise<void> {
  const { workspaceId, blobId, recipe, format } = row
  await db.prisma.thumbnail.deleteMany({ where: { workspaceId, blobId, recipe, format } })
}

export const countBlobs = (db: Db, workspaceId: string): Promise<number> =>
  db.prisma.blob.count({ where: { workspaceId } })

/** The blobs after an ID, in order, each with the file name of one of its media items. */
export async function blobsAfter(db: Db, workspaceId: string, after: string | null, limit: number) {
  const blobs = await db.prisma.blob.findMany({
    where: { workspaceId, ...(after === null ? {} : { id: { gt: after } }) },
    select: { id: true, media: { select: { fileName: true }, take: 1 } },
    orderBy: { id: 'asc' },
    take: limit,
  })
  return blobs.map(({ id, media }) => ({ id, fileName: media[0]?.fileName ?? null }))
}
