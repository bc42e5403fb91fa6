import { Failure } from './failure.ts'
import { taggingLimits } from './tag-tree.ts'

/** How many items or deletions one call may name. */
export const perCall = 100

const dayMs = 24 * 60 * 60 * 1000

/** A deletion of `deletedAt` cannot be restored from this time on. */
export const purgeAfter = (deletedAt: Date, retentionDays: number) =>
  new Date(deletedAt.getTime() + retentionDays * dayMs)

export class AlreadyInTrash<Row = unknown> extends Failure {
  readonly __typename = 'AlreadyInTrash'
  readonly message = 'The item is already in the trash. Restore it from there, or leave it.'
  readonly deletion: Row

  constructor(deletion: Row) {
    super()
    this.deletion = deletion
  }
}

export class NotInTrash extends Failure {
  readonly __typename = 'NotInTrash'
  readonly message = 'The deletion was already restored and is no longer in the trash.'
}

export class RetentionExpired extends Failure {
  readonly __typename = 'RetentionExpired'
  readonly message: string
  readonly purgeAfter: Date

  constructor(expiredAt: Date) {
    super()
    this.purgeAfter = expiredAt
    this.message =
      `The retention ended at ${expiredAt.toISOString()}, so this can no longer be restored. The next purge ` +
      'removes it.'
  }
}

/** How to proceed with a cover when its slot has another one by now. */
export type WhenTaken = 'REFUSE' | 'REPLACE'

type RestoreConflictReason =
  | 'PARENT_TRASHED'
  | 'PARENT_PURGED'
  | 'SLOT_TAKEN'
  | 'DUPLICATE'
  | 'OWNER_FULL'
  | 'NAME_TAKEN'
  | 'NAME_IS_ALIAS'
  | 'TOO_DEEP'
  | 'TOO_MANY_TAGS'
type RestoreOption =
  | 'RESTORE_PARENT_FIRST'
  | 'CHOOSE_TARGET'
  | 'TRASH_OCCUPANT_FIRST'
  | 'REPLACE_OCCUPANT'
  | 'RENAME_OCCUPANT_FIRST'
  | 'MAKE_ROOM_FIRST'
  | 'REMOVE_ALIAS_FIRST'
  | 'ALLOW_ALIAS'

const conflicts: Record<RestoreConflictReason, { message: string; options: readonly RestoreOption[] }> = {
  PARENT_TRASHED: {
    message:
      'The parent is itself in the trash. Restore the parent first, or give another place as `target`.',
    options: ['RESTORE_PARENT_FIRST', 'CHOOSE_TARGET'],
  },
  PARENT_PURGED: {
    message: 'The parent was permanently removed. Give another place as `target`.',
    options: ['CHOOSE_TARGET'],
  },
  SLOT_TAKEN: {
    message:
      'The slot has another file now. Restore with `whenTaken: REPLACE` to move that file to the trash, or give ' +
      'another place as `target`.',
    options: ['REPLACE_OCCUPANT', 'TRASH_OCCUPANT_FIRST', 'CHOOSE_TARGET'],
  },
  DUPLICATE: {
    message:
      'The slot already has a media item with the same bytes. Leave this one in the trash, or give another place ' +
      'as `target`.',
    options: ['CHOOSE_TARGET', 'TRASH_OCCUPANT_FIRST'],
  },
  OWNER_FULL: {
    message:
      'The owner already has the maximum number of files. Trash some of them first, or give another place as `target`.',
    options: ['MAKE_ROOM_FIRST', 'CHOOSE_TARGET'],
  },
  NAME_TAKEN: {
    message:
      'Another tag now has this name. Rename or trash that tag first, or give another place as `target`.',
    options: ['RENAME_OCCUPANT_FIRST', 'TRASH_OCCUPANT_FIRST', 'CHOOSE_TARGET'],
  },
  NAME_IS_ALIAS: {
    message:
      'The name is an alias of another tag now. Remove that alias, pass `allowAliasOfSibling: true`, or give another ' +
      'place as `target`.',
    options: ['REMOVE_ALIAS_FIRST', 'ALLOW_ALIAS', 'CHOOSE_TARGET'],
  },
  TOO_DEEP: {
    message: 'The tag tree would be deeper than its limit. Give a place further up as `target`.',
    options: ['CHOOSE_TARGET'],
  },
  TOO_MANY_TAGS: {
    message:
      `An object would have more than ${taggingLimits.tagsPerEntity} tags. Detach some of its tags first; if it is ` +
      'in the trash, restore it before that.',
    options: ['MAKE_ROOM_FIRST'],
  },
}

/**
 * Why a deletion cannot be restored to its place. `blockedBy` is the object that prevents it, with its GraphQL type;
 * null if that was purged, since no query finds its tombstone.
 */
export class RestoreConflict<Blocker = unknown> extends Failure {
  readonly __typename = 'RestoreConflict'
  readonly message: string
  readonly reason: RestoreConflictReason
  readonly blockedBy: Blocker | null
  readonly options: readonly RestoreOption[]

  constructor(reason: RestoreConflictReason, blockedBy: Blocker | null) {
    super()
    this.reason = reason
    this.blockedBy = blockedBy
    this.message = conflicts[reason].message
    this.options = conflicts[reason].options
  }
}

/** Whether a deletion can be restored at `now`. At `purgeAfter` itself it cannot. */
export function restorable(
  deletion: { readonly restoredAt: Date | null; readonly purgeAfter: Date },
  now: Date,
): NotInTrash | RetentionExpired | undefined {
  if (deletion.restoredAt) return new NotInTrash()
  if (now >= deletion.purgeAfter) return new RetentionExpired(deletion.purgeAfter)
  return undefined
}
