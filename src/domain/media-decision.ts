import { Failure } from './failure.ts'
import { TooManyFiles } from './upload-limits.ts'

/**
 * What a write to a slot comes to. `INSERT`: something is there that was not. `REPLACE`: what is there changed: another
 * cover, another order, or it went to the trash. `DUPLICATE`: the same bytes are there already. `NOOP`: it was done before,
 * or there is nothing to do. `REJECT`: refused, nothing changed.
 */
export type MediaDecision = 'INSERT' | 'DUPLICATE' | 'REPLACE' | 'REJECT' | 'NOOP'

/** What to do with bytes that are in the trash and nowhere else. */
export type WhenInTrash = 'OFFER_RESTORE' | 'UPLOAD_AGAIN'

export const isWhenInTrash = (text: string): text is WhenInTrash =>
  text === 'OFFER_RESTORE' || text === 'UPLOAD_AGAIN'

/** The bytes are in the trash and nowhere else. `media` is the row that can be restored, with its deletion. */
export class MediaInTrash<Media = unknown, Deletion = unknown> extends Failure {
  readonly __typename = 'MediaInTrash'
  readonly message =
    'This file is in the trash. Restore its deletion with `restoreDeletion`, or upload it again with ' +
    '`whenInTrash: UPLOAD_AGAIN`.'
  readonly media: Media
  readonly deletion: Deletion

  constructor(media: Media, deletion: Deletion) {
    super()
    this.media = media
    this.deletion = deletion
  }
}

/** What the decision about an upload depends on. */
export interface UploadSituation<Media, Deletion> {
  readonly holds: 'one' | 'list'
  /** The live medium of the slot with the same bytes. */
  readonly same: Media | null
  /** The live cover, when the slot holds one. */
  readonly occupant: Media | null
  /** How many live media the owner has, in all its slots. */
  readonly liveFiles: number
  readonly filesPerOwner: number
  /** A medium in the trash that has the same bytes and can be restored, when none is live in the workspace. */
  readonly inTrash: { readonly media: Media; readonly deletion: Deletion } | null
  readonly whenInTrash: WhenInTrash
}

export type UploadDecision<Media> =
  | { readonly decision: 'DUPLICATE'; readonly media: Media }
  | { readonly decision: 'REPLACE'; readonly replaced: Media }
  | { readonly decision: 'INSERT' }

/** What becomes of bytes that arrived for a slot; a failure is the decision `REJECT`. */
export function decideUpload<Media, Deletion>(
  situation: UploadSituation<Media, Deletion>,
): UploadDecision<Media> | TooManyFiles | MediaInTrash<Media, Deletion> {
  const { same, occupant, inTrash, liveFiles, filesPerOwner } = situation
  if (same !== null) return { decision: 'DUPLICATE', media: same }
  if (occupant === null && liveFiles >= filesPerOwner) return new TooManyFiles(filesPerOwner)
  if (inTrash !== null && situation.whenInTrash === 'OFFER_RESTORE') {
    return new MediaInTrash(inTrash.media, inTrash.deletion)
  }
  return situation.holds === 'one' && occupant !== null
    ? { decision: 'REPLACE', replaced: occupant }
    : { decision: 'INSERT' }
}
