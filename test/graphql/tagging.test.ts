import { beforeEach, expect, test } from 'vitest'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBlock, buildBook, buildShelf, buildTag, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { fillTags, notingMutations } from '../support/tags/tagged-library.ts'

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

const message = expect.stringMatching(/\w.*\.$/) as string
const notFound = (entity: string, id: string) => ({ __typename: 'NotFound', message, entity, id })

test('tags are attached and detached, and answered in the order of the input as they are now', async () => {
  const { ctx } = here()
  const [one, other] = [await buildTag(ctx, { name: 'B' }), await buildTag(ctx, { name: 'A' })]
  const shelf = await buildShelf(ctx)
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  const block = await buildBlock(ctx, { bookId: book.id })
  const input = { tagIds: [one.id, other.id], entityIds: [block.id, shelf.id, book.id] }
  const tags = [{ id: other.id }, { id: one.id }]
  const attached = {
    __typename: 'AttachTagsSuccess',
    attachedCount: 6,
    tags: [
      { id: one.id, usageCount: 3, usage: usage(1, 1, 1), version: 1 },
      { id: other.id, usageCount: 3, usage: usage(1, 1, 1), version: 1 },
    ],
    entities: [
      { __typename: 'Block', id: block.id, tags },
      { __typename: 'Bookshelf', id: shelf.id, tags },
      { __typename: 'Book', id: book.id, tags },
    ],
  }
  expect(await answer('attachTags', input)).toMatchObject(attached)
  expect(await answer('attachTags', input)).toMatchObject({ ...attached, attachedCount: 0 })
  expect(await answer('detachTags', { tagIds: [one.id], entityIds: [book.id] })).toMatchObject({
    __typename: 'DetachTagsSuccess',
    detachedCount: 1,
    tags: [{ id: one.id, usage: usage(1, 0, 1) }],
    entities: [{ __typename: 'Book', id: book.id, tags: [{ id: other.id }] }],
  })
  expect(await answer('detachTags', input)).toMatchObject({ detachedCount: 5 })
  expect(await answer('attachTags', { tagIds: [], entityIds: [] })).toMatchObject({
    attachedCount: 0,
    tags: [],
  })
})

test.each(['attachTags', 'detachTags'])(
  '%s says what is not there or too much, and does nothing',
  async (name) => {
    const { ctx } = here()
    const [tag, book] = [await buildTag(ctx), await buildBook(ctx)]
    const trashed = await buildTag(ctx)
    succeeded(await trashItem(ctx, { kind: 'TAG', id: trashed.id }))
    const ids = { tagIds: [tag.id], entityIds: [book.id] }
    for (const id of [gone, 'nonsense', trashed.id]) {
      expect(await answer(name, { ...ids, tagIds: [tag.id, id] })).toEqual(notFound('Tag', id))
      expect(await answer(name, { ...ids, entityIds: [book.id, id] })).toEqual(notFound('Taggable', id))
    }
    const many = (count: number) => Array.from({ length: count }, () => gone)
    expect(await answer(name, { tagIds: many(101), entityIds: many(1_001) })).toMatchObject({
      __typename: 'InvalidInput',
      issues: [{ path: 'tagIds' }, { path: 'entityIds' }],
    })
    expect((await ctx.db.prisma.tag.findFirstOrThrow({ where: { id: tag.id } })).usageCount).toBe(0)
  },
)

test('the 101st tag of something is refused, saying of what', async () => {
  const { ctx, client } = here()
  const { workspaceId } = ctx.actor
  await fillTags(database.db.pool, workspaceId, { tags: 100, top: 100, below: 0 })
  const tagIds = (await ctx.db.prisma.tag.findMany({ where: { workspaceId } })).map(({ id }) => id)
  const [book, other] = [await buildBook(ctx), await buildBook(ctx)]
  expect(await answer('attachTags', { tagIds, entityIds: [book.id] })).toMatchObject({ attachedCount: 100 })
  const last = await buildTag(ctx, { name: 'One more' })
  expect(await answer('attachTags', { tagIds: [last.id], entityIds: [other.id, book.id] })).toEqual({
    __typename: 'TooManyTags',
    message,
    limit: 100,
    taggable: { __typename: 'Book', id: book.id },
  })
  expect(await ask(client, `{ book(id: "${other.id}") { tags { id } } }`)).toEqual({ book: { tags: [] } })
})

test('every member of every answer was seen', () => {
  expect(unseen(['attachTags', 'detachTags'])).toEqual([])
})

test('each mutation of one request sees what those before it did', async () => {
  const { ctx, client } = here()
  const book = await buildBook(ctx)
  const [tag, other] = [await buildTag(ctx, { name: 'One' }), await buildTag(ctx, { name: 'Two' })]
  const { deletion } = succeeded(await mergeTags(ctx, { sourceTagId: other.id, targetTagId: tag.id }))
  const ids = `tagIds: ["${tag.id}"], entityIds: ["${book.id}"]`
  const asked = 'tags { usageCount usage { books } entities { nodes { id } totalCount } }'
  const found = await ask<Record<string, object>>(
    client,
    `mutation {
      a: attachTags(input: { ${ids} }) { ... on AttachTagsSuccess { ${asked} } }
      b: updateTag(input: { tagId: "${tag.id}", name: "Uno" }) { ... on UpdateTagSuccess { tag { name version aliases } } }
      c: createTag(input: { parentId: "${tag.id}", name: "Below" }) { ... on CreateTagSuccess { tag { parent { name hasChildren children { totalCount } } } } }
      d: restoreDeletion(input: { deletionId: "${deletion.id}" }) { ... on RestoreDeletionSuccess { item { ... on Tag { name } } } }
      e: updateTag(input: { tagId: "${tag.id}", name: "Eins" }) { ... on UpdateTagSuccess { tag { name version aliases } } }
      f: trashItem(input: { itemId: "${book.id}" }) { ... on TrashItemSuccess { item { ... on Book { tags { name usageCount } } } } }
      g: detachTags(input: { tagIds: ["${tag.id}"], entityIds: [] }) { ... on DetachTagsSuccess { ${asked} } }
    }`,
  )
  expect(found).toEqual({
    a: {
      tags: [{ usageCount: 1, usage: { books: 1 }, entities: { nodes: [{ id: book.id }], totalCount: 1 } }],
    },
    b: { tag: { name: 'Uno', version: 3, aliases: ['Two'] } },
    c: { tag: { parent: { name: 'Uno', hasChildren: true, children: { totalCount: 1 } } } },
    d: { item: { name: 'Two' } },
    e: { tag: { name: 'Eins', version: 4, aliases: [] } },
    f: { item: { tags: [{ name: 'Eins', usageCount: 0 }] } },
    g: { tags: [{ usageCount: 0, usage: { books: 0 }, entities: { nodes: [], totalCount: 0 } }] },
  })
})
