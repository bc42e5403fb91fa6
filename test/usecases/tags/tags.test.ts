import { beforeAll, describe, expect, test } from 'vitest'
import { AccessDenied } from '../../../src/domain/access.ts'
import { InvalidInput, NotFound, VersionConflict } from '../../../src/domain/failure.ts'
import { defaultTagColor, NameTaken, TagCycle, TagTooDeep } from '../../../src/domain/tag-tree.ts'
import { mergeTags } from '../../../src/usecases/tags/merge-tags.ts'
import { attachTags, detachTags } from '../../../src/usecases/tags/attach-tags.ts'
import { createTag, moveTag, updateTag } from '../../../src/usecases/tags/tags.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { buildCtx, buildShelf, buildTag, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { trash } from '../../support/trash/restoring.ts'
import { rowsOfWorkspace } from '../../support/state.ts'
import { statementsOf } from '../../support/statements.ts'
import { buildChain, checkTags, tagOf } from '../../support/tags/tags.ts'

const database = useDatabase()
removeTemporaryFolders()
let ctx: Awaited<ReturnType<typeof buildCtx>>
beforeAll(async () => {
  ctx = await buildCtx(database.db)
})

/** What the name of a tag is compared by. */
async function keyOf({ id }: { id: string }) {
  const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id } }
  return (await ctx.db.prisma.tag.findUniqueOrThrow({ where, select: { nameKey: true } })).nameKey
}

/** Runs what must fail, and checks that nothing changed. */
async function refused(attempt: () => Promise<unknown>) {
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const result = await attempt()
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
  return result
}

describe('creating', () => {
  test('a tag is at the top or below another one, with defaults for what is not given', async () => {
    const [top, below, bottom] = await buildChain(ctx, ['Languages', 'Systems', 'Rust'])
    expect(top).toMatchObject({ parentId: null, ancestorIds: [], color: defaultTagColor, icon: null })
    expect(top).toMatchObject({ description: null, version: 1, usageCount: 0, deletionId: null })
    expect(below).toMatchObject({ parentId: top?.id, ancestorIds: [top?.id] })
    expect(bottom).toMatchObject({ parentId: below?.id, ancestorIds: [top?.id, below?.id] })
    await checkTags(ctx)
  })

  test('it keeps what is given, the name as it is written', async () => {
    const fields = {
      name: ' Ｂｏｏｋｓ  to Read ',
      description: 'Later',
      color: '#a1b2c3',
      icon: 'book-open',
    }
    const tag = succeeded(await createTag(ctx, fields))
    expect(await tagOf(ctx, tag)).toMatchObject(fields)
    expect(await keyOf(tag)).toBe('books to read')
  })

  test('the longest name is taken, even one that folds to a text many times as long', async () => {
    const [long, other] = ['\ufdfa'.repeat(100), '龘'.repeat(100)]
    expect((await keyOf(await buildTag(ctx, { name: long }))).length).toBeGreaterThan(1_000)
    expect(await keyOf(await buildTag(ctx, { name: other }))).toBe(other)
  })

  test('the same request with its key makes one tag, another request is told, a refused one leaves it free', async () => {
    const request = { name: 'Keyed', idempotencyKey: 'tag 1' }
    const tag = await buildTag(ctx, request)
    expect(await createTag(ctx, request)).toEqual(tag)
    const other = await createTag(ctx, { ...request, icon: 'x' })
    expect(other).toMatchObject({ __typename: 'IdempotencyKeyReused' })
    await trash(ctx, 'TAG', tag)
    expect(await createTag(ctx, request)).toMatchObject({ id: tag.id })
    const taken = await buildTag(ctx)
    const fresh = { name: taken.name, idempotencyKey: 'tag 2' }
    expect(await createTag(ctx, fresh)).toBeInstanceOf(NameTaken)
    await trash(ctx, 'TAG', taken)
    expect(succeeded(await createTag(ctx, fresh)).id).not.toBe(taken.id)
  })
})

