import { memberConditions, memberCount, memberListOrder, memberPage } from '../../db/people/member-lists.ts'
import { can } from '../../domain/access.ts'
import { leaveWorkspace, removeMember, updateMember } from '../../usecases/people/members.ts'
import { connectionResolvers, pageOf } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { answer, answerWith } from './answer.ts'
import { viewerOf } from './viewer.ts'

export const members: Resolvers = {
  Query: {
    members: async (_root, { where, orderBy, ...args }, { db, actor }) => {
      const { field, direction } = orderBy ?? { field: 'NAME', direction: 'ASC' }
      const order = memberListOrder(field, direction === 'DESC')
      const conditions = memberConditions({ ...where }, can(actor, 'manage'))
      return {
        order,
        page: await memberPage(db, actor.workspaceId, conditions, order, pageOf(args, order)),
        count: () => memberCount(db, actor.workspaceId, conditions),
      }
    },
  },
  Mutation: {
    updateMember: answerWith('UpdateMember', updateMember, (member) => ({ member })),
    removeMember: answerWith('RemoveMember', removeMember, ({ id }) => ({ person: { id } })),
    leaveWorkspace: async (_root, { input }, ctx) => {
      const left = await leaveWorkspace(ctx, input)
      const viewer = await viewerOf(ctx)
      return answer('LeaveWorkspace', left, () => ({ viewer }))
    },
  },
  Member: {
    person: ({ id }) => ({ id }),
    email: ({ id, email }, _args, { actor }) => (id === actor.id || can(actor, 'manage') ? email : null),
  },
  MemberConnection: connectionResolvers(),
}
