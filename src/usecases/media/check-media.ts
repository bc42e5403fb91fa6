import { chargedBytes, referenceDrift } from '../../db/media/check-media.ts'
import { assertCan } from '../../domain/access.ts'
import type { Ctx } from '../context.ts'

/** The maximum number of reported blobs of a workspace. */
const shown = 100

/**
 * Recounts the media of each blob and the bytes of a workspace, and reports differences from the stored counts. Changes
 * nothing.
 */
export async function checkMedia({ db, actor }: Pick<Ctx, 'db' | 'actor'>): Promise<string[]> {
  assertCan(actor, 'read')
  const { workspaceId } = actor
  const blobs = await referenceDrift(db, workspaceId, shown)
  const { stored, counted } = await chargedBytes(db, workspaceId)
  return [
    ...blobs.map((blob) => `blob ${blob.id}: stored ${blob.stored} media, counted ${blob.counted}`),
    ...(stored === counted ? [] : [`used bytes: stored ${stored}, counted ${counted}`]),
  ]
}
