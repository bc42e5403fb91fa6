import type { NarrowRow } from '../../db/selections.ts'
import type { GraphQLContext } from '../context.ts'

/** The signed URL of the original of a media item, or of a variant. */
export function mediaUrl(
  { id, workspaceId, deletionId }: NarrowRow<'media'>,
  ctx: GraphQLContext,
  variant?: string,
) {
  const path = ctx.mediaUrls.sign({ id, workspaceId, trashed: deletionId !== null, variant })
  return typeof path === 'string' ? ctx.publicUrl + path : path.then((signed) => ctx.publicUrl + signed)
}
