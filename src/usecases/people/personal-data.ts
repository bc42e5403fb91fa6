import { madeBy } from '../../db/people/personal-data.ts'
import type { Services } from '../context.ts'
import { auditEventsOf } from './audit.ts'

/** Everything that is stored about a person, without secrets. Undefined when there is no such person. */
export async function personalDataOf({ db }: Pick<Services, 'db'>, id: string) {
  const { prisma } = db
  const where = { userId: id }
  const profile = await prisma.user.findUnique({ where: { id }, omit: { version: true } })
  if (!profile) return undefined
  const [accounts, passkeys, sessions, memberships, apiTokens, invitations, auditEvents, made] =
    await Promise.all([
      prisma.account.findMany({ where, select: { providerId: true, accountId: true, createdAt: true } }),
      prisma.passkey.findMany({ where, select: { name: true, deviceType: true, createdAt: true } }),
      prisma.session.findMany({ where, omit: { token: true, userId: true } }),
      prisma.member.findMany({ where, omit: { userId: true, version: true } }),
      prisma.apiToken.findMany({ where, omit: { secretHash: true, userId: true } }),
      prisma.invitation.findMany({
        where: { OR: [{ acceptedBy: id }, { email: profile.email }] },
        omit: { secretHash: true },
      }),
      auditEventsOf(db, id),
      madeBy(db, id),
    ])
  const data = {
    profile,
    accounts,
    passkeys,
    sessions,
    memberships,
    apiTokens,
    invitations,
    auditEvents,
    made,
  }
  // Times and the like as JSON has them.
  return JSON.parse(JSON.stringify(data)) as Record<string, unknown>
}
