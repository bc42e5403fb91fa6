import { type Condition, workspaceCount, workspacePage } from '../../db/page.ts'
import type { WorkspaceRow } from '../../db/rows.ts'
import { type Action, type Actor, can } from '../../domain/access.ts'
import { quotaLimit } from '../../domain/quota.ts'
import { canTrashWorkspace } from '../../usecases/trash/trash-workspace.ts'
import { createWorkspace, ownWorkspaces, updateWorkspace } from '../../usecases/workspaces.ts'
import { connectionResolvers, pageOf, type WorkspaceList } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { QueryWorkspacesArgs, Resolvers } from '../generated.ts'
import { conditionsOf } from '../../db/conditions.ts'
import { chosenOrder } from '../../db/orders.ts'
import { answerWith } from './answer.ts'
import { authors } from './authored.ts'

/** Whether the actor may do this in a workspace by a request like this one, which works in one workspace only. */
const canIn = ({ id, deletedAt }: WorkspaceRow, actor: Actor, action: Action) =>
  id === actor.workspaceId && deletedAt === null && can(actor, action)

async function workspacesAmong(
  { db }: GraphQLContext,
  among: readonly Condition[],
  { where, orderBy, ...args }: QueryWorkspacesArgs,
): Promise<WorkspaceList> {
  const { field, direction } = orderBy ?? { field: 'CREATED_AT', direction: 'ASC' }
  const order = chosenOrder('workspaces', field, direction)
  const conditions = [...among, ...conditionsOf('workspaces', { ...where })]
  return {
    order,
    page: await workspacePage(db, 'live', conditions, order, pageOf(args, order)),
    count: () => workspaceCount(db, 'live', conditions),
  }
}

export const workspaces: Resolvers = {
  Query: {
    workspace: (_root, _args, { db, actor }) =>
      db.prisma.workspace.findUniqueOrThrow({ where: { id: actor.workspaceId } }),
    workspaces: (_root, args, ctx) => workspacesAmong(ctx, ownWorkspaces(ctx.actor), args),
  },
  Admin: { workspaces: (_admin, args, ctx) => workspacesAmong(ctx, [], args) },
  Mutation: {
    createWorkspace: answerWith('CreateWorkspace', createWorkspace, (workspace) => ({ workspace })),
    updateWorkspace: answerWith('UpdateWorkspace', updateWorkspace, (workspace) => ({ workspace })),
  },
  Workspace: {
    ...authors,
    viewerCanEdit: (workspace, _args, { actor }) => canIn(workspace, actor, 'edit'),
    viewerCanPurge: (workspace, _args, { actor }) => canIn(workspace, actor, 'purge'),
    viewerCanManage: (workspace, _args, { actor }) => canIn(workspace, actor, 'manage'),
    viewerCanTrash: (workspace, _args, { actor }) => canTrashWorkspace(actor, workspace),
    retentionDays: ({ retentionDays }, _args, { limits }) => retentionDays ?? limits.retentionDays,
    storage: async ({ id, plan, quotaBytes, usedBytes }, _args, { loaders }) => ({
      limitBytes: quotaLimit(plan, quotaBytes),
      usedBytes,
      reservedBytes: await loaders.reservedBytes.load(id),
    }),
    usage: ({ id }, _args, { loaders }) => loaders.workspaceUsage.load(id),
  },
  WorkspaceConnection: connectionResolvers(),
}
