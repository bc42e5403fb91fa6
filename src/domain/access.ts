import { isUuid, zeroUuid } from './text.ts'
import { WorkspaceRequired } from './workspace-trash.ts'

/** The actor of a request, and the workspace it works in. */
export interface Actor {
  /** The ID of a user, or `ownerId`, or that of a part of the system. */
  readonly id: string
  readonly workspaceId: string
  readonly role: Standing
  /** What its API token may do; undefined: everything that the role may. */
  readonly scope?: TokenScope
  /** The session of the request; undefined for other credentials. */
  readonly sessionId?: string
}

/** The role of a member of a workspace. */
export type Role = 'OWNER' | 'EDITOR' | 'VIEWER'

/** `NONE` is a person who signed in and works in no workspace. */
export type Standing = Role | 'NONE'

/** What an API token may do, within the role of its owner. */
export type TokenScope = 'READ' | 'WRITE' | 'ADMIN'

/**
 * Actions: see one's name and workspaces; manage one's own account; read the library; make credentials that act for one; change
 * the content of the library, remove it permanently; manage the workspace; work on the whole installation.
 */
export type Action = 'enter' | 'account' | 'read' | 'delegate' | 'edit' | 'purge' | 'manage' | 'operate'

const ofEveryone: readonly Action[] = ['enter', 'account']

/** To operate, an owner must also work in the default workspace. */
const allowedRole: Readonly<Record<Standing, readonly Action[]>> = {
  OWNER: [...ofEveryone, 'read', 'delegate', 'edit', 'purge', 'manage', 'operate'],
  EDITOR: [...ofEveryone, 'read', 'delegate', 'edit'],
  VIEWER: [...ofEveryone, 'read', 'delegate'],
  NONE: ofEveryone,
}

/** A token acts in its workspace. It never manages the account of its person. */
const allowedScope: Readonly<Record<TokenScope, readonly Action[]>> = {
  ADMIN: ['enter', 'read', 'delegate', 'edit', 'purge', 'manage', 'operate'],
  WRITE: ['enter', 'read', 'edit'],
  READ: ['enter', 'read'],
}

export class AccessDenied extends Error {
  override readonly name = 'AccessDenied'
  readonly code = 'FORBIDDEN'
  readonly statusCode = 403
}

/** The person whose request this is was removed while it was in progress. */
export const noSuchPerson = () => new AccessDenied('You are no longer a person of this installation.')

/** The workspace of an installation without sign-in. The first migration creates it. */
export const defaultWorkspaceId = '01900000-0000-7000-8000-000000000001'

export const can = ({ role, scope, workspaceId }: Omit<Actor, 'id'>, action: Action) =>
  allowedRole[role].includes(action) &&
  (scope === undefined || allowedScope[scope].includes(action)) &&
  (action !== 'operate' || workspaceId === defaultWorkspaceId)

/** Throws `AccessDenied` when the actor may not do this, and `WorkspaceRequired` when it works in no workspace. */
export function assertCan(actor: Actor, action: Action) {
  if (can(actor, action)) return
  if (actor.role === 'NONE') throw new WorkspaceRequired('none named')
  throw new AccessDenied(whyNot(actor, action))
}

function whyNot({ role, scope }: Actor, action: Action): string {
  if (!allowedRole[role].includes(action)) return `Your role ${role} does not allow this.`
  if (scope === undefined || allowedScope[scope].includes(action))
    return 'Only owners of the default workspace may work on the whole installation.'
  return action === 'account'
    ? 'An API token cannot manage the account of its person. Sign in instead.'
    : `The scope ${scope} of this token does not allow this.`
}

/** Whether the actor is an owner of the default workspace and so may work on the whole installation. */
export const canOperate = (actor: Actor) => can(actor, 'operate')

/** Throws `AccessDenied` unless the actor may work on the whole installation. */
export const assertCanOperate = (actor: Actor) => assertCan(actor, 'operate')

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

/** Whether the actor is a person who signed in, who sees only the workspaces that they are a member of. */
export const isPerson = ({ id }: Pick<Actor, 'id'>) => isUuid(id)
