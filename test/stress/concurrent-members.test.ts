import { expect, test } from 'vitest'
import type { Ctx } from '../../src/usecases/context.ts'
import { leaveWorkspace, removeMember, updateMember } from '../../src/usecases/people/members.ts'
import { buildCtx, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { buildPerson, makeMember } from '../support/people.ts'

const database = useDatabase()
removeTemporaryFolders()

interface Owner {
  readonly ctx: Ctx
  readonly id: string
}

/** How two owners try at once to be none, each in its own way. */
const ways: Record<string, (own: Owner, other: Owner) => Promise<unknown>> = {
  leave: ({ ctx }) => leaveWorkspace(ctx, { workspaceId: ctx.actor.workspaceId }),
  'step down': ({ ctx, id }) => updateMember(ctx, { personId: id, role: 'EDITOR' }),
  'remove the other': ({ ctx }, other) => removeMember(ctx, { personId: other.id }),
  'demote the other': ({ ctx }, other) => updateMember(ctx, { personId: other.id, role: 'VIEWER' }),
}

const pairs = Object.keys(ways).flatMap((one) => Object.keys(ways).map((two) => [one, two] as const))

test.each(pairs)('of two owners who at once %s and %s, one stays an owner', async (one, two) => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  const owners: Owner[] = []
  for (const name of ['Ada', 'Bob']) {
    const { id } = await buildPerson(database.db, { name })
    await makeMember(database.db, workspaceId, { id }, 'OWNER')
    owners.push({ id, ctx: { ...ctx, actor: { id, workspaceId, role: 'OWNER' } } })
  }
  const [ada, bob] = owners as [Owner, Owner]
  await Promise.allSettled([ways[one]?.(ada, bob), ways[two]?.(bob, ada)])
  const where = { workspaceId, role: 'OWNER' } as const
  expect(await database.db.prisma.member.count({ where })).toBe(1)
})
