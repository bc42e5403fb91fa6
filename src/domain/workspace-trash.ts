import { Failure } from './failure.ts'
import { RetentionExpired } from './restore.ts'

const unknownWorkspace =
  'X-Workspace-Id names no existing workspace. Use an ID from the query `workspaces`, or omit the header.'
const noneNamed =
  'Name a workspace of yours in the header X-Workspace-Id. Without it, `viewer { memberships { nodes { workspace { id name } } } }` lists them.'

/**
 * A request names no workspace though it must, or one that does not exist, is not one of the person's, is in the trash
 * or was trashed while the request was in progress. The last four have the same answer.
 */
export class WorkspaceRequired extends Error {
  override readonly name = 'WorkspaceRequired'
  readonly code = 'WORKSPACE_REQUIRED'
  readonly statusCode = 400

  constructor(why: 'unknown' | 'none named' = 'unknown') {
    super(why === 'unknown' ? unknownWorkspace : noneNamed)
  }
}

/** The columns of a workspace that say whether it is in the trash. */
export interface WorkspaceTrash {
  readonly deletedAt: Date | null
  readonly purgeAfter: Date | null
  readonly purgedAt: Date | null
}

/** A workspace that is in the trash. */
export type Trashed<Row extends WorkspaceTrash> = Row & {
  readonly deletedAt: Date
  readonly deletedBy: string
  readonly purgeAfter: Date
}

/** Whether a workspace is in the trash. A purged one has left it. */
export const isTrashed = <Row extends WorkspaceTrash>(row: Row): row is Trashed<Row> =>
  row.deletedAt !== null && row.purgedAt === null

export class WorkspaceAlreadyInTrash<Row = unknown> extends Failure {
  readonly __typename = 'WorkspaceAlreadyInTrash'
  readonly message = 'The workspace is already in the trash. Restore it with `restoreWorkspace`, or leave it.'
  readonly trashedWorkspace: Row

  constructor(trashedWorkspace: Row) {
    super()
    this.trashedWorkspace = trashedWorkspace
  }
}

export class WorkspaceNotInTrash<Row = unknown> extends Failure {
  readonly __typename = 'WorkspaceNotInTrash'
  readonly message = 'The workspace is not in the trash, so there is nothing to restore.'
  readonly workspace: Row

  constructor(workspace: Row) {
    super()
    this.workspace = workspace
  }
}

/** Why a workspace in the trash cannot be restored at `now`. At `purgeAfter` itself it cannot. */
export const workspaceExpired = ({ purgeAfter }: { readonly purgeAfter: Date }, now: Date) =>
  now >= purgeAfter ? new RetentionExpired(purgeAfter) : undefined

/** What a purge of one workspace has removed so far. */
export interface WorkspacePurgeReport {
  readonly rowCount: number
  /** The objects whose removal from the storage was requested. */
  readonly objectCount: number
  readonly freedBytes: bigint
}

export const nothingRemoved: WorkspacePurgeReport = { rowCount: 0, objectCount: 0, freedBytes: 0n }
