import type { App } from '../app.ts'
import { defaultWorkspaceId } from '../domain/access.ts'
import { rowsById } from '../db/lookup.ts'
import { slotOf } from '../domain/slots.ts'
import { newId, systemActor } from '../usecases/context.ts'
import { type Kept, soughtBy, whyKept } from '../usecases/upkeep/why-kept.ts'
import { checkedWorkspaces } from './workspaces.ts'
import { plain } from './progress.ts'

/**
 * Explains why bytes are kept or when they will be removed, in every workspace that has them. Returns false if none
 * has.
 */
export async function why({ services, log }: App, text: string, { json = false }: { json?: boolean }) {
  const sought = soughtBy(text)
  const found: (Kept & { media: readonly string[] })[] = []
  for (const { id } of await checkedWorkspaces(services.db)) {
    // A key is looked up in the whole installation.
    if ('storageKey' in sought && id !== defaultWorkspaceId) continue
    const ctx = { ...services, log, actor: systemActor(id), requestId: newId() }
    const kept = await whyKept(ctx, sought)
    if (kept.state === 'NOT_FOUND') continue
    const media = await rowsById(services.db, 'media', kept.workspaceId ?? id, kept.mediaIds)
    found.push({
      ...kept,
      media: media.map((medium) => {
        const { ownerType, ownerId, role } = slotOf(medium)
        const state = medium.deletionId === null ? 'live' : 'in the trash'
        return `${medium.id} "${medium.fileName}", ${state}, ${role} of ${ownerType} ${ownerId}`
      }),
    })
  }
  if (json) console.log(JSON.stringify(found, plain, 2))
  else if (found.length === 0) console.log('There are no such bytes.')
  else
    for (const kept of found) {
      console.log(`${kept.storageKey} (${kept.sizeBytes} bytes), workspace ${kept.workspaceId ?? 'none'}`)
      console.log(`  ${kept.message}`)
      for (const line of kept.media) console.log(`  ${line}`)
      for (const id of kept.namedByIds) console.log(`  named by the text of block ${id}`)
    }
  return found.length > 0
}
