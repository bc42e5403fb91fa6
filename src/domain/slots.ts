import { InvalidInput } from './failure.ts'

export type MediaOwnerType = 'BOOKSHELF' | 'BOOK' | 'BLOCK' | 'CHECKPOINT_MARKER'
export type MediaRole = 'COVER' | 'IMAGE' | 'VIDEO' | 'ATTACHMENT' | 'MARKER_IMAGE'

/** A slot, which is a place for media: an owner and a role. */
export interface Slot {
  readonly ownerType: MediaOwnerType
  readonly ownerId: string
  readonly role: MediaRole
}

export type MediaKind =
  | 'BOOKSHELF_COVER'
  | 'BOOKSHELF_ATTACHMENT'
  | 'BOOK_COVER'
  | 'BOOK_ATTACHMENT'
  | 'BLOCK_IMAGE'
  | 'BLOCK_VIDEO'
  | 'BLOCK_ATTACHMENT'
  | 'MARKER_IMAGE'

export interface SlotPolicy {
  readonly kind: MediaKind
  /** `one`: a single live media item, which a new one replaces. `list`: new items go to the end. */
  readonly holds: 'one' | 'list'
  /** The kinds of files it accepts. */
  readonly takes: 'pictures' | 'videos' | 'both'
}

const policies: Record<MediaOwnerType, Partial<Record<MediaRole, SlotPolicy>>> = {
  BOOKSHELF: {
    COVER: { kind: 'BOOKSHELF_COVER', holds: 'one', takes: 'pictures' },
    ATTACHMENT: { kind: 'BOOKSHELF_ATTACHMENT', holds: 'list', takes: 'both' },
  },
  BOOK: {
    COVER: { kind: 'BOOK_COVER', holds: 'one', takes: 'pictures' },
    ATTACHMENT: { kind: 'BOOK_ATTACHMENT', holds: 'list', takes: 'both' },
  },
  BLOCK: {
    IMAGE: { kind: 'BLOCK_IMAGE', holds: 'list', takes: 'pictures' },
    VIDEO: { kind: 'BLOCK_VIDEO', holds: 'list', takes: 'videos' },
    ATTACHMENT: { kind: 'BLOCK_ATTACHMENT', holds: 'list', takes: 'both' },
  },
  CHECKPOINT_MARKER: { MARKER_IMAGE: { kind: 'MARKER_IMAGE', holds: 'list', takes: 'pictures' } },
}

export const isOwnerType = (kind: string): kind is MediaOwnerType => kind in policies

/** The policy of a slot, or an issue if the owner has no such slot. */
export function slotPolicy({ ownerType, role }: Pick<Slot, 'ownerType' | 'role'>): SlotPolicy | InvalidInput {
  // Not every role comes from a validated source: `constructor` must not be found.
  const policy = Object.hasOwn(policies[ownerType], role) ? policies[ownerType][role] : undefined
  if (policy) return policy
  const roles = Object.keys(policies[ownerType]).join(', ')
  return new InvalidInput([{ path: 'slot.role', message: `A ${ownerType} has no ${role}; use ${roles}.` }])
}

interface OwnerColumns {
  readonly bookshelfId: string | null
  readonly bookId: string | null
  readonly blockId: string | null
  readonly markerId: string | null
  readonly role: MediaRole
}

/** The slot of a media item. */
export function slotOf({ bookshelfId, bookId, blockId, markerId, role }: OwnerColumns): Slot {
  if (bookshelfId) return { ownerType: 'BOOKSHELF', ownerId: bookshelfId, role }
  if (bookId) return { ownerType: 'BOOK', ownerId: bookId, role }
  if (blockId) return { ownerType: 'BLOCK', ownerId: blockId, role }
  if (markerId) return { ownerType: 'CHECKPOINT_MARKER', ownerId: markerId, role }
  throw new Error('A media item has no owner, which the database forbids.')
}

/** The owner columns of a media item in a slot. */
export function ownerColumns({ ownerType, ownerId }: Slot) {
  return {
    bookshelfId: ownerType === 'BOOKSHELF' ? ownerId : null,
    bookId: ownerType === 'BOOK' ? ownerId : null,
    blockId: ownerType === 'BLOCK' ? ownerId : null,
    markerId: ownerType === 'CHECKPOINT_MARKER' ? ownerId : null,
  }
}
