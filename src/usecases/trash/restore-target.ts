import { InvalidInput } from '../../domain/failure.ts'
import type { WhenTaken } from '../../domain/restore.ts'
import type { Slot } from '../../domain/slots.ts'
import type { TrashableKind } from '../../db/rows.ts'

/** Another place to restore to: one field that fits the item. */
export interface RestoreTarget {
  readonly bookshelfId?: string | null | undefined
  readonly bookId?: string | null | undefined
  readonly checkpointId?: string | null | undefined
  readonly slot?: Slot | null | undefined
  readonly parentId?: string | null | undefined
  readonly topLevel?: boolean | null | undefined
}

/** Where to restore an item to. */
export interface RestoreAsked {
  /** Default: where it was. */
  readonly target?: RestoreTarget | null | undefined
  /** Default: `REFUSE`. */
  readonly whenTaken?: WhenTaken | null | undefined
  /** Allows a tag whose name is an alias of a sibling. */
  readonly allowAliasOfSibling?: boolean | null | undefined
}

const targetFields = {
  BOOKSHELF: [],
  BOOK: ['bookshelfId'],
  BLOCK: ['bookId'],
  CHECKPOINT: ['bookId'],
  CHECKPOINT_MARKER: ['checkpointId'],
  MEDIA: ['slot'],
  TAG: ['parentId', 'topLevel'],
} as const satisfies Record<TrashableKind, readonly (keyof RestoreTarget)[]>

/** Why an item of this kind cannot go to the target. */
export function targetProblem(kind: TrashableKind, target: RestoreTarget) {
  const fields: readonly string[] = targetFields[kind]
  const given = Object.entries(target).filter(([, value]) => value != null && value !== false)
  if (given.length === 0 || (given.length === 1 && given.every(([name]) => fields.includes(name))))
    return undefined
  const message =
    fields.length > 0
      ? `For a ${kind} give ${fields.map((field) => `\`${field}\``).join(' or ')}, and nothing else.`
      : 'A bookshelf returns to the list of bookshelves; omit the target.'
  return new InvalidInput([{ path: 'target', message }])
}
