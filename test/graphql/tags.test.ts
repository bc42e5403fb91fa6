import { beforeEach, expect, test } from 'vitest'
import { addTagAlias } from '../../src/usecases/tags/tag-aliases.ts'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBlock, buildBook, buildTag, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { notingMutations, tagFields } from '../support/tags/tagged-library.ts'

const database = useDatabase()
const api = useApi(database, { limits: { tagLevels: 3 } })
const opened: { workspace?: Workspace } = {}
beforeEach(async () => {
  opened.workspace = await api.workspace()
})

function here() {
  if (!opened.workspace) throw new Error('It is there from beforeEach on.')
  return opened.workspace
}

const gone = '01900000-0000-7000-8000-0000000000ff'
const { answer, unseen } = notingMutations(() => here().client)

const usage = (bookshelves: number, books: number, blocks: number) => ({
  total: bookshelves + books + blocks,
  bookshelves,
  books,
  blocks,
})

/** A tag that is three levels deep, with the ones above it. */
async function threeLevels() {
  const { ctx } = here()
  const top = await buildTag(ctx, { name: 'Top' })
  const middle = await buildTag(ctx, { name: 'Middle', parentId: top.id })
  const bottom = await buildTag(ctx, { name: 'Bottom', parentId: middle.id })
  return { top, middle, bottom }
}

const message = expect.stringMatching(/\w.*\.$/) as string
const notFound = (entity: string, id: string) => ({ __typename: 'NotFound', message, entity, id })

test('a tag is made with all its fields, at the top or below another one', async () => {
  const given = { name: '编程 Programming', description: 'What for', color: '#AABBCC', icon: 'book-open' }
  const made = await answer('createTag', given)
  expect(made).toMatchObject({
    __typename: 'CreateTagSuccess',
    tag: {
      ...given,
      color: '#aabbcc',
      level: 0,
      parent: null,
      ancestors: [],
      hasChildren: false,
      aliases: [],
    },
  })
  const parentId = (made['tag'] as { id: string }).id
  expect(await answer('createTag', { name: 'Below', parentId })).toEqual({
    __typename: 'CreateTagSuccess',
    tag: {
      id: expect.any(String) as string,
      name: 'Below',
      description: null,
      color: '#64748b',
      icon: null,
      level: 1,
      parent: { id: parentId },
      ancestors: [{ id: parentId }],
      hasChildren: false,
      aliases: [],
      usageCount: 0,
      usage: usage(0, 0, 0),
      subtreeUsage: usage(0, 0, 0),
      version: 1,
      createdAt: expect.any(String) as string,
      updatedAt: expect.any(String) as string,
      trash: null,
    },
  })
})

test('what keeps a tag from being made is said with what is in the way', async () => {
  const { top, bottom } = await threeLevels()
  expect(await answer('createTag', { name: '', icon: 'no-such-icon', idempotencyKey: '' })).toMatchObject({
    __typename: 'InvalidInput',
    issues: [
      { path: 'name', message },
      { path: 'icon', message },
      { path: 'idempotencyKey', message },
    ],
  })
  expect(await answer('createTag', { name: 'x', parentId: gone })).toEqual(notFound('Tag', gone))
  expect(await answer('createTag', { name: 'ｔＯＰ' })).toEqual({
    __typename: 'NameTaken',
    message,
    existing: { id: top.id, name: 'Top' },
  })
  expect(await answer('createTag', { name: 'x', parentId: bottom.id })).toEqual({
    __typename: 'TagTooDeep',
    message,
    limit: 3,
  })
  const keyed = { name: 'Keyed', idempotencyKey: 'k' }
  const first = await answer('createTag', keyed)
  expect(await answer('createTag', keyed)).toEqual(first)
  expect(await answer('createTag', { ...keyed, name: 'Other' })).toEqual({
    __typename: 'IdempotencyKeyReused',
    message,
    idempotencyKey: 'k',
  })
})

test('a tag is changed in what is given only, and null removes', async () => {
  const made = await buildTag(here().ctx, {
    name: 'Old',
    description: 'Text',
    icon: 'star',
    color: '#112233',
  })
  const changed = await answer('updateTag', { tagId: made.id, name: 'New', icon: null, expectedVersion: 1 })
  expect(changed).toMatchObject({
    __typename: 'UpdateTagSuccess',
    tag: { id: made.id, name: 'New', description: 'Text', icon: null, color: '#112233', version: 2 },
  })
  expect(await answer('updateTag', { tagId: made.id, color: '#ABCDEF' })).toMatchObject({
    tag: { name: 'New', color: '#abcdef', version: 3 },
  })
})

