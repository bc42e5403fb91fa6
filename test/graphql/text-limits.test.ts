import { expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { textLimits } from '../../src/domain/text.ts'
import { ask, useApi } from '../support/api.ts'
import { buildBlock, buildCheckpoint, buildShelf, buildTag, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { randomNumbers } from '../support/random.ts'

const database = useDatabase()
const api = useApi(database)

const random = randomNumbers(1)

/** Rare Chinese characters: each is two units of a JavaScript string and four bytes. They hardly compress. */
const rare = (length: number) =>
  Array.from({ length }, () => String.fromCodePoint(0x20000 + Math.floor(random() * 0xa000))).join('')

async function library() {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const [block, other] = [await buildBlock(ctx), await buildBlock(ctx)]
  const checkpoint = await buildCheckpoint(ctx, { bookId: block.bookId })
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BLOCK', id: other.id }))
  return {
    ...workspace,
    ids: {
      bookshelfId: (await buildShelf(ctx)).id,
      bookId: block.bookId,
      blockId: block.id,
      checkpointId: checkpoint.id,
      tagId: (await buildTag(ctx)).id,
      deletionId: deletion.id,
      workspaceId: ctx.actor.workspaceId,
    },
  }
}

type Ids = Awaited<ReturnType<typeof library>>['ids']

const { name, tagName, title, description, content, reason, idempotencyKey } = textLimits
const mutations: [mutation: string, field: string, limit: number, others: (ids: Ids) => object][] = [
  ['createBookshelf', 'name', name, () => ({})],
  ['createBookshelf', 'description', description, () => ({ name: 'A' })],
  ['createBookshelf', 'idempotencyKey', idempotencyKey, () => ({ name: 'A' })],
  ['updateBookshelf', 'name', name, ({ bookshelfId }) => ({ bookshelfId })],
  ['createBook', 'title', title, ({ bookshelfId }) => ({ bookshelfId })],
  ['updateBook', 'summary', description, ({ bookId }) => ({ bookId })],
  ['createBlock', 'content', content, ({ bookId }) => ({ bookId })],
  ['updateBlock', 'content', content, ({ blockId }) => ({ blockId })],
  ['createCheckpoint', 'title', title, ({ bookId }) => ({ bookId, reachedAt: '2026-01-01T00:00:00Z' })],
  ['createCheckpointMarker', 'title', title, ({ checkpointId }) => ({ checkpointId })],
  ['createTag', 'name', tagName, () => ({})],
  ['updateTag', 'name', tagName, ({ tagId }) => ({ tagId })],
  ['trashItem', 'reason', reason, ({ blockId }) => ({ itemId: blockId })],
  ['createWorkspace', 'name', name, () => ({})],
  ['updateWorkspace', 'name', name, () => ({})],
]

test.each(mutations)(
  '%s counts the characters of %s as Unicode does',
  async (mutation, field, limit, others) => {
    const { client, ids } = await library()
    const type = mutation.charAt(0).toUpperCase() + mutation.slice(1)
    const send = async (text: string) => {
      const { [mutation]: result } = await ask<Record<string, { __typename: string; issues?: object[] }>>(
        client,
        `mutation ($input: ${type}Input!) { ${mutation}(input: $input) { __typename
         ... on InvalidInput { issues { path message } } } }`,
        { input: { ...others(ids), [field]: text } },
      )
      return result
    }
    expect(await send(rare(limit + 1))).toEqual({
      __typename: 'InvalidInput',
      issues: [{ path: field, message: `Give at most ${limit} characters; you gave ${limit + 1}.` }],
    })
    expect(await send(rare(limit))).toEqual({ __typename: `${type}Success` })
  },
)

test.each([
  ['search', 200, 'query ($text: String!) { search(query: $text) { nodes { field } } }'],
  ['searchTags', 200, 'query ($text: String!) { searchTags(query: $text) { reason } }'],
  ['trash', title, 'query ($text: String!) { trash(where: { text: $text }) { totalCount } }'],
])('the text of %s counts as Unicode does', async (_list, limit, query) => {
  const { client } = await api.workspace()
  expect((await client.send(query, { text: rare(limit) })).errors).toEqual([])
  const { errors } = await client.send(query, { text: rare(limit + 1) })
  expect(errors[0]?.message).toContain(`Give at most ${limit} characters; you gave ${limit + 1}.`)
})