describe('names', () => {
  test.each([
    ['RUST lang'],
    ['rust LANG'],
    ['ｒｕｓｔ　ｌａｎｇ'],
    [' rust \t lang '],
    ['Ru\u200bst\u200e Lang\ufe0f'],
  ])('%j is the name of a live sibling, at the top and below a tag', async (name) => {
    const parent = await buildTag(ctx)
    for (const parentId of [null, parent.id]) {
      const existing = await buildTag(ctx, { name: `Rust Lang`, parentId })
      const result = await refused(() => createTag(ctx, { name, parentId }))
      expect(result).toBeInstanceOf(NameTaken)
      expect(result).toMatchObject({ existing })
      const other = await buildTag(ctx, { parentId })
      expect(await refused(() => updateTag(ctx, { tagId: other.id, name }))).toMatchObject({ existing })
      await trash(ctx, 'TAG', existing)
      succeeded(await updateTag(ctx, { tagId: other.id, name }))
      await trash(ctx, 'TAG', other)
    }
  })

  test('one name can be below two tags, below itself, and in another workspace', async () => {
    const [outer, inner] = await buildChain(ctx, ['Same', 'Same'])
    const other = await buildTag(ctx)
    await buildTag(ctx, { name: 'same', parentId: other.id })
    succeeded(await createTag(await buildCtx(database.db), { name: 'Same' }))
    expect(inner?.parentId).toBe(outer?.id)
    await checkTags(ctx)
  })

  test('a tag can be given another spelling of its own name', async () => {
    const tag = await buildTag(ctx, { name: 'github' })
    expect(await updateTag(ctx, { tagId: tag.id, name: 'GitHub' })).toMatchObject({
      name: 'GitHub',
      version: 2,
    })
  })

  test('a tag cannot be moved to where its name is taken, nor take a name when it is back', async () => {
    const [parent] = await buildChain(ctx, ['Place', 'Go'])
    const go = await buildTag(ctx, { name: 'GO' })
    const result = await refused(() => moveTag(ctx, { tagId: go.id, parentId: parent?.id }))
    expect(result).toMatchObject({ __typename: 'NameTaken', existing: { name: 'Go' } })
  })
})

describe('updating', () => {
  test('only what is given changes, null removes what may be absent, the place stays', async () => {
    const parent = await buildTag(ctx)
    const fields = { name: 'Full', description: 'D', color: '#112233', icon: 'x', parentId: parent.id }
    const tag = await buildTag(ctx, fields)
    ctx.clock.ms += 1_000
    const changed = succeeded(await updateTag(ctx, { tagId: tag.id, color: '#445566' }))
    expect(changed).toEqual({ ...tag, color: '#445566', version: 2, updatedAt: new Date(ctx.clock.ms) })
    const emptied = succeeded(await updateTag(ctx, { tagId: tag.id, description: null, icon: null }))
    expect(emptied).toEqual({ ...changed, description: null, icon: null, version: 3 })
  })
})

describe('moving', () => {
  test('a tag takes everything below it along, the trash included, and every id stays', async () => {
    const [moved, child, grandchild] = await buildChain(ctx, ['Moved', 'Child', 'Grandchild'])
    const [, , place] = await buildChain(ctx, ['A', 'B', 'C'])
    if (!moved || !child || !grandchild || !place) throw new Error('Not built.')
    const trashed = await buildTag(ctx, { name: 'Trashed', parentId: child.id })
    await trash(ctx, 'TAG', trashed)
    const beside = await buildTag(ctx)

    const result = succeeded(await moveTag(ctx, { tagId: moved.id, parentId: place.id }))
    const above = [...place.ancestorIds, place.id]
    expect(result).toMatchObject({ id: moved.id, parentId: place.id, ancestorIds: above, version: 2 })
    const below = [...above, moved.id, child.id]
    expect(await tagOf(ctx, grandchild)).toMatchObject({ ancestorIds: below, version: 1 })
    expect(await tagOf(ctx, trashed)).toMatchObject({ ancestorIds: below, parentId: child.id })
    expect(await tagOf(ctx, beside)).toEqual(beside)
    await checkTags(ctx)

    succeeded(await moveTag(ctx, { tagId: moved.id, topLevel: true }))
    expect(await tagOf(ctx, grandchild)).toEqual(grandchild)
    expect(await tagOf(ctx, moved)).toMatchObject({ parentId: null, ancestorIds: [], version: 3 })
    await checkTags(ctx)
  })

  test('a move to where it is changes nothing', async () => {
    const [top, child] = await buildChain(ctx, ['Here', 'There'])
    if (!top || !child) throw new Error('Not built.')
    expect(await refused(() => moveTag(ctx, { tagId: child.id, parentId: top.id }))).toEqual(child)
    expect(await refused(() => moveTag(ctx, { tagId: top.id, topLevel: true }))).toEqual(top)
  })

  test('a tag cannot go below itself, near or far', async () => {
    const [top, child, grandchild] = await buildChain(ctx, ['Cycle', 'One', 'Two'])
    for (const parent of [top, child, grandchild]) {
      const result = await refused(() => moveTag(ctx, { tagId: top?.id ?? '', parentId: parent?.id }))
      expect(result).toBeInstanceOf(TagCycle)
    }
  })
})

