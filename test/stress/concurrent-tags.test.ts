import { beforeEach, describe, expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import { AlreadyInTrash } from '../../src/domain/restore.ts'
import { TagCycle } from '../../src/domain/tag-tree.ts'
import { newId } from '../../src/usecases/context.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { createTag, moveTag, updateTag } from '../../src/usecases/tags/tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { buildCtx, buildTag, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { trash } from '../support/trash/restoring.ts'
import { belowTag, buildChain, checkTags, tagOf } from '../support/tags/tags.ts'
import { hold, holdRow, interleave } from '../support/waiting.ts'
import { sortKeyOf } from '../support/sort-keys.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()
let ctx: Awaited<ReturnType<typeof buildCtx>>
beforeEach(async () => {
  ctx = await buildCtx(database.db)
})

type Thing = { id: string }
const chain = async <const Names extends readonly string[]>(...names: Names) =>
  (await buildChain(ctx, names)) as unknown as {
    [Index in keyof Names]: Awaited<ReturnType<typeof buildTag>>
  }
const move = (tag: Thing, parent: Thing | null) => moveTag(ctx, { tagId: tag.id, ...belowTag(parent?.id) })
const merge = (source: Thing, target: Thing) =>
  mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id })
const toTrash = (kind: 'TAG' | 'BLOCK' | 'BOOK' | 'BOOKSHELF', { id }: Thing) => trashItem(ctx, { kind, id })

const insertTag = `insert into tags
    (workspace_id, id, parent_id, ancestor_ids, name, name_key, sort_key, color, created_at, updated_at, created_by, updated_by)
  values ($1, $2, null, '{}', $3, lower($3), ${sortKeyOf('$3')}, '#000000', now(), now(), 'owner', 'owner')`

describe('the tree', () => {
  test('of two moves that together would make a cycle one is refused', async () => {
    const [a, b, heldTag] = await chain('A', 'B', 'Held')
    const [c, d] = await chain('C', 'D')
    const held = await holdRow(ctx.db, 'tags', heldTag)
    const results = await interleave(
      ctx.db,
      held,
      () => move(a, d),
      () => move(c, b),
    )
    expect(results[0]).toMatchObject({ id: a.id, parentId: d.id })
    expect(results[1]).toBeInstanceOf(TagCycle)
    await checkTags(ctx)
  })

  test('what is moved below a tag goes along with what is above that, which is moved just then', async () => {
    const [moved, heldTag] = await chain('Moved', 'Held')
    const [top, place] = await chain('Top', 'Place')
    const other = await buildTag(ctx)
    const held = await holdRow(ctx.db, 'tags', heldTag)
    const results = await interleave(
      ctx.db,
      held,
      () => move(moved, place),
      () => move(top, other),
    )
    results.forEach(succeeded)
    expect((await tagOf(ctx, heldTag)).ancestorIds).toEqual([other.id, top.id, place.id, moved.id])
    await checkTags(ctx)
  })

  test('what is moved below a tag is trashed with what is above that', async () => {
    const [moved, heldTag] = await chain('Moved', 'Held')
    const [top, place] = await chain('Top', 'Place')
    const held = await holdRow(ctx.db, 'tags', heldTag)
    const [, trashed] = await interleave(
      ctx.db,
      held,
      () => move(moved, place),
      () => toTrash('TAG', top),
    )
    expect(succeeded(trashed).deletion.itemCount).toBe(4)
    await checkTags(ctx)
  })

  test('nothing is moved below a tag that is being trashed', async () => {
    const [top, place, heldTag] = await chain('Top', 'Place', 'Held')
    const moved = await buildTag(ctx)
    const held = await holdRow(ctx.db, 'tags', heldTag)
    const [trashed, result] = await interleave(
      ctx.db,
      held,
      () => toTrash('TAG', top),
      () => move(moved, place),
    )
    expect(succeeded(trashed).deletion.itemCount).toBe(3)
    expect(result).toMatchObject({ __typename: 'NotFound', id: place.id })
    await checkTags(ctx)
  })

  test('what is made below a tag is trashed with what is above that', async () => {
    const [top, place] = await chain('Top', 'Place')
    const held = await holdRow(ctx.db, 'tags', place)
    const [, trashed] = await interleave(
      ctx.db,
      held,
      () => createTag(ctx, { name: 'New', parentId: place.id }),
      () => toTrash('TAG', top),
    )
    expect(succeeded(trashed).deletion.itemCount).toBe(3)
    await checkTags(ctx)
  })

  test('what is restored below a tag is trashed with what is above that', async () => {
    const [top, , child, heldTag] = await chain('Top', 'Place', 'Child', 'Held')
    const deletion = await trash(ctx, 'TAG', child)
    const held = await holdRow(ctx.db, 'tags', heldTag)
    const [, trashed] = await interleave(
      ctx.db,
      held,
      () => restoreDeletion(ctx, { deletionId: deletion.id }),
      () => toTrash('TAG', top),
    )
    expect(succeeded(trashed).deletion.itemCount).toBe(4)
    await checkTags(ctx)
  })

  test('what is merged below a tag goes along when that is moved', async () => {
    const [source, child, heldTag] = await chain('Source', 'Child', 'Held')
    const [top, target] = await chain('Top', 'Target')
    const other = await buildTag(ctx)
    const held = await holdRow(ctx.db, 'tags', heldTag)
    const results = await interleave(
      ctx.db,
      held,
      () => merge(source, target),
      () => move(top, other),
    )
    results.forEach(succeeded)
    expect((await tagOf(ctx, child)).ancestorIds).toEqual([other.id, top.id, target.id])
    await checkTags(ctx)
  })
})

describe('a name', () => {
  test('that several take at once in different ways goes to one of them', async () => {
    const parent = await buildTag(ctx)
    const [renamed, moved, trashed] = [
      await buildTag(ctx),
      await buildTag(ctx, { name: 'NAME', parentId: parent.id }),
      await buildTag(ctx, { name: 'name' }),
    ]
    const deletion = await trash(ctx, 'TAG', trashed)
    const held = await hold(ctx.db, insertTag, [ctx.actor.workspaceId, newId(), 'Name'])
    const results = await interleave(
      ctx.db,
      held,
      () => createTag(ctx, { name: 'Name' }),
      () =>
        Promise.all([
          createTag(ctx, { name: 'Ｎａｍｅ' }),
          updateTag(ctx, { tagId: renamed.id, name: 'NAME' }),
          moveTag(ctx, { tagId: moved.id, topLevel: true }),
          restoreDeletion(ctx, { deletionId: deletion.id }),
        ]),
    )
    const all = [results[0], ...results[1]]
    const refusals = all.filter((result) => result instanceof Failure)
    expect(refusals).toHaveLength(4)
    for (const refusal of refusals)
      if (refusal.__typename !== 'NameTaken') expect(refusal).toMatchObject({ reason: 'NAME_TAKEN' })
    await checkTags(ctx)
  })

  test('is unique for the database too, at the top as well', async () => {
    await buildTag(ctx, { name: 'taken' })
    const insert = ctx.db.pool.query(insertTag, [ctx.actor.workspaceId, newId(), 'Taken'])
    await expect(insert).rejects.toMatchObject({ code: '23505', constraint: 'tags_sibling_name_key' })
  })
})

test('of many who trash one tag at once one does, and the others are told of its deletion', async () => {
  const [top] = await chain('Top', 'Below')
  const results = await Promise.all(Array.from({ length: 10 }, () => toTrash('TAG', top)))
  expect(results.filter((result) => result instanceof AlreadyInTrash)).toHaveLength(9)
  await checkTags(ctx)
})
