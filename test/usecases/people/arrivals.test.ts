import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { insertInvitation } from '../../../src/db/people/invitations.ts'
import { defaultWorkspaceId } from '../../../src/domain/access.ts'
import { newId } from '../../../src/usecases/context.ts'
import { acceptArrival, arrivalProblem, forgetArrival } from '../../../src/usecases/people/arrivals.ts'
import { hashOf, newSecret } from '../../../src/usecases/people/secrets.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()
const people = () => ({ db: database.db, now: () => new Date() })

async function invite(email: string | null = null) {
  const secret = newSecret()
  await transact(database.db, (tx) =>
    insertInvitation(tx, {
      workspaceId: defaultWorkspaceId,
      id: newId(),
      role: 'VIEWER',
      email,
      secretHash: hashOf(secret),
      createdBy: 'owner',
      createdAt: new Date(),
      expiresAt: new Date(Date.now() + 3_600_000),
    }),
  )
  return secret
}

/** A person whom an identity provider has brought, as better-auth adds one. */
async function arrive(email: string) {
  const at = new Date()
  const { id } = await database.db.prisma.user.create({
    data: { id: newId(), name: email, email, emailVerified: true, createdAt: at, updatedAt: at },
  })
  return id
}

test('of two new people who come by one invitation at once, one comes in and the other is forgotten', async () => {
  const secret = await invite()
  const emails = ['a@example.org', 'b@example.org']
  for (const email of emails)
    expect(await arrivalProblem(people(), { email, isVerified: true, secret })).toBeUndefined()
  const come = async (email: string) => {
    const arrival = { email, isVerified: true, secret }
    const id = await arrive(email)
    const refused = await acceptArrival(people(), arrival, id)
    if (refused) await forgetArrival(people(), id)
    return refused?.__typename ?? 'came in'
  }
  const outcomes = await Promise.all(emails.map(come))
  expect(outcomes.sort()).toEqual(['InvitationInvalid', 'came in'])
  expect(await database.db.prisma.user.count()).toBe(1)
  expect(await database.db.prisma.member.count()).toBe(1)
})

test('a verified address accepts every invitation that is for it, and no other', async () => {
  for (const email of ['c@example.org', 'c@example.org', 'd@example.org', null]) await invite(email)
  const arrival = { email: 'c@example.org', secret: undefined }
  expect(await arrivalProblem(people(), { ...arrival, isVerified: false })).toMatchObject({
    code: 'not_verified',
  })
  const id = await arrive(arrival.email)
  expect(await acceptArrival(people(), { ...arrival, isVerified: false }, id)).toBeDefined()
  expect(await acceptArrival(people(), { ...arrival, isVerified: true }, id)).toBeUndefined()
  expect(await database.db.prisma.invitation.count({ where: { acceptedBy: id } })).toBe(2)
  expect(await arrivalProblem(people(), { ...arrival, isVerified: true })).toMatchObject({
    code: 'not_invited',
  })
})
