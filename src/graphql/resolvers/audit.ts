import { conditionsOf } from '../../db/conditions.ts'
import { auditOrder } from '../../db/orders.ts'
import type { Condition } from '../../db/page.ts'
import { type AuditEventRow, auditCount, auditPage } from '../../db/people/audit.ts'
import { AccessDenied } from '../../domain/access.ts'
import { connectionResolvers, pageOf } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { AdminAuditArgs, Resolvers } from '../generated.ts'

async function listed(
  { db }: GraphQLContext,
  { where, orderBy, ...args }: AdminAuditArgs,
  within: readonly Condition[] = [],
) {
  const order = auditOrder(orderBy?.direction ?? 'DESC')
  const conditions = [...within, ...conditionsOf('audit_events', { ...where })]
  return {
    order,
    page: await auditPage(db, conditions, order, pageOf(args, order)),
    count: () => auditCount(db, conditions),
  }
}

const elsewhere =
  'The role of this request is that in its own workspace. Select the other one with the header X-Workspace-Id.'

export const audit: Resolvers = {
  Admin: { audit: (_admin, args, ctx) => listed(ctx, args) },
  Workspace: {
    audit: ({ id: workspaceId }, args, ctx) => {
      if (workspaceId !== ctx.actor.workspaceId) throw new AccessDenied(elsewhere)
      return listed(ctx, args, conditionsOf('audit_events', { workspaceId }))
    },
  },
  AuditEvent: {
    actor: ({ actorId }) => (actorId === null ? null : { id: actorId }),
    details: ({ details }) =>
      Object.entries(details).map(([name, value]) => ({ name, value: String(value) })),
  },
  AuditEventConnection: connectionResolvers<AuditEventRow>(),
}
