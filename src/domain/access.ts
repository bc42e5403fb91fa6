import { zeroUuid } from './text.ts'
import { WorkspaceRequired } from './workspace-trash.ts'

/** The actor of a request, and the workspace it works in. */
export interface Actor {
  /** The ID of a user, or `ownerId`, or that of a part of the system. */
  readonly id: string
  readonly workspaceId: string
  readonly role: Standing
  /** What its API token may do; undefined: everything that the role may. */
  readonly scope?: TokenScope
}

/** The role of a member of a workspace. */
export type Role = 'OWNER' | 'EDITOR' | 'VIEWER'

/** `NONE` is a person who signed in and works in no workspace. */
export type Standing = Role | 'NONE'

/** What an API token may do, within the role of its owner. */
export type TokenScope = 'READ' | 'WRITE' | 'ADMIN'

/** Actions: read the library, change its content, remove it permanently, manage workspaces. */
export type Action = 'read' | 'edit' | 'purge' | 'manage'

const allowedRole: Readonly<Record<Standing, readonly Action[]>> = {
  OWNER: ['read', 'edit', 'purge', 'manage'],
  EDITOR: ['read', 'edit'],
  VIEWER: ['read'],
  NONE: [],
}

const allowedScope: Readonly<Record<TokenScope, readonly Action[]>> = {
  ADMIN: ['read', 'edit', 'purge', 'manage'],
  WRITE: ['read', 'edit'],
  READ: ['read'],
}

export class AccessDenied extends Error {
  override readonly name = 'AccessDenied'
}

export const can = ({ role, scope }: Pick<Actor, 'role' | 'scope'>, action: Action) =>
  allowedRole[role].includes(action) && (scope === undefined || allowedScope[scope].includes(action))

/** Throws `AccessDenied` when the actor may not do this, and `WorkspaceRequired` when it works in no workspace. */
export function assertCan(actor: Actor, action: Action) {
  if (can(actor, action)) return
  if (actor.role === 'NONE') throw new WorkspaceRequired('none named')
  throw new AccessDenied(
    allowedRole[actor.role].includes(action)
      ? `The scope ${actor.scope} of this token does not allow this.`
      : `Your role ${actor.role} does not allow this.`,
  )
}

/** The workspace of an installation without sign-in. The first migration creates it. */
export const defaultWorkspaceId = '01900000-0000-7000-8000-000000000001'

/** Whether the actor is an owner of the default workspace and so may work on the whole installation. */
export const canOperate = (actor: Actor) => can(actor, 'manage') && actor.workspaceId === defaultWorkspaceId

/**
 * Throws `AccessDenied` unless the actor is an owner of the default workspace and so may work on the whole
 * installation.
 */
export function assertCanOperate(actor: Actor) {
  assertCan(actor, 'manage')
  if (actor.workspaceId !== defaultWorkspaceId)
    throw new AccessDenied('Only owners of the default workspace may work on the whole installation.')
}

/** Throws `AccessDenied` when the actor may not do this, be it in its workspace or on the whole installation. */
export function assertCanInScope(
  actor: Actor,
  action: Action,
  { installation }: { readonly installation?: boolean | null | undefined },
) {
  assertCan(actor, action)
  if (installation === true) assertCanOperate(actor)
}

/** The actor of a request with a signed media URL: it may read that one media item of the workspace. */
export const bearerOfUrl = (workspaceId: string): Actor => ({ id: 'signed-url', workspaceId, role: 'VIEWER' })

/** A person who signed in and works in no workspace, so that nothing of any is found. */
export const inNoWorkspace = (userId: string): Actor => ({ id: userId, workspaceId: zeroUuid, role: 'NONE' })

/** The owner of an installation without sign-in. */
export const ownerId = 'owner'
