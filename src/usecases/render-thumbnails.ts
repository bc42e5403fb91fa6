import type { BlobRow } from '../db/rows.ts'
import { derivedKey, type StorageKey, storedKey } from '../domain/storage-key.ts'
import { type Recipe, recipeKey, recipes } from '../domain/thumbnails.ts'
import { renderPicture } from '../probes/image.ts'
import type { Ctx } from './context.ts'

export interface Rendition {
  readonly key: StorageKey
  readonly mimeType: string
  readonly sizeBytes: number
}

type Source = Pick<BlobRow, 'workspaceId' | 'id' | 'storageKey' | 'mimeType' | 'sizeBytes'>

const underway = new Map<string, Promise<Rendition>>()

/** Makes what is missing of a blob's derived pictures. */
export async function renderThumbnails(ctx: Ctx, { blobId }: { blobId: string }) {
  const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id: blobId } }
  const blob = await ctx.db.prisma.blob.findUnique({ where })
  if (!blob) return // Its upload was undone, or it was collected meanwhile.
  for (const recipe of recipes) await rendition(ctx, blob, recipe)
}

/** A derived picture: the one that is there, or made now. However many ask at once, it is made once. */
export async function rendition(ctx: Ctx, blob: Source, recipe: Recipe): Promise<Rendition> {
  const key = derivedKey(blob.id, recipeKey(recipe))
  const found = await existing(ctx, blob, recipe)
  if (found) return found
  const same = underway.get(key)
  if (same) return same
  const made = render(ctx, blob, recipe, key).finally(() => underway.delete(key))
  underway.set(key, made)
  return made
}

async function existing(
  ctx: Ctx,
  { workspaceId, id }: Source,
  recipe: Recipe,
): Promise<Rendition | undefined> {
  const where = {
    workspaceId_blobId_recipe_format: { workspaceId, blobId: id, recipe: recipeKey(recipe), format: 'webp' },
  }
  const row = await ctx.db.prisma.rendition.findUnique({ where })
  if (!row) return undefined
  // The row outlives the file when somebody empties the folder of thumbnails.
  const sizeBytes = await ctx.storage.size(storedKey(row.storageKey))
  return sizeBytes === null
    ? undefined
    : { key: storedKey(row.storageKey), mimeType: row.mimeType, sizeBytes }
}

async function render(ctx: Ctx, blob: Source, recipe: Recipe, key: StorageKey): Promise<Rendition> {
  const original = await ctx.storage.openLocally(storedKey(blob.storageKey))
  try {
    const file = { path: original.path, mimeType: blob.mimeType, sizeBytes: Number(blob.sizeBytes) }
    const { bytes, width, height } = await renderPicture(file, recipe, ctx.limits.imagePixels)
    await ctx.storage.putDerived(key, bytes)
    const primary = {
      workspaceId: blob.workspaceId,
      blobId: blob.id,
      recipe: recipeKey(recipe),
      format: 'webp',
    }
    const facts = { storageKey: key, mimeType: 'image/webp', width, height, sizeBytes: BigInt(bytes.length) }
    await ctx.db.prisma.rendition.upsert({
      where: { workspaceId_blobId_recipe_format: primary },
      create: { ...primary, ...facts, createdAt: ctx.now() },
      update: facts,
    })
    return { key, mimeType: facts.mimeType, sizeBytes: bytes.length }
  } finally {
    await original.release()
  }
}
