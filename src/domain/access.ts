/** Who acts, and in which workspace. */
export interface Actor {
  readonly id: string
  readonly workspaceId: string
  readonly role: Role
}

export type Role = 'OWNER' | 'EDITOR' | 'VIEWER'

/** What can be done: read the library, change what is in it, remove from it for good, manage workspaces. */
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

/** The workspace of an installation without sign-in; made by the first migration. */
export const defaultWorkspaceId = '01900000-0000-7000-8000-000000000001'

/** Throws `AccessDenied` when the actor may not work on the whole installation: only owners of its first workspace may. */
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

/** Who comes with the signed URL of a medium: it lets one read that in its workspace, whoever brings it. */
export const bearerOfUrl = (workspaceId: string): Actor => ({ id: 'signed-url', workspaceId, role: 'VIEWER' })

/** The owner of an installation without sign-in. */
export const ownerId = 'owner'