describe('depth', () => {
  test('the tree has as many levels as configured, whatever is done', async () => {
    const shallow = { ...ctx, limits: { ...ctx.limits, tagLevels: 4 } }
    const [, , third, fourth] = await buildChain(shallow, ['1', '2', '3', '4'])
    const [top, below] = await buildChain(shallow, ['Top', 'Below'])
    if (!third || !fourth || !top || !below) throw new Error('Not built.')
    const tooDeep = [
      () => createTag(shallow, { name: '5', parentId: fourth.id }),
      () => moveTag(shallow, { tagId: top.id, parentId: third.id }),
      () => moveTag(shallow, { tagId: below.id, parentId: fourth.id }),
    ]
    for (const attempt of tooDeep) {
      const result = await refused(attempt)
      expect(result).toBeInstanceOf(TagTooDeep)
      expect(result).toMatchObject({ limit: 4 })
    }
    succeeded(await moveTag(shallow, { tagId: below.id, parentId: third.id }))
    await checkTags(shallow)
  })

  test('what is in the trash below a tag counts, so that it can come back', async () => {
    const shallow = { ...ctx, limits: { ...ctx.limits, tagLevels: 3 } }
    const [, second] = await buildChain(shallow, ['Deep 1', 'Deep 2'])
    const [top, below] = await buildChain(shallow, ['Holder', 'Held'])
    await trash(ctx, 'TAG', below ?? { id: '' })
    const move = { tagId: top?.id ?? '', parentId: second?.id }
    expect(await refused(() => moveTag(shallow, move))).toBeInstanceOf(TagTooDeep)
  })

  test('32 levels can be made, and a 33rd cannot', async () => {
    const names = Array.from({ length: 32 }, (_, index) => `Level ${index}`)
    const last = (await buildChain(ctx, names)).at(-1)
    expect(last?.ancestorIds).toHaveLength(31)
    const result = await refused(() => createTag(ctx, { name: 'Level 32', parentId: last?.id }))
    expect(result).toMatchObject({ __typename: 'TagTooDeep', limit: 32 })
  })
})

test('a change of what was changed meanwhile is refused, with the tag as it is now', async () => {
  const [tag, place] = [await buildTag(ctx), await buildTag(ctx)]
  const current = succeeded(await updateTag(ctx, { tagId: tag.id, color: '#000000', expectedVersion: 1 }))
  const attempts = [
    () => updateTag(ctx, { tagId: tag.id, name: 'Late', expectedVersion: 1 }),
    () => moveTag(ctx, { tagId: tag.id, parentId: place.id, expectedVersion: 1 }),
    () => moveTag(ctx, { tagId: tag.id, topLevel: true, expectedVersion: 3 }),
  ]
  for (const attempt of attempts) {
    const result = await refused(attempt)
    expect(result).toBeInstanceOf(VersionConflict)
    expect(result).toMatchObject({ current: { __typename: 'Tag', ...current } })
  }
  succeeded(await moveTag(ctx, { tagId: tag.id, parentId: place.id, expectedVersion: 2 }))
})

test.each([
  ['an empty name', { name: '' }, 'name'],
  ['a blank name', { name: ' \t\u3000\u00a0' }, 'name'],
  ['a long name', { name: 'a'.repeat(101) }, 'name'],
  ['NUL in the name', { name: 'a\0b' }, 'name'],
  ['half a character in the name', { name: 'a\ud83d' }, 'name'],
  ['a long description', { description: 'a'.repeat(10_001) }, 'description'],
  ['NUL in the description', { description: '\0' }, 'description'],
  ['an unknown icon', { icon: 'no-such-icon' }, 'icon'],
  ['an empty icon', { icon: '' }, 'icon'],
  ['NUL in the icon', { icon: 'x\0' }, 'icon'],
])('%s is refused', async (_what, fields, path) => {
  const tag = await buildTag(ctx)
  for (const attempt of [
    () => createTag(ctx, { name: 'Fine', ...fields }),
    () => updateTag(ctx, { tagId: tag.id, ...fields }),
  ]) {
    const result = await refused(attempt)
    expect(result).toBeInstanceOf(InvalidInput)
    expect(result).toMatchObject({ issues: [{ path }] })
  }
})

