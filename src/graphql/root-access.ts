import { assertCan } from '../domain/access.ts'
import type { GraphQLContext } from './context.ts'

type RootFields = Record<string, unknown>
type Resolve = (root: unknown, args: unknown, ctx: GraphQLContext, info: unknown) => unknown

/** The fields for everyone who signed in, also in no workspace. */
const forEveryone: ReadonlySet<string> = new Set(['viewer', 'acceptInvitation'])

/** The fields of a root type, of which all but a few need a workspace that the actor may read. */
export const inWorkspaceOnly = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields as RootFields).map(([name, resolve]) => [
      name,
      forEveryone.has(name) || typeof resolve !== 'function' ? resolve : readable(resolve as Resolve),
    ]),
  ) as Fields

const readable =
  (resolve: Resolve): Resolve =>
  (root, args, ctx, info) => {
    assertCan(ctx.actor, 'read')
    return resolve(root, args, ctx, info)
  }
