import { type MediaDescription, undescribed } from './media-description.ts'
import type { MediaRole } from './slots.ts'

/** One change of the media of a workspace, as recorded in the `DB` event of a request. */
export type MediaChange =
  | {
      readonly change: 'put'
      readonly mediaId: string
      readonly blobId: string
      readonly ownerId: string
      readonly role: MediaRole
      readonly position: string
      readonly fileName: string
      readonly deletionId?: string | null
      /** What it says besides its name. Events from before categories were recorded have none. */
      readonly description?: Partial<Omit<MediaDescription, 'fileName'>>
    }
  | {
      readonly change: 'describe'
      readonly mediaId: string
      /** Only what is different. */
      readonly description: Partial<MediaDescription>
    }
  | {
      readonly change: 'move'
      readonly mediaId: string
      readonly ownerId: string
      readonly role: MediaRole
      readonly position: string
    }
  /** The positions of a list had grown long, so all were renumbered. */
  | { readonly change: 'renumber'; readonly positions: Readonly<Record<string, string>> }
  | { readonly change: 'trash'; readonly mediaIds: readonly string[]; readonly deletionId: string }
  | { readonly change: 'restore'; readonly mediaIds: readonly string[] }
  | { readonly change: 'purge'; readonly mediaIds: readonly string[] }

/** The state of a media item according to its events, for comparison with its row. */
export interface MediaState extends Omit<MediaDescription, 'category'> {
  readonly blobId: string
  readonly ownerId: string
  readonly role: MediaRole
  readonly position: string
  readonly deletionId: string | null
  /** Undefined when no event records it. */
  readonly category?: string | undefined
}

/** The replayed media of a workspace, by ID. */
export type MediaStates = Map<string, MediaState>

/** Applies one change to the states. Returns a problem if the change does not fit them. */
export function applyChange(states: MediaStates, change: MediaChange): string | undefined {
  const alter = (id: string, altered: Partial<MediaState>) => {
    const state = states.get(id)
    if (!state) return `Media item ${id}: a ${change.change} without an earlier upload`
    states.set(id, { ...state, ...altered })
    return undefined
  }
  const alterAll = (entries: readonly (readonly [string, Partial<MediaState>])[]) =>
    entries.map(([id, altered]) => alter(id, altered)).find((problem) => problem !== undefined)

  const purge = (id: string) =>
    states.delete(id) ? undefined : `Media item ${id}: a purge without an earlier upload`

  switch (change.change) {
    case 'put': {
      const { mediaId, blobId, ownerId, role, position, fileName, deletionId = null, description } = change
      if (states.has(mediaId)) return `Media item ${mediaId}: added twice`
      const placed = { blobId, ownerId, role, position, fileName, deletionId }
      states.set(mediaId, { ...undescribed, ...placed, ...description })
      return undefined
    }
    case 'describe':
      return alter(change.mediaId, change.description)
    case 'move': {
      const { mediaId, ownerId, role, position } = change
      return alter(mediaId, { ownerId, role, position })
    }
    case 'renumber':
      return alterAll(Object.entries(change.positions).map(([id, position]) => [id, { position }]))
    case 'trash':
      return alterAll(change.mediaIds.map((id) => [id, { deletionId: change.deletionId }]))
    case 'restore':
      return alterAll(change.mediaIds.map((id) => [id, { deletionId: null }]))
    case 'purge':
      return change.mediaIds.map((id) => purge(id)).find((problem) => problem !== undefined)
  }
}

/** Describes every difference between the events of a media item and its row. */
export function differences(id: string, replayed: MediaState | undefined, stored: MediaState | undefined) {
  if (!replayed) return [`Media item ${id}: no event added it`]
  if (!stored) return [`Media item ${id}: the events added it, but it is missing`]
  const names = Object.keys(replayed) as (keyof MediaState)[]
  return names
    .filter((name) => replayed[name] !== stored[name])
    .map(
      (name) =>
        `Media item ${id}: ${name} is ${String(stored[name])}, but ${String(replayed[name])} by its events`,
    )
}
