import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { showCheckpoints } from './demo-checkpoints.ts'
import { DemoClient, DemoFailed, expect, say } from './demo-client.ts'
import { showRevisions } from './demo-revisions.ts'
import { showTags } from './demo-tags.ts'
import { showTrash } from './demo-trash.ts'

// The same path from `src/cli` and from `dist/cli`.
const pictures = new URL('../../src/cli/pictures/', import.meta.url)

const failure = '__typename ... on Failure { message }'

const documents = {
  shelf: `mutation ($input: CreateBookshelfInput!) { createBookshelf(input: $input) {
    ${failure} ... on CreateBookshelfSuccess { bookshelf { id } } } }`,
  book: `mutation ($input: CreateBookInput!) { createBook(input: $input) {
    ${failure} ... on CreateBookSuccess { book { id } } } }`,
  block: `mutation ($input: CreateBlockInput!) { createBlock(input: $input) {
    ${failure} ... on CreateBlockSuccess { block { id } } } }`,
  blocks: `mutation ($input: CreateBlocksInput!) { createBlocks(input: $input) {
    ${failure} ... on CreateBlocksSuccess { succeededCount results { ... on CreateBlockSuccess { block { id } } } } } }`,
  upload: `mutation ($input: UploadMediaInput!) { uploadMedia(input: $input) {
    ${failure} ... on UploadMediaSuccess { media { id url thumbnailUrl sha256 width height mimeType fileName orientation } } } }`,
  trash: `mutation ($input: TrashItemInput!) { trashItem(input: $input) {
    ${failure} ... on TrashItemSuccess { deletion { id purgeAfter } } } }`,
  restore: `mutation ($input: RestoreDeletionInput!) { restoreDeletion(input: $input) {
    ${failure} ... on RestoreDeletionSuccess { item { id } } } }`,
  page: `query ($id: ID!) { bookshelf(id: $id) { name cover { id } books { totalCount nodes {
    title cover { id url thumbnailUrl sha256 } blocks(first: 50) { totalCount nodes { content images { id url sha256 } } } } } } }`,
  trashPage: `query { trash(first: 100) { nodes { id item { ... on Media { id fileName url } } } } }`,
}

interface Picture {
  id: string
  url: string
  thumbnailUrl: string
  sha256: string
  width: number
  height: number
  mimeType: string
  fileName: string
  orientation: number | null
}

