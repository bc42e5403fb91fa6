import type { Readable } from 'node:stream'
import type { Tx } from '../../db/client.ts'
import type { BlobRow, DeletionRow, MediaRow } from '../../db/rows.ts'
import type { IdempotencyKeyReused, InvalidInput, NotFound } from '../../domain/failure.ts'
import type { MediaDecision, MediaInTrash, WhenInTrash } from '../../domain/media-decision.ts'
import type { QuotaExceeded } from '../../domain/quota.ts'
import type { MediaOwnerType, MediaRole, Slot } from '../../domain/slots.ts'
import type { TooManyFiles } from '../../domain/upload-limits.ts'
import type { Ctx } from '../context.ts'
import type { Keyed } from '../inputs.ts'

/** A slot whose owner is created in the same transaction as the media item. */
export interface SlotToMake {
  readonly ownerType: MediaOwnerType
  readonly role: MediaRole
  readonly make: (ctx: Ctx, tx: Tx) => Promise<Slot | NotFound | InvalidInput>
}

/** A request to put a file into a slot. */
export interface Upload extends Keyed {
  /** The name given by the client; for display only. */
  readonly fileName: string | undefined
  readonly stream: Readable
  readonly slot: Slot | SlotToMake
  /** Default: `OFFER_RESTORE`. */
  readonly whenInTrash?: WhenInTrash | null | undefined
  /** Default: `upload`. */
  readonly category?: string | null | undefined
  /** Delays all steps after the receipt of the bytes until the upload has its turn. */
  readonly turn?: <T>(work: () => Promise<T>) => Promise<T>
  /** Awaited before the file goes into its slot. */
  readonly before?: () => Promise<unknown>
  /** Distinguishes this request from others with the same idempotency key, besides its own input. */
  readonly keyedWith?: unknown
}

/** Bytes in the storage: those of a blob, or new ones for a blob that has no row yet, with their reservation. */
export type StoredBytes =
  { readonly known: BlobRow } | { readonly fresh: BlobRow; readonly reservationId: string | undefined }

/** The result of an upload. */
export interface Placed {
  readonly decision: MediaDecision
  readonly media: MediaRow
  /** The previous cover. */
  readonly replaced: MediaRow | null
}

/** Asks for another look at the stored bytes: others collected them, or stored them, after the last look. */
export interface Retry {
  readonly retry: 'BYTES_COLLECTED' | 'BYTES_STORED'
}

/** Why bytes do not go into a slot. */
export type PlaceRefusal =
  | NotFound
  | InvalidInput
  | IdempotencyKeyReused
  | TooManyFiles
  | MediaInTrash<MediaRow, DeletionRow>
  | QuotaExceeded
