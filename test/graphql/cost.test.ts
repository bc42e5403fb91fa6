import { expect, test } from 'vitest'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { useApi, type Workspace } from '../support/api.ts'
import { buildBlock, buildBook, buildShelf, buildTag, succeeded } from '../support/builders.ts'
import { fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database)
const limit = 300
const small = useApi(database, { maxQueryCost: limit })

interface Fit {
  readonly list: string | null
  readonly first: number
}

const fitsOf = (errors: readonly { extensions?: object }[]) =>
  (errors[0]?.extensions as { fits?: readonly Fit[] } | undefined)?.fits

test.each([
  [
    'bookshelves with their books, blocks and pictures',
    `{ bookshelves { nodes { name cover { thumbnailUrl } tags { name } books { nodes {
      title cover { url variants { name url } } tags { name } blocks { nodes {
        content tags { name } images { url variants { name url width } } } } } } } } }`,
  ],
  [
    'a book with all that it holds',
    `{ books(first: 1) { nodes { title attachments { url } blocks(first: 100) { nodes {
      images { url variants { url } } videos { url } attachments { url } tags { name ancestors { name } } } }
      checkpoints(first: 100) { nodes { markers(first: 20) { nodes { title images { url } } } } } } } }`,
  ],
  [
    'a full page of books with their covers, bookshelves and tags',
    `{ books(first: 100) { nodes { title bookshelf { name } cover { url variants { url width } } tags { name } } } }`,
  ],
])('%s are answered', async (_what, query) => {
  const { status, errors } = await api.client().send(query)
  expect({ status, errors }).toEqual({ status: 200, errors: [] })
})

const shelves = (pages: Readonly<Record<string, string>> = {}) => {
  const page = (list: string, alternative = '100') => `${list}(first: ${pages[list] ?? alternative})`
  return `{ ${page('bookshelves')} { nodes { ${page('books')} { nodes { ${page('blocks')} { nodes { id } } } } } } }`
}

test('a refused operation is told with which pages it would be accepted, and it is', async () => {
  const { status, errors } = await api.client().send(shelves())
  expect(status).toBe(400)
  const [one, all] = fitsOf(errors) ?? []
  expect(one).toEqual({ list: 'Bookshelf.books', first: 4 })
  expect(all).toEqual({ list: null, first: 36 })
  expect(errors[0]?.message).toContain(
    'with `first: 4` in Bookshelf.books, or with `first: 36` in every list.',
  )
  const accepted = async (query: string) => (await api.client().send(query)).status
  expect(await accepted(shelves({ books: '4' }))).toBe(200)
  expect(await accepted(shelves({ books: '5' }))).toBe(400)
  const every = (size: string) => shelves({ bookshelves: size, books: size, blocks: size })
  expect(await accepted(every('36'))).toBe(200)
  expect(await accepted(every('37'))).toBe(400)
})

test('an operation that no page would make small is told only to ask for less', async () => {
  const { errors } = await small.client().send('{ __schema { types { fields { name } } } }')
  expect(errors[0]?.message).toMatch(/Ask for smaller pages or fewer levels\.$/)
  expect(fitsOf(errors)).toEqual([])
})

/** A book of ten blocks with 20 tags each. */
async function tagged({ ctx }: Workspace) {
  const book = await buildBook(ctx, { bookshelfId: (await buildShelf(ctx)).id })
  const blocks = await Promise.all(Array.from({ length: 10 }, () => buildBlock(ctx, { bookId: book.id })))
  const tags = await Promise.all(Array.from({ length: 20 }, () => buildTag(ctx)))
  const [tagIds, entityIds] = [tags, blocks].map((rows) => rows.map(({ id }) => id))
  succeeded(await attachTags(ctx, { tagIds: tagIds ?? [], entityIds: entityIds ?? [] }))
  return book.id
}

test('lists without pages are counted when they are read, each item as often as it occurs', async () => {
  const workspace = await small.workspace()
  const id = await tagged(workspace)
  const list = (alias: string) => `${alias}: blocks(first: 10) { nodes { tags { name } } }`
  const ask = (...aliases: string[]) =>
    workspace.client.send(`{ book(id: "${id}") { ${aliases.map(list).join(' ')} } }`)
  expect(await ask('a')).toMatchObject({ status: 200, errors: [] })
  const refused = await ask('a', 'b')
  expect(refused).toMatchObject({
    status: 400,
    data: { book: null },
    errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX', limit } }],
  })
  expect(refused.errors[0]?.message).toContain(`more than ${limit} objects`)
  const again = `{ book(id: "${id}") { blocks(first: 10) { nodes { book { blocks(first: 2) { nodes { tags { name } } } } } } } }`
  expect(await workspace.client.send(again)).toMatchObject({ status: 400, data: { book: null } })
})

test('files count with their variants', async () => {
  const { ctx, client } = await small.workspace()
  const library = { shelves: 1, books: 1, blocks: 20, images: 4 }
  await fillLibrary(database.db.pool, ctx.actor.workspaceId, library)
  const ask = (fields: string) =>
    client.send(`{ books(first: 1) { nodes { blocks(first: 20) { nodes { images { ${fields} } } } } } }`)
  expect((await ask('id')).status).toBe(200)
  expect((await ask('variants { url }')).errors[0]?.extensions?.code).toBe('QUERY_TOO_COMPLEX')
})

test('the log names the operation of a request, its cost, its errors and its workspace', async () => {
  const { client, ctx } = await api.workspace()
  const { workspaceId } = ctx.actor
  await client.send('query Shelves { bookshelves(first: 5) { nodes { id } } }')
  await client.send('{ bookshelves { totalCount } workspace { id } }')
  await client.send(shelves())
  await client.send('{ nothing }')
  const line = (fields: object) =>
    expect.objectContaining({ msg: 'Request done', workspaceId, ...fields }) as unknown
  await expect
    .poll(() => api.log)
    .toEqual(
      expect.arrayContaining([
        line({ operation: 'query Shelves', cost: 6, statusCode: 200 }),
        line({ operation: 'query { bookshelves workspace }' }),
        line({ operation: 'query { bookshelves }', errorCodes: ['QUERY_TOO_COMPLEX'], statusCode: 400 }),
        line({ errorCodes: ['GRAPHQL_VALIDATION_FAILED'] }),
      ]),
    )
  await api.client({ 'x-workspace-id': 'x' }).send('{ __typename }')
  await expect
    .poll(() => api.log)
    .toContainEqual(expect.objectContaining({ errorCodes: ['WORKSPACE_REQUIRED'], url: '/graphql' }))
})
