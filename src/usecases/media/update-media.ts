import { transact, type Tx } from '../../db/client.ts'
import type { MediaRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure } from '../../domain/failure.ts'
import type { MediaDecision } from '../../domain/media-decision.ts'
import {
  changedDescription,
  type GivenDescription,
  type MediaDescription,
} from '../../domain/media-description.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { slotOf } from '../../domain/slots.ts'
import { sortKey } from '../../domain/sort-key.ts'
import { squareOf } from '../../domain/squares.ts'
import { canHavePicture, recipeKey } from '../../domain/thumbnails.ts'
import type { Ctx } from '../context.ts'
import { changed, type Expecting, primaryKey } from '../inputs.ts'
import { lockItemAt } from '../locking.ts'
import { auditWrite, recordWrite } from '../media-events.ts'
import { indexItem } from '../search/searchable.ts'

/** Changes what is said about a media item: its file name, texts, focal point and category. */
export async function updateMedia(ctx: Ctx, input: { mediaId: string } & GivenDescription & Expecting) {
  const { mediaId, expectedVersion } = input
  return auditWrite(ctx, { operation: 'UPDATE', mediaIds: [mediaId] }, async () => {
    assertCan(ctx.actor, 'edit')
    return transact(ctx.db, async (tx) => {
      const media = await lockItemAt(ctx, tx, 'media', mediaId, expectedVersion)
      if (media instanceof Failure) return media
      const described = changedDescription(input, media)
      if (described instanceof Failure) return described
      return Object.keys(described).length === 0
        ? answer(ctx, tx, 'NOOP', media)
        : describe(ctx, tx, media, described)
    })
  })
}

async function describe(ctx: Ctx, tx: Tx, media: MediaRow, described: Partial<MediaDescription>) {
  const { fileName } = described
  const data = {
    ...described,
    ...(fileName === undefined ? {} : { sortKey: sortKey(fileName) }),
    ...changed(ctx),
  }
  const { version, updatedAt, updatedBy } = await tx.media.update({ where: primaryKey(media), data })
  const now = { ...media, ...described, version, updatedAt, updatedBy }
  await indexItem(tx, 'MEDIA', now, media)
  await renderSquare(ctx, tx, now, media)
  return answer(ctx, tx, 'REPLACE', now, [{ change: 'describe', mediaId: media.id, description: described }])
}

/** Has the square made for a new focal point, and that of the old one removed unless it is still in use. */
async function renderSquare(ctx: Ctx, tx: Tx, now: MediaRow, before: MediaRow) {
  if (!canHavePicture(now) || recipeKey(squareOf(now)) === recipeKey(squareOf(before))) return
  const { workspaceId, blobId } = now
  await ctx.queue.enqueue(tx, 'render-thumbnails', { workspaceId, blobId })
}

/** Records the request with its decision. */
async function answer(
  ctx: Ctx,
  tx: Tx,
  decision: MediaDecision,
  media: MediaRow,
  changes: readonly MediaChange[] = [],
) {
  const write = { operation: 'UPDATE', ...slotOf(media), mediaIds: [media.id] } as const
  await recordWrite(ctx, tx, write, { decision, blobId: media.blobId, changes })
  return { decision, media }
}
