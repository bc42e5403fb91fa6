import { createBlocks } from '../../../src/usecases/library/paste-blocks.ts'
import { ask, type Workspace } from '../api.ts'
import { buildBook, succeeded } from '../builders.ts'
import type { Client } from '../client.ts'

/** Asks for everything of what is found. */
export const searchQuery = `query ($query: String!, $where: SearchWhere, $first: Int, $after: String, $last: Int, $before: String) {
  search(query: $query, where: $where, first: $first, after: $after, last: $last, before: $before) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes {
      field
      excerpt { text highlighted }
      item { __typename ... on Node { id } ... on Bookshelf { name } ... on Book { title } ... on Block { content } }
    }
  }
}`

interface Result {
  field: string
  excerpt: { text: string; highlighted: boolean }[]
  item: { __typename: string; id: string; name?: string; title?: string; content?: string }
}
export interface Found {
  search: {
    pageInfo: {
      hasNextPage: boolean
      hasPreviousPage: boolean
      startCursor: string | null
      endCursor: string | null
    }
    nodes: Result[]
  }
}

/** What a search answers. */
export const search = async (client: Client, query: string, variables: Record<string, unknown> = {}) =>
  (await ask<Found>(client, searchQuery, { query, ...variables })).search

/** What a search finds, in its order: the text of blocks, the names of the others. */
export const texts = async ({ client }: Workspace, query: string, where?: object) =>
  (await search(client, query, { where })).nodes.map(({ item }) => item.content ?? item.title ?? item.name)

/** Fills an empty workspace with blocks of these texts, and gives it back. */
export async function pasteInto(workspace: Workspace, contents: readonly string[]) {
  const { id: bookId } = await buildBook(workspace.ctx, { title: 'B' })
  const blocks = contents.map((content) => ({ content }))
  succeeded(await createBlocks(workspace.ctx, { bookId, blocks }))
  return workspace
}
