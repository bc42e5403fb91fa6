import { rowsById } from '../../db/lookup.ts'
import { workspaceOfMedia } from '../../db/media/media-workspace.ts'
import { assertCan } from '../../domain/access.ts'
import { isVariant, variantPath } from '../../domain/squares.ts'
import { isUuid } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import { ownWorkspaces } from '../workspaces.ts'

interface Address {
  readonly id: string
  /** The name of a recipe; undefined means the original. */
  readonly variant: string | undefined
  /** Look in the trash instead of among live media. */
  readonly trashed: boolean
  /** Look in every workspace of the actor: an image tag cannot send a header. */
  readonly everywhere: boolean
}

/**
 * The signed path that a permanent address stands for now; undefined if there is no such media item. Its ID is unique in
 * the installation, so it also tells the workspace: one that the actor can name, where every role may read.
 */
export async function signedPath(ctx: Ctx, { id, variant, trashed, everywhere }: Address) {
  assertCan(ctx.actor, everywhere ? 'enter' : 'read')
  if (!isUuid(id) || (variant !== undefined && !isVariant(variant))) return undefined
  const workspaceId = everywhere
    ? await workspaceOfMedia(ctx.db, id, ownWorkspaces(ctx.actor))
    : ctx.actor.workspaceId
  if (workspaceId === undefined) return undefined
  const [media] = await rowsById(ctx.db, 'media', workspaceId, [id])
  if (!media || (media.deletionId !== null) !== trashed) return undefined
  return variantPath(await ctx.mediaUrls.sign({ id, workspaceId, variant, trashed }), variant, media)
}
