import { Failure } from './failure.ts'
import type { WhenTaken } from './restore.ts'
import type { Slot } from './slots.ts'
import { TooManyFiles } from './upload-limits.ts'

/**
 * The outcome of a write to a slot. `INSERT`: something was added. `REPLACE`: the content changed (another cover,
 * another order, or a media item that was trashed). `DUPLICATE`: the slot already has the same bytes. `NOOP`: it was
 * done before, or there is nothing to do. `REJECT`: refused, nothing changed.
 */
export type MediaDecision = 'INSERT' | 'DUPLICATE' | 'REPLACE' | 'REJECT' | 'NOOP'

/** How to proceed with bytes that the workspace has only in the trash. */
export type WhenInTrash = 'OFFER_RESTORE' | 'UPLOAD_AGAIN'

export const isWhenInTrash = (text: string): text is WhenInTrash =>
  text === 'OFFER_RESTORE' || text === 'UPLOAD_AGAIN'

/** The arguments of `restoreItem` that bring a media item of the trash into a slot, as the upload would have. */
export interface RestoreIntoSlot {
  readonly itemId: string
  readonly slot: Slot
  readonly whenTaken: WhenTaken
}

export interface Restorable<Media, Deletion> {
  readonly media: Media
  readonly deletion: Deletion
  readonly restoreItem: RestoreIntoSlot
}

/** The workspace has these bytes only in the trash. `media` is the row that can be restored, with its deletion. */
export class MediaInTrash<Media = unknown, Deletion = unknown> extends Failure {
  readonly __typename = 'MediaInTrash'
  readonly message: string
  readonly media: Media
  readonly deletion: Deletion
  readonly restoreItem: RestoreIntoSlot

  constructor({ media, deletion, restoreItem }: Restorable<Media, Deletion>) {
    super()
    this.media = media
    this.deletion = deletion
    this.restoreItem = restoreItem
    this.message =
      `This file is in the trash. Restore it to this place with \`restoreItem(input: ${inputOf(restoreItem)})\`, or ` +
      'upload it again with `whenInTrash: UPLOAD_AGAIN`.'
  }
}

/** The input of `restoreItem`, as it stands in a GraphQL document. */
function inputOf({ itemId, slot, whenTaken }: RestoreIntoSlot) {
  const { ownerType, ownerId, role } = slot
  const target = `{ slot: { ownerType: ${ownerType}, ownerId: "${ownerId}", role: ${role} } }`
  const replacing = whenTaken === 'REPLACE' ? ', whenTaken: REPLACE' : ''
  return `{ itemId: "${itemId}", target: ${target}${replacing} }`
}

/** The facts that decide about an upload. */
export interface UploadSituation<Media, Deletion> {
  readonly holds: 'one' | 'list'
  /** The live media item of this slot with the same bytes. */
  readonly same: Media | null
  /** The live cover, if the slot holds a single item. */
  readonly occupant: Media | null
  /** The number of live media items of the owner, in all its slots. */
  readonly liveFiles: number
  readonly filesPerOwner: number
  /** A restorable media item with the same bytes, if no live one exists in the workspace. */
  readonly inTrash: Restorable<Media, Deletion> | null
  readonly whenInTrash: WhenInTrash
}

export type UploadDecision<Media> =
  | { readonly decision: 'DUPLICATE'; readonly media: Media }
  | { readonly decision: 'REPLACE'; readonly replaced: Media }
  | { readonly decision: 'INSERT' }

/** Decides about bytes that arrived for a slot. A failure means the decision `REJECT`. */
export function decideUpload<Media, Deletion>(
  situation: UploadSituation<Media, Deletion>,
): UploadDecision<Media> | TooManyFiles | MediaInTrash<Media, Deletion> {
  const { same, occupant, inTrash, liveFiles, filesPerOwner } = situation
  if (same !== null) return { decision: 'DUPLICATE', media: same }
  if (occupant === null && liveFiles >= filesPerOwner) return new TooManyFiles(filesPerOwner)
  if (inTrash !== null && situation.whenInTrash === 'OFFER_RESTORE') {
    return new MediaInTrash(inTrash)
  }
  return situation.holds === 'one' && occupant !== null
    ? { decision: 'REPLACE', replaced: occupant }
    : { decision: 'INSERT' }
}