test('what keeps a tag from being changed is said with what is in the way', async () => {
  const { ctx } = here()
  const [tag, other] = [await buildTag(ctx, { name: 'Tag' }), await buildTag(ctx, { name: 'Other' })]
  expect(await answer('updateTag', { tagId: tag.id, name: null, icon: '' })).toMatchObject({
    __typename: 'InvalidInput',
    issues: [{ path: 'name' }, { path: 'icon' }],
  })
  expect(await answer('updateTag', { tagId: gone })).toEqual(notFound('Tag', gone))
  expect(await answer('updateTag', { tagId: tag.id, name: ' OTHER ' })).toMatchObject({
    __typename: 'NameTaken',
    existing: { id: other.id },
  })
  expect(await answer('updateTag', { tagId: tag.id, name: 'x', expectedVersion: 7 })).toEqual({
    __typename: 'VersionConflict',
    message,
    current: { __typename: 'Tag', id: tag.id, name: 'Tag', version: 1 },
  })
})

test('a tag moves with what is below it, below another tag or to the top', async () => {
  const { ctx } = here()
  const { top, middle } = await threeLevels()
  expect(await answer('moveTag', { tagId: middle.id, topLevel: true, expectedVersion: 1 })).toMatchObject({
    __typename: 'MoveTagSuccess',
    tag: { id: middle.id, level: 0, parent: null, ancestors: [], hasChildren: true, version: 2 },
  })
  const other = await buildTag(ctx, { name: 'Another' })
  expect(await answer('moveTag', { tagId: middle.id, parentId: other.id })).toMatchObject({
    tag: { level: 1, parent: { id: other.id }, ancestors: [{ id: other.id }], hasChildren: true },
  })
  expect(await answer('moveTag', { tagId: top.id, parentId: gone })).toEqual(notFound('Tag', gone))
  for (const nowhere of [
    {},
    { parentId: null },
    { topLevel: false },
    { parentId: other.id, topLevel: true },
  ]) {
    const refused = await answer('moveTag', { tagId: middle.id, ...nowhere })
    expect(refused).toMatchObject({ __typename: 'InvalidInput', issues: [{ path: 'parentId' }] })
  }
})

test('what keeps a tag from being moved is said with what is in the way', async () => {
  const { ctx } = here()
  const { top, middle, bottom } = await threeLevels()
  const twin = await buildTag(ctx, { name: 'MIDDLE' })
  expect(await answer('moveTag', { tagId: twin.id, parentId: top.id })).toMatchObject({
    __typename: 'NameTaken',
    existing: { id: middle.id },
  })
  for (const parentId of [top.id, middle.id, bottom.id])
    expect(await answer('moveTag', { tagId: top.id, parentId })).toEqual({ __typename: 'TagCycle', message })
  expect(await answer('moveTag', { tagId: twin.id, parentId: bottom.id })).toMatchObject({
    __typename: 'TagTooDeep',
    limit: 3,
  })
  expect(await answer('moveTag', { tagId: middle.id, topLevel: true, expectedVersion: 2 })).toMatchObject({
    __typename: 'VersionConflict',
    current: { id: middle.id, version: 1 },
  })
})

test('merged tags are one, which has the name of the other as an alias', async () => {
  const { ctx } = here()
  const { top, middle, bottom } = await threeLevels()
  const [book, block] = [await buildBook(ctx), await buildBlock(ctx)]
  const target = await buildTag(ctx, { name: 'Target' })
  succeeded(await attachTags(ctx, { tagIds: [middle.id], entityIds: [book.id, block.id] }))
  succeeded(await attachTags(ctx, { tagIds: [target.id], entityIds: [book.id] }))
  const merged = await answer('mergeTags', {
    sourceTagId: middle.id,
    targetTagId: target.id,
    reason: 'Twins',
  })
  expect(merged).toMatchObject({
    __typename: 'MergeTagsSuccess',
    tag: { id: target.id, hasChildren: true, aliases: ['Middle'], usage: usage(0, 1, 1), version: 2 },
    deletion: { itemCount: 1, reason: 'Twins', restoredAt: null, item: { __typename: 'Tag', id: middle.id } },
  })
  const text = `query ($id: ID!) { node(id: $id) { ...T } } ${tagFields}`
  expect(await ask(here().client, text, { id: bottom.id })).toMatchObject({
    node: { id: bottom.id, level: 1, parent: { id: target.id } },
  })
  expect(await ask(here().client, text, { id: top.id })).toMatchObject({ node: { hasChildren: false } })
})

