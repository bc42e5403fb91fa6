import { chargedBytes, copyDrift, referenceDrift } from '../../db/media/check-media.ts'
import { assertCan } from '../../domain/access.ts'
import type { Ctx } from '../context.ts'

/** The maximum number of reported blobs, and of media, of a workspace. */
const shown = 100

/**
 * Recounts the media of each blob and the bytes of a workspace, and reports differences from the stored counts, and
 * media that do not have the size and type of their blob. Changes nothing.
 */
export async function checkMedia({ db, actor }: Pick<Ctx, 'db' | 'actor'>): Promise<string[]> {
  assertCan(actor, 'read')
  const { workspaceId } = actor
  const blobs = await referenceDrift(db, workspaceId, shown)
  const copies = await copyDrift(db, workspaceId, shown)
  const { stored, counted } = await chargedBytes(db, workspaceId)
  return [
    ...blobs.map((blob) => `blob ${blob.id}: stored ${blob.stored} media, counted ${blob.counted}`),
    ...copies.map(({ id }) => `media item ${id}: not the size and type of its blob`),
    ...(stored === counted ? [] : [`used bytes: stored ${stored}, counted ${counted}`]),
  ]
}
