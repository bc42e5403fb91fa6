import { expect, test } from 'vitest'
import { maxShareLinks } from '../../src/domain/share-links.ts'
import { updateBlock } from '../../src/usecases/library/blocks.ts'
import { moveBook } from '../../src/usecases/library/books.ts'
import { type Ctx, newId } from '../../src/usecases/context.ts'
import { createShareLink, revokeShareLink } from '../../src/usecases/sharing/share-links.ts'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
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

interface File {
  readonly url: string | null
  readonly fileName: string
  readonly pictures: readonly { readonly url: string }[]
}

interface Shown {
  readonly type: string
  readonly title: string
  readonly cover: File | null
  readonly blocks: readonly { readonly html: string; readonly files: readonly File[] }[]
  readonly books: readonly { readonly title: string; readonly url: string }[]
  readonly next: string | null
}

/** Two bookshelves: `shelf` with the books `book`, which has texts and pictures, and `beside`; and `far` on another. */
async function buildLibrary() {
  const { ctx, client } = await api.workspace()
  const [shelf, other] = [await buildShelf(ctx, { name: 'Shelf' }), await buildShelf(ctx, { name: 'Hidden' })]
  const book = await buildBook(ctx, { bookshelfId: shelf.id, title: 'Shown <b>', summary: 'About' })
  const beside = await buildBook(ctx, { bookshelfId: shelf.id, title: 'Beside' })
  const far = await buildBook(ctx, { bookshelfId: other.id, title: 'Far secret' })
  const block = await buildBlock(ctx, { bookId: book.id, content: 'x' })
  const besideBlock = await buildBlock(ctx, { bookId: beside.id, content: 'Beside text' })
  const farBlock = await buildBlock(ctx, { bookId: far.id, content: 'Far text' })
  const picture = async (slot: Parameters<typeof buildPicture>[1], fileName: string) =>
    (await buildPicture(ctx, slot, { fileName })).media
  const own = await picture(imagesOf(block.id), 'own.jpg')
  await picture(coverOf('BOOK', book.id), 'cover.jpg')
  const besideImage = await picture(imagesOf(besideBlock.id), 'beside.jpg')
  const farImage = await picture(imagesOf(farBlock.id), 'far.jpg')
  const content = [
    `![Own](media:${own.id})`,
    `![](media:${besideImage.id})`,
    `![](media:${farImage.id})`,
    `[](book:${beside.id}) [](book:${far.id}) [](block:${farBlock.id}) [](bookshelf:${other.id})`,
  ].join('\n\n')
  succeeded(await updateBlock(ctx, { blockId: block.id, content }))
  const tag = await buildTag(ctx, { name: 'Private tag' })
  succeeded(await attachTags(ctx, { tagIds: [tag.id], entityIds: [book.id] }))
  return { ctx, client, shelf, other, book, beside, far, block, own, besideImage, farImage }
}

const share = async (ctx: Ctx, itemId: string, allowDownloads = false) => {
  const { shareLink, secret } = succeeded(await createShareLink(ctx, { itemId, allowDownloads }))
  if (secret === null) throw new Error('A new link has a secret.')
  return { id: shareLink.id, path: `/shared/${secret}` }
}

const get = (path: string, accept = 'application/json') => fetch(api.url + path, { headers: { accept } })
const shown = async (path: string) => (await (await get(path)).json()) as Shown
const pathOf = (url: string) => new URL(url).pathname + new URL(url).search

/** The IDs of items in HTML whose references are broken. */
const brokenIn = (html: string) =>
  [...html.matchAll(/<span data-item-type="[A-Z]+" data-item-id="([^"]+)" data-broken="MISSING">/g)].map(
    ([, id]) => id,
  )

test('a shared book shows its texts and pictures, and nothing else', async () => {
  const { ctx, book, beside, far, other, own, besideImage, farImage } = await buildLibrary()
  const { path } = await share(ctx, book.id)
  const gone = await buildBlock(ctx, { bookId: book.id, content: 'Trashed text' })
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: gone.id }))
  const text = await (await get(path)).text()
  for (const word of [
    'Private tag',
    'Hidden',
    'Far',
    'Beside',
    'far.jpg',
    'beside.jpg',
    'Trashed text',
    'owner',
  ])
    expect(text).not.toContain(word)
  const { type, title, cover, blocks } = JSON.parse(text) as Shown
  expect([type, title, cover?.fileName, blocks.length]).toEqual(['BOOK', 'Shown <b>', 'cover.jpg', 1])
  const [{ html, files } = { html: '', files: [] }] = blocks
  expect(html).toContain(`data-item-id="${own.id}" src="http`)
  const broken = brokenIn(html)
  expect(broken).toEqual(expect.arrayContaining([besideImage.id, farImage.id, beside.id, far.id, other.id]))
  expect(files.map(({ fileName }) => fileName)).toEqual(['own.jpg'])
  // No path leads to another book.
  for (const id of [book.id, beside.id, far.id]) expect((await get(`${path}/books/${id}`)).status).toBe(404)
})