interface ShelfPage {
  name: string
  cover: { id: string } | null
  books: {
    totalCount: number
    nodes: {
      title: string
      cover: Picture | null
      blocks: { totalCount: number; nodes: { content: string; images: Picture[] }[] }
    }[]
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/**
 * Acts as a frontend: fills a bookshelf, uploads pictures, reads everything in one query, trashes and restores,
 * downloads and compares every picture. Throws if a check fails. Its content stays for inspection.
 */
export async function demo(server: string): Promise<void> {
  const client = new DemoClient(server)
  console.log(`Wordloom demo against ${server}\n`)

  console.log('A bookshelf with three books and 40 blocks')
  const shelfId = await fillShelf(client)

  console.log('Pictures: JPEG, PNG, WebP and a JPEG taken upright')
  const uploaded = await uploadPictures(client, shelfId)

  console.log('Two checkpoints of a book, one with two pictures')
  await showCheckpoints(client, shelfId.books[0] ?? '', async (file, slot) => {
    const path = fileURLToPath(new URL(file, pictures))
    return (await client.upload<{ media: Picture }>(documents.upload, { slot }, path, file)).media.id
  })

  console.log('The whole shelf in one query')
  await readShelf(client, shelfId.bookshelf, uploaded)

  console.log('Trash and restore')
  await trashAndRestore(client, shelfId, uploaded[0])

  console.log('A trashed book: found by its name, partly restored, the rest permanently removed')
  await showTrash(client, shelfId.bookshelf, shelfId.books[0] ?? '')

  console.log('A block that is rewritten, compared and restored')
  await showRevisions(client, shelfId.block)

  console.log('A tag tree in English and Chinese, found in any spelling')
  await showTags(client, { bookshelf: shelfId.bookshelf, book: shelfId.books[0] ?? '', block: shelfId.block })

  console.log('Every picture comes back byte for byte')
  for (const picture of uploaded) {
    const bytes = await client.download(picture.url)
    expect(sha256(bytes) === picture.sha256, `${picture.fileName} downloads with its own SHA-256`)
    const thumbnail = await client.download(picture.thumbnailUrl)
    expect(
      Buffer.from(thumbnail.subarray(8, 12)).toString() === 'WEBP',
      `the thumbnail of ${picture.fileName} is a WebP`,
    )
    say(
      `${picture.fileName}: ${bytes.length} bytes, SHA-256 ${picture.sha256.slice(0, 16)}…, thumbnail ` +
        `${thumbnail.length} bytes`,
    )
  }
  console.log(`\nAll checks passed. A picture to look at:\n  ${uploaded[2]?.url ?? ''}`)
}

interface Ids {
  bookshelf: string
  books: string[]
  block: string
}

async function fillShelf(client: DemoClient): Promise<Ids> {
  const { bookshelf } = await client.mutate<{ bookshelf: { id: string } }>(documents.shelf, {
    name: 'Demo shelf 演示',
    description: 'Made by npm run demo',
    color: '#3366ff',
  })
  const books: string[] = []
  for (const title of ['Rockets', 'Cats', 'Coffee 咖啡']) {
    const { book } = await client.mutate<{ book: { id: string } }>(documents.book, {
      bookshelfId: bookshelf.id,
      title,
    })
    books.push(book.id)
  }
  const [first = '', second = '', third = ''] = books
  const heading = { bookId: first, kind: 'HEADING', content: 'Lift-off', attributes: { level: 1 } }
  const { block } = await client.mutate<{ block: { id: string } }>(documents.block, heading)
  for (const [bookId, count] of [
    [first, 13],
    [second, 13],
    [third, 13],
  ] as const) {
    const blocks = Array.from({ length: count }, (_, index) => ({
      content: `Paragraph ${index + 1}, 第${index + 1}段`,
    }))
    const made = await client.mutate<{ succeededCount: number }>(documents.blocks, { bookId, blocks })
    expect(made.succeededCount === count, `all ${count} pasted paragraphs become blocks`)
  }
  say('made')
  return { bookshelf: bookshelf.id, books, block: block.id }
}

async function uploadPictures(client: DemoClient, { bookshelf, books, block }: Ids): Promise<Picture[]> {
  const cover = (ownerType: string, ownerId: string) => ({ ownerType, ownerId, role: 'COVER' })
  const plan = [
    { file: 'rocket.jpg', slot: cover('BOOK', books[0] ?? ''), size: [640, 427], orientation: null },
    { file: 'cat.png', slot: cover('BOOK', books[1] ?? ''), size: [451, 300], orientation: null },
    { file: 'coffee.webp', slot: cover('BOOK', books[2] ?? ''), size: [600, 400], orientation: null },
    { file: 'upright-coffee.jpg', slot: cover('BOOKSHELF', bookshelf), size: [600, 400], orientation: 6 },
    {
      file: 'rocket.jpg',
      slot: { ownerType: 'BLOCK', ownerId: block, role: 'IMAGE' },
      size: [640, 427],
      orientation: null,
    },
  ]
  const uploaded: Picture[] = []
  for (const { file, slot, size, orientation } of plan) {
    const path = fileURLToPath(new URL(file, pictures))
    const { media } = await client.upload<{ media: Picture }>(documents.upload, { slot }, path, file)
    expect(media.sha256 === sha256(await readFile(path)), `${file} arrives whole`)
    expect(media.width === size[0] && media.height === size[1], `${file} is ${size.join(' x ')} as shown`)
    expect(media.orientation === orientation, `the orientation of ${file} is ${String(orientation)}`)
    say(
      `${file}: ${media.mimeType}, ${media.width} x ${media.height}, ${slot.role.toLowerCase()} of a ` +
        slot.ownerType.toLowerCase(),
    )
    uploaded.push(media)
  }
  return uploaded
}

async function readShelf(client: DemoClient, id: string, uploaded: readonly Picture[]) {
  const { bookshelf } = await client.query<{ bookshelf: ShelfPage }>(documents.page, { id })
  const { totalCount, nodes } = bookshelf.books
  const blocks = nodes.reduce((sum, book) => sum + book.blocks.nodes.length, 0)
  expect(totalCount === 3 && blocks === 40, 'the shelf has 3 books and 40 blocks')
  expect(
    nodes.every(({ cover }, index) => cover?.id === uploaded[index]?.id),
    'each book has its cover',
  )
  expect(bookshelf.cover?.id === uploaded[3]?.id, 'the shelf has its cover')
  expect(nodes[0]?.blocks.nodes[0]?.images[0]?.id === uploaded[4]?.id, 'the heading has its picture')
  say(
    `${bookshelf.name}: ${nodes.map(({ title }) => title).join(', ')}; ${blocks} blocks, ${uploaded.length} pictures`,
  )
}

async function trashAndRestore(client: DemoClient, { bookshelf }: Ids, picture: Picture | undefined) {
  if (!picture) throw new DemoFailed('There is no picture to trash.')
  const coverOf = async () =>
    (await client.query<{ bookshelf: ShelfPage }>(documents.page, { id: bookshelf })).bookshelf.books.nodes[0]
      ?.cover?.id
  const { deletion } = await client.mutate<{ deletion: { id: string; purgeAfter: string } }>(
    documents.trash,
    {
      itemId: picture.id,
      reason: 'Shown in the demo',
    },
  )
  expect((await coverOf()) === undefined, 'a trashed cover is not shown')
  const { trash } = await client.query<{ trash: { nodes: { id: string; item: { id?: string } }[] } }>(
    documents.trashPage,
  )
  expect(
    trash.nodes.some(({ id, item }) => id === deletion.id && item.id === picture.id),
    'the trash lists it',
  )
  say(`${picture.fileName} is in the trash until ${deletion.purgeAfter}`)
  await client.mutate(documents.restore, { deletionId: deletion.id })
  expect((await coverOf()) === picture.id, 'the restored cover is where it was')
  say(`${picture.fileName} is back in its place`)
}
