import { conditionsOf } from '../../db/conditions.ts'
import { trashedWorkspaceOrder } from '../../db/orders.ts'
import { workspaceCount, workspacePage } from '../../db/page.ts'
import { isTrashed } from '../../domain/workspace-trash.ts'
import {
  canRestoreWorkspace,
  restoreWorkspace,
  trashWorkspace,
} from '../../usecases/trash/trash-workspace.ts'
import { ownTrashedWorkspaces } from '../../usecases/workspaces.ts'
import { connectionResolvers, pageOf, type TrashedWorkspaceRow } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { answerWith } from './answer.ts'

export const trashedWorkspaces: Resolvers = {
  Query: {
    trashedWorkspaces: async (_root, { where, orderBy, ...args }, { db, actor }) => {
      const order = trashedWorkspaceOrder(orderBy?.direction ?? 'DESC')
      const conditions = [...ownTrashedWorkspaces(actor), ...conditionsOf('trashed_workspaces', { ...where })]
      const page = await workspacePage(db, 'trashed', conditions, order, pageOf(args, order))
      return {
        order,
        page: { ...page, rows: page.rows.filter(isTrashed) },
        count: () => workspaceCount(db, 'trashed', conditions),
      }
    },
  },
  Mutation: {
    trashWorkspace: answerWith('TrashWorkspace', trashWorkspace, (trashedWorkspace) => ({
      trashedWorkspace,
    })),
    restoreWorkspace: answerWith('RestoreWorkspace', restoreWorkspace, (workspace) => ({ workspace })),
  },
  TrashedWorkspace: {
    workspace: (workspace) => workspace,
    deletedBy: ({ deletedBy }) => ({ id: deletedBy }),
    reason: ({ deletionReason }) => deletionReason,
    expired: ({ purgeAfter }, _args, { now }) => now() >= purgeAfter,
    viewerCanRestore: (trashed, _args, ctx) => canRestoreWorkspace(ctx, trashed),
  },
  TrashedWorkspaceConnection: connectionResolvers<TrashedWorkspaceRow>(),
}
