import {
  invitationCount,
  invitationOrder,
  invitationPage,
  withStatuses,
} from '../../db/people/invitation-lists.ts'
import { statusOf } from '../../domain/members.ts'
import { acceptAsViewer } from '../../usecases/people/invitations.ts'
import { createInvitation, readInvitation, revokeInvitation } from '../../usecases/people/invite.ts'
import { connectionResolvers, pageOf } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { answer, answerWith } from './answer.ts'

export const invitations: Resolvers = {
  Query: {
    invitations: async (_root, { where, orderBy, ...args }, { db, actor, now }) => {
      const { field, direction } = orderBy ?? { field: 'CREATED_AT', direction: 'DESC' }
      const order = invitationOrder(field, direction === 'DESC')
      const conditions = withStatuses(where?.statuses, now())
      return {
        order,
        page: await invitationPage(db, actor.workspaceId, conditions, order, pageOf(args, order)),
        count: () => invitationCount(db, actor.workspaceId, conditions),
      }
    },
    invitation: (_root, { secret }, ctx) => readInvitation(ctx, secret),
  },
  Mutation: {
    createInvitation: async (_root, { input }, ctx) =>
      answer('CreateInvitation', await createInvitation(ctx, input, ctx.publicUrl), (made) => made),
    revokeInvitation: answerWith('RevokeInvitation', revokeInvitation, (invitation) => ({ invitation })),
    acceptInvitation: answerWith('AcceptInvitation', acceptAsViewer, (membership) => ({ membership })),
  },
  Invitation: {
    status: (invitation, _args, { now }) => statusOf(invitation, now()),
    createdBy: ({ createdBy }) => ({ id: createdBy }),
    acceptedBy: ({ acceptedBy }) => (acceptedBy === null ? null : { id: acceptedBy }),
  },
  InvitationPreview: { invitedBy: ({ createdBy }) => ({ id: createdBy }) },
  InvitationConnection: connectionResolvers(),
}
