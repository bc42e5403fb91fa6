import { expect, test } from 'vitest'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { ask, useApi } from '../support/api.ts'
import {
  buildBlock,
  buildBook,
  buildPicture,
  buildShelf,
  buildTag,
  coverOf,
  imagesOf,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database)

const dates =
  'version createdAt updatedAt createdBy { id name } updatedBy { id name } viewerCanEdit trash { deletedAt }'
const picture = `id kind owner { id } role fileName altText caption focalPoint { x y } category mimeType sizeBytes sha256 width height orientation
  placeholder dominantColor durationMs probeStatus processing { status failureMessage } url thumbnailUrl squareUrl
  variants { name width height url } ${dates}`
const block = `id kind content revision attributes book { id title } images { ${picture} } ${dates}`
const book = `id title summary status bookshelf { id name } cover { ${picture} } ${dates}`

type Fields = Record<string, unknown>

interface Nested {
  bookshelf: { books: { nodes: (Fields & { blocks: { edges: { node: Fields }[] } })[] } }
}

test('lists below something read only what is asked for, and yet give every field its value', async () => {
  const { ctx, client } = await api.workspace()
  const shelf = await buildShelf(ctx)
  const made = await buildBook(ctx, { bookshelfId: shelf.id, summary: 'What it says', status: 'DONE' })
  const text = await buildBlock(ctx, { bookId: made.id, kind: 'CODE', attributes: { language: 'sql' } })
  await buildPicture(ctx, coverOf('BOOK', made.id))
  const { media } = await buildPicture(ctx, imagesOf(text.id))

  const nested = await ask<Nested>(
    client,
    `query ($id: ID!) { bookshelf(id: $id) { books { nodes { ...B blocks { edges { node { ... on Block { ${block} } } } } } } } }
     fragment B on Book { ${book} }`,
    { id: shelf.id },
  )
  const alone = await ask<{ book: Fields; block: Fields; media: Fields }>(
    client,
    `query ($book: ID!, $block: ID!, $media: ID!) {
      book(id: $book) { ${book} } block(id: $block) { ${block} } media(id: $media) { ${picture} } }`,
    { book: made.id, block: text.id, media: media.id },
  )

  const { blocks, ...nestedBook } = nested.bookshelf.books.nodes[0] ?? { blocks: { edges: [] } }
  const nestedBlock = blocks.edges[0]?.node ?? {}
  expect(nestedBook).toEqual(alone.book)
  expect(nestedBlock).toEqual(alone.block)
  expect(nestedBlock['images']).toEqual([alone.media])
  expect(nestedBook).toMatchObject({ summary: 'What it says', status: 'DONE', version: 1 })
  expect(nestedBlock).toMatchObject({ kind: 'CODE', attributes: { language: 'sql' } })
})

test('tags are read narrowly too, and yet give every field its value', async () => {
  const { ctx, client } = await api.workspace()
  const top = await buildTag(ctx, { name: 'Top' })
  const tag = await buildTag(ctx, {
    parentId: top.id,
    description: 'What for',
    icon: 'star',
    color: '#123456',
  })
  const block = await buildBlock(ctx)
  const entityIds = [block.id, block.bookId]
  succeeded(await attachTags(ctx, { tagIds: [tag.id], entityIds }))

  const counts = 'total bookshelves books blocks'
  const parts = [
    'name',
    'description color icon',
    'level parent { id } ancestors { id } hasChildren',
    'usageCount',
    `usage { ${counts} }`,
    `subtreeUsage { ${counts} }`,
    'entities { nodes { id } totalCount }',
    'aliases children { totalCount }',
    dates,
  ]
  interface Read {
    tag: Fields
    top: { children: { nodes: Fields[] } }
    block: { tags: Fields[] }
    book: { tagsWithOrigin: { tag: Fields }[] }
  }
  for (const fields of [...parts, parts.join(' ')]) {
    const read = await ask<Read>(
      client,
      `{ tag(id: "${tag.id}") { ${fields} } top: tag(id: "${top.id}") { children { nodes { ${fields} } } }
         block(id: "${block.id}") { tags { ${fields} } }
         book(id: "${block.bookId}") { tagsWithOrigin { tag { ${fields} } } } }`,
    )
    expect(read.top.children.nodes).toEqual([read.tag])
    expect(read.block.tags).toEqual([read.tag])
    expect(read.book.tagsWithOrigin).toEqual([{ tag: read.tag }])
  }
})

test.each([
  ['processing { status failureMessage }', { processing: { status: 'PENDING', failureMessage: null } }],
  ['thumbnailUrl', { thumbnailUrl: expect.stringContaining('/thumbnail?') as string }],
  ['squareUrl', { squareUrl: expect.stringMatching(/\/square\?s=.*&focus=10-10$/) as string }],
  ['variants { name width }', { variants: [150, 320, 640, 640].map((width) => expect.objectContaining({ width }) as unknown) }], // prettier-ignore
])('a list gives %s also when nothing else is asked for', async (fields, expected) => {
  const { ctx, client } = await api.workspace()
  const text = await buildBlock(ctx)
  await buildPicture(ctx, imagesOf(text.id))
  const { book } = await ask<{ book: { blocks: { nodes: { images: Fields[] }[] } } }>(
    client,
    `{ book(id: "${text.bookId}") { blocks { nodes { images { ${fields} } } } } }`,
  )
  expect(book.blocks.nodes[0]?.images).toEqual([expected])
})
