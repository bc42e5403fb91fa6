import { expect, test } from 'vitest'
import { ask, useApi } from '../support/api.ts'
import { buildBook } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database)

test('a mutation reads any list again as it is after the mutation, in the same request', async () => {
  const { ctx, client } = await api.workspace()
  const { id, bookshelfId } = await buildBook(ctx)
  const lists = 'query { bookshelves { totalCount } books { nodes { id } } trash { nodes { item { id } } } }'
  const { first, second } = await ask<Record<string, { book: { id: string }; query: object }>>(
    client,
    `mutation {
      first: createBook(input: { bookshelfId: "${bookshelfId}", title: "New" }) {
        ... on CreateBookSuccess { book { id } ${lists} } }
      second: trashItem(input: { itemId: "${id}" }) { ... on TrashItemSuccess { ${lists} } }
    }`,
  )
  const made = first?.book.id
  expect(first?.query).toEqual({
    bookshelves: { totalCount: 1 },
    books: { nodes: [{ id }, { id: made }] },
    trash: { nodes: [] },
  })
  expect(second?.query).toEqual({
    bookshelves: { totalCount: 1 },
    books: { nodes: [{ id: made }] },
    trash: { nodes: [{ item: { id } }] },
  })
})

test('it reads in the workspace of the request only, in each result of a call for many as well', async () => {
  const [{ ctx, client }, other] = [await api.workspace(), await api.workspace()]
  const [book] = [await buildBook(ctx), await buildBook(other.ctx)]
  const data = await ask<{ createBlocks: { results: object[]; query: object } }>(
    client,
    `mutation { createBlocks(input: { bookId: "${book.id}", blocks: [{ content: "A" }] }) { ... on CreateBlocksSuccess {
      results { ... on CreateBlockSuccess { query { books { nodes { id } } } } }
      query { workspace { id } blocks { totalCount } } } } }`,
  )
  expect(data.createBlocks).toEqual({
    results: [{ query: { books: { nodes: [{ id: book.id }] } } }],
    query: { workspace: { id: ctx.actor.workspaceId }, blocks: { totalCount: 1 } },
  })
})
