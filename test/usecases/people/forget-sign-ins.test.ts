import { expect, test } from 'vitest'
import { newId } from '../../../src/usecases/context.ts'
import { forgetSignIns } from '../../../src/usecases/people/forget-sign-ins.ts'
import { buildCtx } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()

test('sessions and unfinished sign-ins are removed once they have expired', async () => {
  const ctx = await buildCtx(database.db)
  const { prisma } = database.db
  const now = ctx.now()
  const times = { createdAt: now, updatedAt: now }
  const user = await prisma.user.create({
    data: { id: newId(), name: 'Ada', email: 'ada@example.org', ...times },
  })
  const [over, open] = [-1, 60_000].map((ms) => new Date(now.getTime() + ms))
  if (!over || !open) throw new Error('There are two times.')
  for (const [name, expiresAt] of Object.entries({ over, open })) {
    await prisma.session.create({ data: { id: newId(), userId: user.id, token: name, expiresAt, ...times } })
    await prisma.verification.create({
      data: { id: newId(), identifier: name, value: name, expiresAt, ...times },
    })
  }

  await forgetSignIns(ctx)
  expect((await prisma.session.findMany()).map(({ token }) => token)).toEqual(['open'])
  expect((await prisma.verification.findMany()).map(({ identifier }) => identifier)).toEqual(['open'])
})
