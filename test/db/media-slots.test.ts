import { expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import { type MediaOwnerType, type MediaRole, slotPolicy } from '../../src/domain/slots.ts'
import { buildBook, buildCtx, buildPicture, coverOf, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
removeTemporaryFolders()

test('the database knows the same slots as the policies, and how many media each holds', async () => {
  const { rows } = await database.db.pool.query<{
    owner_type: MediaOwnerType
    role: MediaRole
    holds: string | null
  }>(
    `select owner_type::text, role::text, media_slot_holds(owner_type::text, role) as holds
     from unnest(enum_range(null::media_owner_type)) as owner_type, unnest(enum_range(null::media_role)) as role`,
  )
  const policies = rows.map(({ owner_type: ownerType, role }) => {
    const policy = slotPolicy({ ownerType, role })
    return { owner_type: ownerType, role, holds: policy instanceof Failure ? null : policy.holds }
  })
  expect(rows).toEqual(policies)
  expect(rows.filter(({ holds }) => holds !== null).length).toBeGreaterThan(0)
})

test('the database refuses a second live medium in a slot that holds one', async () => {
  const ctx = await buildCtx(database.db)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  await buildPicture(ctx, slot)
  const { replaced } = await buildPicture(ctx, slot)
  await expect(
    database.db.pool.query('update media set deletion_id = null where id = $1', [replaced?.id]),
  ).rejects.toThrow('media_one_live_key')
})
