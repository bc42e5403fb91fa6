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
      'add it as a new media item with `whenInTrash: UPLOAD_AGAIN`.'
  }
}

/** The input of `restoreItem`, as it stands in a GraphQL document. */
function inputOf({ itemId, slot, whenTaken }: RestoreIntoSlot) {
  const { ownerType, ownerId, role } = slot
  const target = `{ slot: { ownerType: ${ownerType}, ownerId: "${ownerId}", role: ${role} } }`
  const replacing = whenTaken === 'REPLACE' ? ', whenTaken: REPLACE' : ''
  return `{ itemId: "${itemId}", target: ${target}${replacing} }`
}

/** The slot that a media item should move to has the same bytes already, in another media item. */
export class AlreadyInSlot<Media = unknown> extends Failure {
  readonly __typename = 'AlreadyInSlot'
  readonly message =
    'This place already has a media item with the same bytes. Keep that one and trash the one you wanted to move, or ' +
    'leave both where they are.'
  readonly media: Media

  constructor(media: Media) {
    super()
    this.media = media
  }
}

/** The facts that decide about bytes that are to go into a slot. */
export interface Arrival<Media> {
  readonly holds: 'one' | 'list'
  /** The live media item of this slot with the same bytes. */
  readonly same: Media | null
  /** The live cover, if the slot holds a single item. */
  readonly occupant: Media | null
  /** The number of live media items of the owner, in all its slots. */
  readonly liveFiles: number
  readonly filesPerOwner: number
}

/** The facts that decide about bytes from outside the slots. */
export interface UploadSituation<Media, Deletion> extends Arrival<Media> {
  /** A restorable media item with the same bytes, if no live one exists in the workspace. */
  readonly inTrash: Restorable<Media, Deletion> | null
  readonly whenInTrash: WhenInTrash
}

export type UploadDecision<Media> =
  | { readonly decision: 'DUPLICATE'; readonly media: Media }
  | { readonly decision: 'REPLACE'; readonly replaced: Media }
  | { readonly decision: 'INSERT' }

/** Decides about bytes that are to go into a slot. A failure means the decision `REJECT`. */
export function decideArrival<Media>({
  holds,
  same,
  occupant,
  liveFiles,
  filesPerOwner,
}: Arrival<Media>): UploadDecision<Media> | TooManyFiles {
  if (same !== null) return { decision: 'DUPLICATE', media: same }
  if (occupant === null && liveFiles >= filesPerOwner) return new TooManyFiles(filesPerOwner)
  return holds === 'one' && occupant !== null
    ? { decision: 'REPLACE', replaced: occupant }
    : { decision: 'INSERT' }
}

/** The same for bytes that may be in the trash only. */
export function decideUpload<Media, Deletion>({
  inTrash,
  whenInTrash,
  ...arrival
}: UploadSituation<Media, Deletion>): UploadDecision<Media> | TooManyFiles | MediaInTrash<Media, Deletion> {
  const decided = decideArrival(arrival)
  if (decided instanceof Failure || decided.decision === 'DUPLICATE') return decided
  return inTrash !== null && whenInTrash === 'OFFER_RESTORE' ? new MediaInTrash(inTrash) : decided
}