test('the name of the component of an icon is stored as the name of the icon', async () => {
  const ctx = await buildCtx(database.db)
  const tag = succeeded(await createTag(ctx, { name: 'Books', icon: 'BookOpen' }))
  expect(tag.icon).toBe('book-open')
  const changed = succeeded(await updateTag(ctx, { tagId: tag.id, icon: 'AlarmClock' }))
  expect(changed.icon).toBe('alarm-clock')
  expect(succeeded(await updateTag(ctx, { tagId: tag.id, name: 'Clocks' })).icon).toBe('alarm-clock')
})

test('another colour or icon of a tag indexes nothing anew, another name or description does', async () => {
  const tag = await buildTag(ctx, { name: 'Harbours' })
  const indexing = async (fields: Omit<Parameters<typeof updateTag>[1], 'tagId'>) => {
    const sent = await statementsOf(async () => {
      succeeded(await updateTag(ctx, { tagId: tag.id, ...fields }))
    })
    return sent.filter(({ text }) => /into (tag_search|tag_words|search_documents)/.test(text)).length
  }
  expect(await indexing({ color: '#123456', icon: 'anchor', name: 'Harbours' })).toBe(0)
  expect(await indexing({ name: 'Ports' })).toBe(3)
  expect(await indexing({ description: 'Where ships are safe.' })).toBe(3)
})

test('a tag is never without a name or a colour', async () => {
  const { id: tagId } = await buildTag(ctx)
  const result = await refused(() => updateTag(ctx, { tagId, name: null, color: null }))
  expect(result).toMatchObject({ __typename: 'InvalidInput', issues: [{ path: 'name' }, { path: 'color' }] })
})

test('a blank idempotency key is refused', async () => {
  const result = await refused(() => createTag(ctx, { name: 'Fine', idempotencyKey: ' ' }))
  expect(result).toMatchObject({ issues: [{ path: 'idempotencyKey' }] })
})

test('ids of another workspace, of the trash, of other things and of nothing are not found', async () => {
  const mine = await buildTag(ctx)
  const trashed = await buildTag(ctx)
  await trash(ctx, 'TAG', trashed)
  const theirs = await buildTag(await buildCtx(database.db))
  const ids = [theirs.id, trashed.id, (await buildShelf(ctx)).id, mine.id.toUpperCase(), '', "' or 1=1"]
  for (const id of ids) {
    const attempts = [
      () => createTag(ctx, { name: 'New', parentId: id }),
      () => updateTag(ctx, { tagId: id, name: 'New' }),
      () => moveTag(ctx, { tagId: id, topLevel: true }),
      () => moveTag(ctx, { tagId: mine.id, parentId: id }),
      () => mergeTags(ctx, { sourceTagId: id, targetTagId: mine.id }),
      () => mergeTags(ctx, { sourceTagId: mine.id, targetTagId: id }),
    ]
    for (const attempt of attempts) {
      const result = await refused(attempt)
      expect(result).toBeInstanceOf(NotFound)
      expect(result).toMatchObject({ entity: 'Tag', id })
    }
  }
  expect(await tagOf({ ...ctx, actor: { ...ctx.actor, workspaceId: theirs.workspaceId } }, theirs)).toEqual(
    theirs,
  )
})

test('who may only read changes nothing', async () => {
  const [one, other] = [await buildTag(ctx), await buildTag(ctx)]
  const reader = { ...ctx, actor: { ...ctx.actor, role: 'VIEWER' as const } }
  const tagging = { tagIds: [one.id], entityIds: [] }
  const attempts = [
    () => createTag(reader, { name: 'New' }),
    () => updateTag(reader, { tagId: one.id, name: 'New' }),
    () => moveTag(reader, { tagId: one.id, parentId: other.id }),
    () => mergeTags(reader, { sourceTagId: one.id, targetTagId: other.id }),
    () => attachTags(reader, tagging),
    () => detachTags(reader, tagging),
    () => trashItem(reader, { kind: 'TAG', id: one.id }),
  ]
  for (const attempt of attempts) await refused(() => expect(attempt()).rejects.toBeInstanceOf(AccessDenied))
})