test('without downloads a link gives thumbnails alone, with them also the files', async () => {
  const { ctx, book } = await buildLibrary()
  const [{ path: closed }, { path: open }] = [await share(ctx, book.id), await share(ctx, book.id, true)]
  const text = await (await get(closed)).text()
  const urls = [...text.matchAll(/http[^"\\ ]+\/media\/[^"\\ ]+/g)].map(([url]) =>
    url.replaceAll('&#x26;', '&'),
  )
  expect(urls.length).toBeGreaterThan(3)
  for (const url of urls) expect(new URL(url).pathname).toMatch(/^\/media\/[0-9a-f-]{36}\/(medium|preview)$/)
  const [file] = (await shown(closed)).blocks.flatMap(({ files }) => files)
  expect(file?.url).toBeNull()
  const picture = await get(pathOf(file?.pictures[0]?.url ?? ''))
  expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/webp'])
  const [original] = (await shown(open)).blocks.flatMap(({ files }) => files)
  const download = await get(pathOf(original?.url ?? ''))
  expect([download.status, download.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
})

test('a shared bookshelf shows its books, each at a path of its own, while they stand on it', async () => {
  const { ctx, shelf, other, book, beside, far, besideImage, farImage } = await buildLibrary()
  const { path } = await share(ctx, shelf.id)
  const { books, type } = await shown(path)
  expect([type, books.map(({ title }) => title)]).toEqual(['BOOKSHELF', ['Shown <b>', 'Beside']])
  expect(pathOf(books[0]?.url ?? '')).toBe(`${path}/books/${book.id}`)
  const { blocks } = await shown(`${path}/books/${book.id}`)
  const broken = brokenIn(blocks[0]?.html ?? '')
  // What another shared book has is shown; what another bookshelf has is not.
  expect(broken).toEqual(expect.arrayContaining([farImage.id, far.id, other.id]))
  expect(broken).not.toContain(besideImage.id)
  expect((await get(`${path}/books/${far.id}`)).status).toBe(404)
  succeeded(await moveBook(ctx, { bookId: beside.id, bookshelfId: other.id }))
  expect((await get(`${path}/books/${beside.id}`)).status).toBe(404)
  expect((await shown(path)).books.map(({ title }) => title)).toEqual(['Shown <b>'])
})

test('long books are read page by page', async () => {
  const { ctx } = await api.workspace()
  const { id: bookId } = await buildBook(ctx)
  for (let count = 0; count < 51; count += 1) await buildBlock(ctx, { bookId, content: `Text ${count}` })
  const { path } = await share(ctx, bookId)
  const first = await shown(path)
  expect(first.blocks).toHaveLength(50)
  const second = await shown(pathOf(first.next ?? ''))
  expect([second.blocks.map(({ html }) => html), second.next]).toEqual([['<p>Text 50</p>'], null])
  expect((await get(`${path}?after=nonsense`)).status).toBe(400)
})

test('browsers get a page that runs nothing and is neither indexed nor cached', async () => {
  const { ctx, shelf, book } = await buildLibrary()
  const { path } = await share(ctx, shelf.id)
  const response = await get(`${path}/books/${book.id}`, 'text/html,*/*')
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  for (const [name, value] of [
    ['cache-control', 'no-store'],
    ['referrer-policy', 'no-referrer'],
    ['x-robots-tag', 'noindex, nofollow, noarchive'],
  ] as const)
    expect(response.headers.get(name)).toBe(value)
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
  const text = await response.text()
  expect(text).toContain('<h1>Shown &lt;b&gt;</h1>')
  expect(text).not.toContain('Private tag')
  expect(await (await get(path, 'text/html')).text()).toContain(`/books/${book.id}">Shown &lt;b&gt;</a>`)
})

/** Each way in which a link ends. */
const ends: Record<string, (ctx: Ctx, link: { id: string }, itemId: string) => Promise<unknown>> = {
  revoked: (ctx, { id }) => revokeShareLink(ctx, { shareLinkId: id }),
  expired: ({ db }, { id }) =>
    db.prisma.shareLink.updateMany({ where: { id }, data: { expiresAt: new Date() } }),
  'the book in the trash': (ctx, _link, id) => trashItem(ctx, { kind: 'BOOK', id }),
  'the workspace in the trash': ({ db, actor }) =>
    db.pool.query(
      `update workspaces set deleted_at = now(), deleted_by = 'owner', purge_after = now() where id = $1`,
      [actor.workspaceId],
    ),
}

test.each(Object.entries(ends))(
  'a link that ended leads nowhere, as if there were none: %s',
  async (_how, end) => {
    const { ctx } = await api.workspace()
    const { id } = await buildBook(ctx)
    const link = await share(ctx, id)
    expect((await get(link.path)).status).toBe(200)
    await end(ctx, link, id)
    const answerOf = async (path: string, accept: string) => {
      const response = await get(path, accept)
      return [response.status, await response.text()]
    }
    for (const accept of ['application/json', 'text/html'])
      expect(await answerOf(link.path, accept)).toEqual(await answerOf('/shared/nonsense', accept))
    expect((await get(link.path)).status).toBe(404)
  },
)

test('a link works again when its book is restored, and goes with it when it is purged', async () => {
  const { ctx } = await api.workspace()
  const { id } = await buildBook(ctx)
  const { path } = await share(ctx, id)
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOK', id }))
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect((await get(path)).status).toBe(200)
  await database.db.prisma.book.delete({
    where: { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id } },
  })
  expect((await get(path)).status).toBe(404)
  expect(await database.db.prisma.shareLink.count({ where: { bookId: id } })).toBe(0)
})

const create = `mutation ($input: CreateShareLinkInput!) { createShareLink(input: $input) { __typename
  ... on Failure { message } ... on CreateShareLinkSuccess { url shareLink { id state } } } }`
const list = `query ($itemId: ID) { shareLinks(where: { itemId: $itemId }) { totalCount nodes {
  id state allowsDownloads itemId item { ... on Book { title } } createdBy { id } } } }`

interface Created {
  readonly createShareLink: { readonly url: string | null; readonly shareLink: { readonly id: string } }
}

test('a link is made, listed and revoked in its workspace alone, and its secret is not stored', async () => {
  const [mine, other] = [await api.workspace(), await api.workspace()]
  const { id: itemId } = await buildBook(mine.ctx, { title: 'Mine' })
  await share(mine.ctx, (await buildBook(mine.ctx)).id)
  const input = { itemId, idempotencyKey: newId() }
  const { createShareLink: made } = await ask<Created>(mine.client, create, { input })
  expect(made.url).toMatch(/\/shared\/[A-Za-z0-9_-]{43}$/)
  const again = await ask<Created>(mine.client, create, { input })
  expect(again.createShareLink).toEqual({ ...made, url: null })
  expect(await ask(other.client, create, { input: { itemId } })).toMatchObject({
    createShareLink: { __typename: 'NotFound' },
  })
  expect(await ask(mine.client, list, { itemId })).toEqual({
    shareLinks: {
      totalCount: 1,
      nodes: [
        {
          ...{ id: made.shareLink.id, state: 'ACTIVE', allowsDownloads: false, itemId },
          ...{ item: { title: 'Mine' }, createdBy: { id: 'owner' } },
        },
      ],
    },
  })
  expect(await ask(other.client, list)).toMatchObject({ shareLinks: { totalCount: 0 } })
  expect(await revokeShareLink(other.ctx, { shareLinkId: made.shareLink.id })).toMatchObject({
    __typename: 'NotFound',
  })
  const secret = made.url?.split('/').at(-1) ?? ''
  const { rows } = await database.db.pool.query<{ text: string }>(
    'select s::text as text from share_links s union all select e::text from audit_events e',
  )
  expect(rows.filter(({ text }) => text.includes(secret))).toEqual([])
  expect(JSON.stringify(api.log)).not.toContain(secret)
})

test('links of one item made at once are no more than permitted', async () => {
  const { ctx } = await api.workspace()
  const { id: itemId } = await buildBook(ctx)
  await database.db.pool.query(
    `insert into share_links (workspace_id, id, book_id, secret_hash, allows_downloads, created_by, created_at, expires_at)
     select $1, gen_random_uuid(), $2, sha256(gen_random_uuid()::text::bytea), false, 'owner', now(), now() + interval '1 day'
     from generate_series(1, $3)`,
    [ctx.actor.workspaceId, itemId, maxShareLinks - 1],
  )
  const made = await Promise.all(Array.from({ length: 4 }, () => createShareLink(ctx, { itemId })))
  expect(made.filter((one) => 'secret' in one)).toHaveLength(1)
})

test('viewers share nothing, and only books and bookshelves can be shared', async () => {
  const { ctx } = await api.workspace()
  const block = await buildBlock(ctx)
  const viewer: Ctx = { ...ctx, actor: { ...ctx.actor, role: 'VIEWER' } }
  await expect(createShareLink(viewer, { itemId: block.bookId })).rejects.toThrow('does not allow')
  for (const itemId of [block.id, newId(), 'nonsense'])
    expect(await createShareLink(ctx, { itemId })).toMatchObject({ __typename: 'NotFound' })
  const expiresAt = new Date(Date.now() - 1)
  expect(await createShareLink(ctx, { itemId: block.bookId, expiresAt })).toMatchObject({
    __typename: 'InvalidInput',
  })
})
