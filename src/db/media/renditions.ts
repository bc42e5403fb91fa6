import type { Db } from '../client.ts'
import type { RenditionRow } from '../rows.ts'

/** Every rendition of a blob, also those of recipes that are no more. */
export const renditionsOf = (db: Db, workspaceId: string, blobId: string): Promise<RenditionRow[]> =>
  db.prisma.rendition.findMany({ where: { workspaceId, blobId } })

/** Stores what is known of a rendition, in place of what was. */
export async function saveRendition(db: Db, row: RenditionRow): Promise<void> {
  const { workspaceId, blobId, recipe, format, ...facts } = row
  await db.prisma.rendition.upsert({
    where: { workspaceId_blobId_recipe_format: { workspaceId, blobId, recipe, format } },
    create: row,
    update: facts,
  })
}

/** Drops the row of a rendition; its file is removed after it. */
export async function dropRendition(db: Db, row: RenditionRow): Promise<void> {
  const { workspaceId, blobId, recipe, format } = row
  await db.prisma.rendition.deleteMany({ where: { workspaceId, blobId, recipe, format } })
}

export const countBlobs = (db: Db, workspaceId: string): Promise<number> =>
  db.prisma.blob.count({ where: { workspaceId } })

/** The blobs after one, by id, each with the name of one of its media. */
export async function blobsAfter(db: Db, workspaceId: string, after: string | null, limit: number) {
  const blobs = await db.prisma.blob.findMany({
    where: { workspaceId, ...(after === null ? {} : { id: { gt: after } }) },
    select: { id: true, media: { select: { fileName: true }, take: 1 } },
    orderBy: { id: 'asc' },
    take: limit,
  })
  return blobs.map(({ id, media }) => ({ id, fileName: media[0]?.fileName ?? null }))
}
