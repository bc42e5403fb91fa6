import { membershipCount, membershipOrder, membershipPage } from '../../db/people/memberships.ts'
import {
  personById,
  type PersonRow,
  sessionCount,
  sessionOrder,
  sessionPage,
} from '../../db/people/persons.ts'
import { can, canOperate, isPerson, noSuchPerson, ownerId } from '../../domain/access.ts'
import { personalDataOf } from '../../usecases/people/personal-data.ts'
import { endSessions, updateViewer } from '../../usecases/people/viewer.ts'
import { connectionResolvers, pageOf } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers } from '../generated.ts'
import { actorNames } from './actors.ts'
import { answerWith } from './answer.ts'

/** The person of a request; where people do not sign in, the owner, who has no address. */
export type ViewerRow = Omit<PersonRow, 'email'> & { readonly email: string | null }

const owner: ViewerRow = { id: ownerId, name: actorNames[ownerId], email: null, version: 1 }

/** The person of a request. */
export async function viewerOf({ db, actor }: GraphQLContext): Promise<ViewerRow> {
  if (!isPerson(actor)) return owner
  const person = await personById(db, actor.id)
  if (!person) throw noSuchPerson()
  return person
}

export const viewer: Resolvers = {
  Query: { viewer: (_root, _args, ctx) => viewerOf(ctx) },
  Mutation: {
    updateViewer: answerWith('UpdateViewer', updateViewer, (person) => ({ viewer: person })),
    endSessions: answerWith('EndSessions', endSessions, (ended) => ended),
  },
  Viewer: {
    peopleSignIn: (_viewer, _args, { actor }) => isPerson(actor),
    workspace: (_viewer, _args, { db, actor: { role, workspaceId } }) =>
      role === 'NONE' ? null : db.prisma.workspace.findUniqueOrThrow({ where: { id: workspaceId } }),
    role: (_viewer, _args, { actor: { role } }) => (role === 'NONE' ? null : role),
    scope: (_viewer, _args, { actor: { scope } }) => scope ?? null,
    canEdit: (_viewer, _args, { actor }) => can(actor, 'edit'),
    canPurge: (_viewer, _args, { actor }) => can(actor, 'purge'),
    canManage: (_viewer, _args, { actor }) => can(actor, 'manage'),
    canOperate: (_viewer, _args, { actor }) => canOperate(actor),
    personalData: async ({ id }, _args, ctx) =>
      isPerson(ctx.actor) ? ((await personalDataOf(ctx, id)) ?? null) : null,
    memberships: async (_viewer, args, { db, actor }) => ({
      order: membershipOrder,
      page: await membershipPage(db, actor, pageOf(args, membershipOrder)),
      count: () => membershipCount(db, actor),
    }),
    sessions: async ({ id }, args, { db, actor, now }) => {
      const page = pageOf(args, sessionOrder)
      const none = { rows: [], hasNextPage: false, hasPreviousPage: false }
      return {
        order: sessionOrder,
        page: isPerson(actor) ? await sessionPage(db, id, now(), page) : none,
        count: async () => (isPerson(actor) ? sessionCount(db, id, now()) : 0),
      }
    },
  },
  Membership: { workspace: (membership) => membership },
  Session: { current: ({ id }, _args, { actor: { sessionId } }) => id === sessionId },
  MembershipConnection: connectionResolvers(),
  SessionConnection: connectionResolvers(),
}
