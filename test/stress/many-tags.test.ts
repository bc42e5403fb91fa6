import { expect, test } from 'vitest'
import { TooManyTags } from '../../src/domain/tag-tree.ts'
import { attachTags, detachTags } from '../../src/usecases/tags/attach-tags.ts'
import { buildBook, buildCtx, buildTag, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { checkTags, idList, taggedWith } from '../support/tags/tags.ts'
import { trash } from '../support/trash/restoring.ts'

const database = useDatabase()
removeTemporaryFolders()

test('100 tags can be attached to 1,000 things in one call, and no thing can have more', async () => {
  const ctx = await buildCtx(database.db)
  const tagIds = []
  for (let count = 0; count < 101; count += 1) tagIds.push((await buildTag(ctx)).id)
  const book = await buildBook(ctx)
  const { rows } = await ctx.db.pool.query<{ id: string }>(
    `insert into blocks (workspace_id, id, book_id, kind, content, attributes, position, written_at, written_by, version, created_at, updated_at, created_by, updated_by)
     select $1, gen_random_uuid(), $2, 'TEXT', '', '{}', 'a' || lpad(n::text, 6, '0') || 'V', now(), 'owner', 1, now(), now(), 'owner', 'owner'
     from generate_series(1, 999) n returning id`,
    [ctx.actor.workspaceId, book.id],
  )
  const entityIds = [book.id, ...idList(rows)]
  const hundred = tagIds.slice(0, 100)
  expect(succeeded(await attachTags(ctx, { tagIds: hundred, entityIds })).attachedCount).toBe(100_000)
  expect(await ctx.db.prisma.tag.findFirstOrThrow({ where: { id: tagIds[99] ?? '' } })).toMatchObject({
    bookCount: 1,
    blockCount: 999,
    usageCount: 1_000,
  })
  expect(succeeded(await attachTags(ctx, { tagIds: hundred, entityIds })).attachedCount).toBe(0)

  const free = await buildBook(ctx)
  const result = await attachTags(ctx, { tagIds: tagIds.slice(100), entityIds: [free.id, book.id] })
  expect(result).toBeInstanceOf(TooManyTags)
  expect(result).toMatchObject({ limit: 100 })
  expect(await taggedWith(ctx, { id: tagIds[100] ?? '' })).toEqual(new Set())
  // A tag in the trash leaves its place to another.
  await trash(ctx, 'TAG', { id: hundred[0] ?? '' })
  expect(succeeded(await attachTags(ctx, { tagIds: tagIds.slice(100), entityIds })).attachedCount).toBe(1_000)
  expect(succeeded(await detachTags(ctx, { tagIds: hundred.slice(1), entityIds })).detachedCount).toBe(99_000)
  await checkTags(ctx)
}, 120_000)