test('what keeps tags from being merged is said with what is in the way', async () => {
  const { ctx } = here()
  const { top, middle, bottom } = await threeLevels()
  expect(await answer('mergeTags', { sourceTagId: top.id, targetTagId: top.id })).toMatchObject({
    __typename: 'InvalidInput',
    issues: [{ path: 'targetTagId' }],
  })
  expect(await answer('mergeTags', { sourceTagId: top.id, targetTagId: gone })).toEqual(notFound('Tag', gone))
  expect(await answer('mergeTags', { sourceTagId: top.id, targetTagId: bottom.id })).toMatchObject({
    __typename: 'TagCycle',
    message,
  })
  const twins = await buildTag(ctx, { name: 'Twins' })
  await buildTag(ctx, { name: 'middle', parentId: twins.id })
  expect(await answer('mergeTags', { sourceTagId: twins.id, targetTagId: top.id })).toMatchObject({
    __typename: 'EqualChildren',
    pairs: [{ source: { name: 'middle' }, target: { id: middle.id } }],
    moreCount: 0,
  })
  const same = await buildTag(ctx, { name: 'Twins', parentId: twins.id })
  await buildTag(ctx, { name: 'Twins', parentId: same.id })
  expect(await answer('mergeTags', { sourceTagId: same.id, targetTagId: twins.id })).toMatchObject({
    __typename: 'NameTaken',
    existing: { id: same.id },
  })
  expect(await answer('mergeTags', { sourceTagId: twins.id, targetTagId: bottom.id })).toMatchObject({
    __typename: 'TagTooDeep',
    limit: 3,
  })
})

test('a tag is found by an alias at once, until it is removed', async () => {
  const { ctx } = here()
  const tag = await buildTag(ctx, { name: 'Hund' })
  const other = await buildTag(ctx, { name: 'Katze' })
  const searched = async () =>
    (
      await ask<{ searchTags: unknown[] }>(
        here().client,
        '{ searchTags(query: "Köter") { tag { id } matchedName } }',
      )
    ).searchTags
  const alias = { tagId: tag.id, name: 'Köter' }
  expect(await answer('addTagAlias', { ...alias, idempotencyKey: 'dog' })).toMatchObject({
    __typename: 'AddTagAliasSuccess',
    tag: { id: tag.id, aliases: ['Köter'], version: 2 },
  })
  expect(await searched()).toEqual([{ tag: { id: tag.id }, matchedName: 'Köter' }])
  expect(await answer('addTagAlias', { tagId: other.id, name: 'köter' })).toMatchObject({
    __typename: 'NameTaken',
    existing: { id: tag.id },
  })
  expect(await answer('addTagAlias', { ...alias, name: 'Other', idempotencyKey: 'dog' })).toMatchObject({
    __typename: 'IdempotencyKeyReused',
  })
  expect(await answer('addTagAlias', { ...alias, name: 'hund' })).toMatchObject({
    issues: [{ path: 'name' }],
  })
  for (const name of ['addTagAlias', 'removeTagAlias']) {
    expect(await answer(name, { ...alias, tagId: gone })).toEqual(notFound('Tag', gone))
    expect(await answer(name, { ...alias, name: 'New', expectedVersion: 1 })).toMatchObject({
      __typename: 'VersionConflict',
      current: { version: 2 },
    })
  }
  expect(await answer('removeTagAlias', { ...alias, name: '' })).toMatchObject({ __typename: 'InvalidInput' })
  expect(await answer('removeTagAlias', { ...alias, name: 'KÖTER' })).toMatchObject({
    __typename: 'RemoveTagAliasSuccess',
    tag: { id: tag.id, aliases: [], version: 3 },
  })
  expect(await searched()).toEqual([])
  for (let count = 0; count < 100; count += 1)
    succeeded(await addTagAlias(ctx, { tagId: tag.id, name: `Alias ${count}` }))
  const tooMany = { __typename: 'TooManyAliases', limit: 100, tag: { id: tag.id } }
  expect(await answer('addTagAlias', { ...alias, name: 'More' })).toMatchObject(tooMany)
  expect(await answer('mergeTags', { sourceTagId: other.id, targetTagId: tag.id })).toMatchObject(tooMany)
})

test('a trashed tag says how it got there, and so do those below it', async () => {
  const { top, middle, bottom } = await threeLevels()
  const trashed = await answer('trashItem', { itemId: middle.id, reason: 'Old' })
  const { id } = trashed['deletion'] as { id: string }
  expect(trashed).toMatchObject({
    __typename: 'TrashItemSuccess',
    item: { id: middle.id, parent: { id: top.id }, version: 1, trash: { reason: 'Old', deletion: { id } } },
    deletion: { itemCount: 2, reason: 'Old', item: { __typename: 'Tag', id: middle.id } },
  })
  expect(await answer('trashItem', { itemId: bottom.id })).toEqual({
    __typename: 'AlreadyInTrash',
    message,
    deletion: { id },
  })
  expect(await answer('trashItem', { itemId: gone })).toEqual(notFound('Trashable', gone))
  expect(await answer('trashItem', { itemId: top.id, reason: 'x'.repeat(1_001) })).toMatchObject({
    __typename: 'InvalidInput',
    issues: [{ path: 'reason' }],
  })
})

test('every member of every answer was seen', () => {
  expect(
    unseen(['createTag', 'updateTag', 'moveTag', 'mergeTags', 'addTagAlias', 'removeTagAlias', 'trashItem']),
  ).toEqual([])
})
