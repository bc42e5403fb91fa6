import { expect } from 'vitest'
import { searchOnlyColumns } from '../../../src/db/rows.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { attachTags } from '../../../src/usecases/tags/attach-tags.ts'
import { createTag } from '../../../src/usecases/tags/tags.ts'
import { succeeded } from '../builders.ts'

/** The place below a tag, or at the top level. */
export const belowTag = (parentId: string | null | undefined) =>
  parentId == null ? { topLevel: true } : { parentId }

/** A tag as it is now, live or in the trash. */
export const tagOf = (ctx: Ctx, { id }: { id: string }) =>
  ctx.db.prisma.tag.findUniqueOrThrow({
    where: { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id } },
    omit: searchOnlyColumns,
  })

/** How often a tag is used: by bookshelves, books, blocks. */
export async function countsOf(ctx: Ctx, tag: { id: string }) {
  const { bookshelfCount, bookCount, blockCount } = await tagOf(ctx, tag)
  return [bookshelfCount, bookCount, blockCount]
}

/** What has the tag, be it in the trash, in any order. */
export async function taggedWith(ctx: Ctx, tag: { id: string }) {
  const rows = await ctx.db.prisma.tagAssociation.findMany({
    where: { workspaceId: ctx.actor.workspaceId, tagId: tag.id },
  })
  return new Set(rows.map(({ entityId }) => entityId))
}

export const idSet = (things: readonly { id: string }[]) => new Set(things.map(({ id }) => id))

/** The other names a tag is found by. */
export async function aliasesOf(ctx: Ctx, tag: { id: string }) {
  const rows = await ctx.db.prisma.tagAlias.findMany({
    where: { workspaceId: ctx.actor.workspaceId, tagId: tag.id },
  })
  return rows.map(({ name }) => name).sort()
}

export const attach = async (
  ctx: Ctx,
  tags: readonly { id: string }[],
  entities: readonly { id: string }[],
) => succeeded(await attachTags(ctx, { tagIds: idList(tags), entityIds: idList(entities) }))

export const idList = (things: readonly { id: string }[]) => things.map(({ id }) => id)

/** Tags of which each is below the one before it. */
export async function buildChain(ctx: Ctx, names: readonly string[], top?: { id: string }) {
  const chain = []
  let parentId = top?.id
  for (const name of names) {
    const tag = succeeded(await createTag(ctx, { name, parentId }))
    chain.push(tag)
    parentId = tag.id
  }
  return chain
}

/** The counts of every tag beside those that its associations with live things give. */
const recount = `select tags.id, tags.name,
    array[bookshelf_count, book_count, block_count, usage_count] as kept,
    array[count(shelf.id), count(book.id), count(block.id), count(shelf.id) + count(book.id) + count(block.id)]::int[]
      as counted
  from tags
  left join tag_associations one on one.workspace_id = tags.workspace_id and one.tag_id = tags.id
  left join bookshelves shelf on shelf.workspace_id = one.workspace_id and shelf.id = one.bookshelf_id
    and shelf.deletion_id is null
  left join books book on book.workspace_id = one.workspace_id and book.id = one.book_id
    and book.deletion_id is null
  left join blocks block on block.workspace_id = one.workspace_id and block.id = one.block_id
    and block.deletion_id is null
  where tags.workspace_id = $1 group by tags.workspace_id, tags.id`

/** Checks all that must be true of the tags of a workspace whatever was done. */
export async function checkTags(ctx: Ctx) {
  const { workspaceId } = ctx.actor
  const { rows } = await ctx.db.pool.query<{ kept: number[]; counted: number[] }>(recount, [workspaceId])
  expect(rows.filter(({ kept, counted }) => kept.join() !== counted.join())).toEqual([])

  const tags = await ctx.db.prisma.tag.findMany({ where: { workspaceId } })
  const byId = new Map(tags.map((tag) => [tag.id, tag]))
  const names = new Set<string>()
  for (const tag of tags) {
    const path: string[] = []
    for (
      let up = tag.parentId;
      up !== null && path.length <= tags.length;
      up = byId.get(up)?.parentId ?? null
    )
      path.unshift(up)
    expect({ tag: tag.name, path: tag.ancestorIds }).toEqual({ tag: tag.name, path })
    expect(path.length).toBeLessThan(ctx.limits.tagLevels)
    if (tag.deletionId !== null) continue
    const above = path.map((id) => byId.get(id)?.deletionId)
    expect({ tag: tag.name, above }).toEqual({ tag: tag.name, above: path.map(() => null) })
    const name = `${tag.parentId ?? ''} ${tag.nameKey}`
    expect(names).not.toContain(name)
    names.add(name)
  }
  const deletions = await ctx.db.prisma.deletion.findMany({ where: { workspaceId, kind: 'TAG' } })
  for (const { id, itemId, itemCount, restoredAt, purgedAt } of deletions) {
    // What is being purged may be gone in part.
    if (purgedAt) continue
    const held = tags.filter(({ deletionId }) => deletionId === id)
    expect(held).toHaveLength(restoredAt ? 0 : itemCount)
    // One subtree: what it holds is below its item.
    for (const tag of held)
      expect(tag.id === itemId || byId.get(tag.parentId ?? '')?.deletionId === id).toBe(true)
  }
}
