import { InvalidInput } from './failure.ts'
import type { TakenTypes } from './media-types.ts'

/** A slot, which is a place for media: an owner and a role. */
export interface Slot {
  readonly ownerType: MediaOwnerType
  readonly ownerId: string
  readonly role: MediaRole
}

interface Holding {
  /** `one`: a single live media item, which a new one replaces. `list`: new items go to the end. */
  readonly holds: 'one' | 'list'
  /** The kinds of files it accepts. */
  readonly takes: TakenTypes
}

/**
 * Every slot there is. To add one, add it here, in the SDL and in the Prisma schema, and let a migration replace the
 * function media_slot_holds, which tells the database the same.
 */
const policies = {
  BOOKSHELF: {
    COVER: { kind: 'BOOKSHELF_COVER', holds: 'one', takes: 'pictures' },
    ATTACHMENT: { kind: 'BOOKSHELF_ATTACHMENT', holds: 'list', takes: 'any' },
  },
  BOOK: {
    COVER: { kind: 'BOOK_COVER', holds: 'one', takes: 'pictures' },
    ATTACHMENT: { kind: 'BOOK_ATTACHMENT', holds: 'list', takes: 'any' },
  },
  BLOCK: {
    IMAGE: { kind: 'BLOCK_IMAGE', holds: 'list', takes: 'pictures' },
    VIDEO: { kind: 'BLOCK_VIDEO', holds: 'list', takes: 'videos' },
    ATTACHMENT: { kind: 'BLOCK_ATTACHMENT', holds: 'list', takes: 'any' },
  },
  CHECKPOINT_MARKER: { MARKER_IMAGE: { kind: 'MARKER_IMAGE', holds: 'list', takes: 'pictures' } },
} as const satisfies Record<string, Record<string, Holding & { readonly kind: string }>>

type Policies = typeof policies
type PolicyOf<Owner extends MediaOwnerType> = Policies[Owner][keyof Policies[Owner]]
type KindOf<Policy> = Policy extends { readonly kind: infer Kind } ? Kind : never

export type MediaOwnerType = keyof Policies
export type MediaRole = { [Owner in MediaOwnerType]: keyof Policies[Owner] }[MediaOwnerType]

export interface SlotPolicy extends Holding {
  readonly kind: { [Owner in MediaOwnerType]: KindOf<PolicyOf<Owner>> }[MediaOwnerType]
}

/** The slots of each kind: the owner type and the role. */
export const slotsOfKinds = (kinds: readonly SlotPolicy['kind'][]): Omit<Slot, 'ownerId'>[] =>
  (Object.keys(policies) as MediaOwnerType[]).flatMap((ownerType) => {
    const roles: Partial<Record<MediaRole, SlotPolicy>> = policies[ownerType]
    return (Object.keys(roles) as MediaRole[])
      .filter((role) => roles[role] && kinds.includes(roles[role].kind))
      .map((role) => ({ ownerType, role }))
  })

export const isOwnerType = (kind: string): kind is MediaOwnerType => kind in policies

/** The policy of a slot, or an issue if the owner has no such slot. */
export function slotPolicy({ ownerType, role }: Pick<Slot, 'ownerType' | 'role'>): SlotPolicy | InvalidInput {
  // Not every role comes from a validated source: `constructor` must not be found.
  const ofOwner: Partial<Record<MediaRole, SlotPolicy>> = policies[ownerType]
  const policy = Object.hasOwn(ofOwner, role) ? ofOwner[role] : undefined
  if (policy) return policy
  const roles = Object.keys(ofOwner).join(', ')
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
