import type { Db } from './client.ts'
import type { RenditionRow } from './rows.ts'

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
