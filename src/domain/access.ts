/** The actor of a request, and the workspace it works in. */
export interface Actor {
  readonly id: string
  readonly workspaceId: string
  readonly role: Role
}

export type Role = 'OWNER' | 'EDITOR' | 'VIEWER'

/** Actions: read the library, change its content, remove it permanently, manage workspaces. */
export type Action = 'read' | 'edit' | 'purge' | 'manage'

const allowed: Record<Role, readonly Action[]> = {
  OWNER: ['read', 'edit', 'purge', 'manage'],
  EDITOR: ['read', 'edit'],
  VIEWER: ['read'],
}

export class AccessDenied extends Error {
  override readonly name = 'AccessDenied'
}

export const can = (actor: Actor, action: Action) => allowed[actor.role].includes(action)

/** Throws `AccessDenied` when the actor may not do this. */
export function assertCan(actor: Actor, action: Action) {
  if (!can(actor, action)) throw new AccessDenied(`Your role ${actor.role} does not allow this.`)
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

/** The owner of an installation without sign-in. */
export const ownerId = 'owner'
