import { expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { newId } from '../../src/usecases/context.ts'
import { ask, useApi } from '../support/api.ts'
import {
  buildBlock,
  buildBook,
  buildCheckpoint,
  buildPicture,
  buildTag,
  imagesOf,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { statementsOf } from '../support/statements.ts'
import { purge } from '../support/trash/purging.ts'

const database = useDatabase()
const api = useApi(database)

interface Named {
  readonly type: string
  readonly itemId: string
  readonly text: string
  readonly broken: string | null
  readonly item: { readonly __typename: string; readonly id: string } | null
}
const fields = 'type itemId text broken item { __typename id }'

/** A workspace with one item of each type, and a block that names all of them. */
async function library() {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const [book, tag] = [await buildBook(ctx), await buildTag(ctx)]
  const [target, checkpoint] = [await buildBlock(ctx, { bookId: book.id }), await buildCheckpoint(ctx)]
  const { media } = await buildPicture(ctx, imagesOf(target.id))
  const named = [
    ['BOOKSHELF', 'Bookshelf', book.bookshelfId],
    ['BOOK', 'Book', book.id],
    ['BLOCK', 'Block', target.id],
    ['CHECKPOINT', 'Checkpoint', checkpoint.id],
    ['TAG', 'Tag', tag.id],
    ['MEDIA', 'Media', media.id],
  ] as const
  const content = named.map(([type, , id]) => `[${type}](${type.toLowerCase()}:${id})`).join(' ')
  const block = await buildBlock(ctx, { content })
  return { ...workspace, named, block, media, book }
}

const namedBy = async (
  { client }: Pick<Awaited<ReturnType<typeof library>>, 'client'>,
  id: string,
  page = 'first: 100',
) =>
  ask<{ block: { references: { totalCount: number; nodes: Named[]; pageInfo: { endCursor: string } } } }>(
    client,
    `query ($id: ID!) { block(id: $id) { references(${page}) { totalCount nodes { ${fields} } pageInfo { endCursor } } } }`,
    { id },
  ).then(({ block }) => block.references)

test('a block gives what it names in order, page by page, and each item what names it', async () => {
  const shelf = await library()
  const { named, block, client } = shelf
  const all = await namedBy(shelf, block.id)
  expect(all).toMatchObject({
    totalCount: 6,
    nodes: named.map(([type, __typename, id]) => ({
      ...{ type, itemId: id, text: type, broken: null },
      item: { __typename, id },
    })),
  })
  const first = await namedBy(shelf, block.id, 'first: 4')
  const rest = await namedBy(shelf, block.id, `first: 4, after: "${first.pageInfo.endCursor}"`)
  expect([...first.nodes, ...rest.nodes]).toEqual(all.nodes)
  expect((await namedBy(shelf, block.id, 'last: 2')).nodes).toEqual(all.nodes.slice(-2))

  for (const [, , id] of named) {
    const query = `query ($id: ID!) { node(id: $id) { ... on Referable { referencedBy { totalCount nodes { id } } } } }`
    const { node } = await ask<{ node: unknown }>(client, query, { id })
    expect(node).toEqual({ referencedBy: { totalCount: 1, nodes: [{ id: block.id }] } })
  }
})

test('broken references are marked: in the trash, purged, of another type, of another workspace, of none', async () => {
  const { ctx, client, book, media } = await library()
  const other = await library()
  const [trashed, purged] = [await buildBook(ctx), await buildBook(ctx)]
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: trashed.id }))
  await purge(ctx, succeeded(await trashItem(ctx, { kind: 'BOOK', id: purged.id })).deletion)
  const targets = [
    [`book:${trashed.id}`, 'TRASHED'],
    [`book:${purged.id}`, 'MISSING'],
    [`block:${book.id}`, 'MISSING'],
    [`media:${other.media.id}`, 'MISSING'],
    [`tag:${newId()}`, 'MISSING'],
    [`media:${media.id}`, null],
  ] as const
  const block = await buildBlock(ctx, { content: targets.map(([target]) => `[a](${target})`).join(' ') })
  const { nodes } = await namedBy({ client }, block.id)
  expect(nodes.map(({ broken, item }) => [broken, item === null])).toEqual(
    targets.map(([, broken]) => [broken, broken !== null]),
  )
})

