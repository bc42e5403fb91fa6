/** An expected reason why nothing was changed. Returned, never thrown; a member of the GraphQL result unions. */
export abstract class Failure {
  abstract readonly __typename: string
  abstract readonly message: string
}

/**
 * The types that can be missing. `Taggable` is any of bookshelf, book and block, `Trashable` anything that can be in
 * the trash.
 */
export type Entity =
  | 'Workspace'
  | 'Bookshelf'
  | 'Book'
  | 'Block'
  | 'Checkpoint'
  | 'CheckpointMarker'
  | 'Media'
  | 'Tag'
  | 'Taggable'
  | 'Trashable'
  | 'Deletion'
  | 'Job'
  | 'ApiToken'
  | 'Member'
  | 'Person'
  | 'Invitation'
  | 'ShareLink'
  | 'Shareable'

const soughtAs: Partial<Record<Entity, string>> = {
  Media: 'media item',
  Taggable: 'bookshelf, book or block',
  Trashable: 'item',
  CheckpointMarker: 'checkpoint marker',
  ApiToken: 'API token',
  ShareLink: 'share link',
  Shareable: 'book or bookshelf',
}

export class NotFound extends Failure {
  readonly __typename = 'NotFound'
  readonly message: string
  readonly entity: Entity
  readonly id: string

  constructor(entity: Entity, id: string) {
    super()
    this.entity = entity
    this.id = id
    const sought = soughtAs[entity] ?? entity.toLowerCase()
    this.message = `There is no live ${sought} with this ID in this workspace. Check the ID, the workspace and the trash.`
  }
}

export interface InputIssue {
  readonly path: string
  readonly message: string
}

export class InvalidInput extends Failure {
  readonly __typename = 'InvalidInput'
  readonly message: string
  readonly issues: readonly InputIssue[]

  constructor(issues: readonly InputIssue[]) {
    super()
    this.issues = issues
    this.message = issues.map(({ path, message }) => `${path}: ${message}`).join(' ')
  }

  /** The same issues, with paths for an input that contains this one. */
  below(parent: string) {
    return new InvalidInput(this.issues.map(({ path, message }) => ({ path: `${parent}.${path}`, message })))
  }
}

/** `current` is the current row, with its GraphQL type. */
export class VersionConflict<Current = unknown> extends Failure {
  readonly __typename = 'VersionConflict'
  readonly message: string
  readonly current: Current

  constructor(current: Current, version: number) {
    super()
    this.current = current
    this.message = `The object has changed and is now at version ${version}. Read it again, merge your change and retry.`
  }
}

/** Part of a selection is gone or has changed, so that nothing was done to the rest. */
export class SelectionChanged<Current = unknown> extends Failure {
  readonly __typename = 'SelectionChanged'
  readonly message: string
  readonly failures: readonly (NotFound | VersionConflict<Current>)[]

  constructor(failures: readonly (NotFound | VersionConflict<Current>)[]) {
    super()
    this.failures = failures
    const which = failures.length === 1 ? 'One of the items is' : `${failures.length} of the items are`
    this.message = `${which} gone or changed, so nothing was done. See \`failures\`, read the items again and retry.`
  }
}

export class IdempotencyKeyReused extends Failure {
  readonly __typename = 'IdempotencyKeyReused'
  readonly message =
    'This idempotency key was already used for a different request. Use a new key for a new request.'
  readonly idempotencyKey: string

  constructor(idempotencyKey: string) {
    super()
    this.idempotencyKey = idempotencyKey
  }
}