test('only live blocks of the workspace name an item, newest first, page by page; also an item in the trash', async () => {
  const { ctx, client, media, block } = await library()
  const other = await api.workspace()
  const content = `![a](media:${media.id})`
  await buildBlock(other.ctx, { content })
  const more = [await buildBlock(ctx, { content }), await buildBlock(ctx, { content })]
  const gone = await buildBlock(ctx, { content })
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: gone.id }))
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media.id }))
  const naming = async (page: string) => {
    const query = `query ($id: ID!) { deletion(id: $id) { item { ... on Media {
      referencedBy(${page}) { totalCount nodes { id content } pageInfo { endCursor hasNextPage } } } } } }`
    const answer = await ask<{
      deletion: {
        item: {
          referencedBy: {
            totalCount: number
            nodes: { id: string; content: string }[]
            pageInfo: { endCursor: string; hasNextPage: boolean }
          }
        }
      }
    }>(client, query, { id: deletion.id })
    return answer.deletion.item.referencedBy
  }
  const ids = [...more.map(({ id }) => id), block.id].sort().reverse()
  const all = await naming('first: 10')
  expect(all.nodes.map(({ id }) => id)).toEqual(ids)
  expect(all.nodes[0]?.content).toBe(content)
  const first = await naming('first: 2')
  expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } })
  const rest = await naming(`first: 2, after: "${first.pageInfo.endCursor}"`)
  expect([...first.nodes, ...rest.nodes].map(({ id }) => id)).toEqual(ids)
})

test('references, backlinks and HTML take the same statements however many blocks and references there are', async () => {
  const { ctx, client, named } = await library()
  const { id: bookId } = await buildBook(ctx)
  const content = named.map(([type, , id]) => `[a](${type.toLowerCase()}:${id})`).join(' ')
  const query = `query ($bookId: ID!) { blocks(where: { bookId: $bookId }) { nodes {
    html references { totalCount nodes { ${fields} } } referencedBy { totalCount nodes { id } } } } }`
  const count = async () => (await statementsOf(() => ask(client, query, { bookId }))).length
  const first = await buildBlock(ctx, { bookId, content })
  const few = await count()
  for (let number = 0; number < 5; number += 1)
    await buildBlock(ctx, { bookId, content: `${content} [b](block:${first.id}) [c](tag:${newId()})` })
  expect(await count()).toBe(few)
})

test('the HTML of a block shows pictures by URLs that work, and nothing of the trash', async () => {
  const { ctx, client, media } = await library()
  const content = `![map](/media/${media.id}) [file](media:${media.id})`
  const block = await buildBlock(ctx, { content })
  const htmlOf = async () =>
    (await ask<{ block: { html: string } }>(client, `{ block(id: "${block.id}") { html } }`)).block.html
  const html = await htmlOf()
  const urls = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) =>
    url.replaceAll('&#x26;', '&'),
  )
  expect(urls).toHaveLength(2)
  for (const url of urls) expect((await fetch(url)).status).toBe(200)
  succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media.id }))
  expect(await htmlOf()).toBe(
    ['map', 'file']
      .map(
        (text) =>
          `<span data-item-type="MEDIA" data-item-id="${media.id}" data-broken="TRASHED">${text}</span>`,
      )
      .join(' ')
      .replace(/.*/, '<p>$&</p>'),
  )
})

test('HTML has its price in the cost of a query', async () => {
  const { client } = await library()
  const query = (field: string) =>
    `{ books(first: 100) { nodes { blocks(first: 100) { nodes { ${field} } } } } }`
  expect((await client.send(query('content'))).errors).toEqual([])
  expect((await client.send(query('html'))).errors[0]?.extensions?.code).toBe('QUERY_TOO_COMPLEX')
})
