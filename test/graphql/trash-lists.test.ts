import { expect, test } from 'vitest'
import type { TrashableKind } from '../../src/db/rows.ts'
import { foldText } from '../../src/domain/folding.ts'
import { indexLibrary } from '../../src/usecases/search/index-library.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBlock, buildBook, buildTag, imagesOf, buildPicture, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { fillTrash, trashedRows, type TrashedRow } from '../support/trash/filled-trash.ts'
import { buildTree } from '../support/library/library-tree.ts'
import { restore, trash } from '../support/trash/restoring.ts'

const database = useDatabase()
const api = useApi(database)

interface Where {
  types?: TrashableKind[]
  text?: string
  deletedBy?: string
  deletedSince?: string
  deletedBefore?: string
  expired?: boolean
}

interface Page {
  trash: {
    totalCount: number
    nodes: { id: string }[]
    pageInfo: { endCursor: string; hasNextPage: boolean }
  }
}

const document = `query ($where: TrashWhere, $first: Int, $after: String, $last: Int, $before: String) {
  trash(where: $where, first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { id } pageInfo { endCursor startCursor hasNextPage } } }`

const list = async ({ client }: Workspace, where: Where, args: object = {}) =>
  (await ask<Page>(client, document, { where, ...args })).trash

/** All pages of a list from its start. */
async function walk(workspace: Workspace, where: Where) {
  const ids: string[] = []
  let after: string | null = null
  do {
    const page: Page['trash'] = await list(workspace, where, { first: 100, after })
    ids.push(...page.nodes.map(({ id }) => id))
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after !== null && ids.length < 1_000)
  return ids
}

const meets =
  ({ types, text, deletedBy, deletedSince, deletedBefore, expired }: Where, now: Date) =>
  (row: TrashedRow) =>
    (!types || types.includes(row.kind)) &&
    (!text || foldText(row.name).includes(foldText(text))) &&
    (deletedBy === undefined || row.deletedBy === deletedBy) &&
    (!deletedSince || row.deletedAt >= new Date(deletedSince)) &&
    (!deletedBefore || row.deletedAt < new Date(deletedBefore)) &&
    (expired === undefined || row.purgeAfter <= now === expired)

const kinds: TrashableKind[] = ['BOOK', 'BLOCK', 'MEDIA', 'TAG']

/** The newest 2,000 deletions do not have the word `oldest`, more than 5,000 others do; `rare` is in a few. */
const made = async () => {
  const workspace = await api.workspace()
  const now = new Date()
  const rows = trashedRows(9_000, now, (number) => ({
    kind: kinds[(number * 7) % 4] ?? 'BOOK',
    deletedBy: ['owner', 'ann', 'bob'][number % 3] ?? 'owner',
    name: `${number < 6_000 ? 'oldest' : 'newest'} ${number % 1_500 === 3 ? 'räre 100%_\\' : 'thing'} ${number}號`,
    days: [3, 5, 30][number % 3] ?? 30,
  }))
  await fillTrash(database.db.pool, workspace.ctx.actor.workspaceId, rows)
  await database.db.pool.query('analyze deletions')
  return { workspace, rows, now }
}
const shared: { made?: ReturnType<typeof made> } = {}
const filled = () => (shared.made ??= made())

const minute = (rows: readonly TrashedRow[], number: number) => rows[number]?.deletedAt.toISOString() ?? ''

test('each condition and all together list what meets them, newest first, page after page, and count it', async () => {
  const { workspace, rows, now } = await filled()
  const wheres: Where[] = [
    {},
    { types: ['BOOK'] },
    { types: ['BOOK', 'TAG', 'BOOK'] },
    { types: [] },
    { deletedBy: 'ann' },
    { deletedBy: 'nobody' },
    { deletedBy: 'no\0body' },
    { deletedBy: 'ann', types: ['MEDIA', 'BLOCK'] },
    { deletedSince: minute(rows, 8_000) },
    { deletedSince: minute(rows, 100), deletedBefore: minute(rows, 300) },
    { expired: true },
    { expired: false },
    { expired: true, deletedBy: 'bob', types: ['TAG'] },
    { text: 'thing' },
    { text: 'OLDEST' },
    { text: 'oldest', expired: true, types: ['BOOK'] },
    { text: 'oldest', deletedBy: 'bob', deletedBefore: minute(rows, 2_000) },
    { text: 'rare' },
    { text: 'Rare 100%_\\' },
    { text: '%' },
    { text: '号', deletedSince: minute(rows, 8_950) },
    { text: '8003' },
    { text: 'nothing has it' },
    { text: '   ' },
    { text: 't', types: ['TAG'], deletedBy: 'owner', deletedSince: minute(rows, 50), expired: false },
  ]
  for (const where of wheres) {
    const wanted = rows.filter(meets({ ...where, text: (where.text ?? '').trim() }, now)).reverse()
    const ids = wanted.map(({ id }) => id)
    expect(await walk(workspace, where), JSON.stringify(where)).toEqual(ids.slice(0, 1_000))
    const last = await list(workspace, where, { last: 7 })
    expect(last.totalCount, JSON.stringify(where)).toBe(ids.length)
    expect(
      last.nodes.map(({ id }) => id),
      JSON.stringify(where),
    ).toEqual(ids.slice(-7))
  }
})

test("a text finds nothing of another workspace's trash", async () => {
  await filled()
  const other = await api.workspace()
  for (const where of [{ text: 'rare' }, { text: 'oldest' }, { deletedBy: 'ann' }, { expired: true }])
    expect(await list(other, where)).toMatchObject({ totalCount: 0, nodes: [] })
})

test('a text that is longer than any name is refused', async () => {
  const { client } = await api.workspace()
  const answer = await client.send(document, { where: { text: 'x'.repeat(501) } })
  expect(answer.errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
})

test('a deletion keeps the name of its item, whatever kind it is of', async () => {
  const workspace = await api.workspace()
  const { ctx, client } = workspace
  const { shelf, book, bookCover, second } = await buildTree(ctx)
  const long = await buildBlock(ctx, { bookId: book.id, content: `  # A\n\ntext 🚀${'long '.repeat(50)}` })
  const empty = await buildBlock(ctx, { bookId: book.id, content: ' \n ' })
  const [ink, pen] = [await buildTag(ctx), await buildTag(ctx)]
  for (const block of [long, empty, second]) await trash(ctx, 'BLOCK', block)
  await trash(ctx, 'MEDIA', bookCover)
  await trash(ctx, 'BOOK', book)
  await trash(ctx, 'BOOKSHELF', shelf)
  succeeded(await mergeTags(ctx, { sourceTagId: ink.id, targetTagId: pen.id }))
  const names = (await ask<{ trash: { nodes: { name: string }[] } }>(client, '{ trash { nodes { name } } }'))
    .trash
  expect(names.nodes.map(({ name }) => name).sort()).toEqual(
    [
      ink.name,
      shelf.name,
      book.title,
      bookCover.fileName,
      second.content,
      Array.from(`# A text 🚀${'long '.repeat(50)}`)
        .slice(0, 100)
        .join('')
        .trimEnd(),
      '',
    ].sort(),
  )
})

test('a name is found in any spelling, also by one Chinese character, until it is restored', async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const book = await buildBook(ctx, { title: 'ＣＡＦÉ 繁體書籤' })
  const deletion = await trash(ctx, 'BOOK', book)
  for (const text of ['cafe', 'Café', '繁体', '體', '书', 'É 繁'])
    expect((await list(workspace, { text })).nodes, text).toEqual([{ id: deletion.id }])
  succeeded(await restore(ctx, deletion.id))
  expect((await list(workspace, { text: 'cafe' })).nodes).toEqual([])
})

test('the file that a new one replaced is found by its name', async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const { id: bookId } = await buildBook(ctx)
  const slot = { ownerType: 'BOOK', ownerId: bookId, role: 'COVER' } as const
  await buildPicture(ctx, slot, { fileName: 'first.jpg' })
  await buildPicture(ctx, slot, { fileName: 'second.jpg' })
  expect((await list(workspace, { text: 'FIRST' })).totalCount).toBe(1)
  expect((await list(workspace, { text: 'second' })).totalCount).toBe(0)
})

test('what was in the trash before names were kept is found once the job has indexed it', async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const block = await buildBlock(ctx, { content: '舊 words' })
  await buildPicture(ctx, imagesOf(block.id))
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BLOCK', id: block.id }))
  await database.db.pool.query(`update deletions set name_folded = null, name_terms = '{}' where id = $1`, [
    deletion.id,
  ])
  expect((await list(workspace, { text: '旧' })).nodes).toEqual([])
  await indexLibrary({ ...ctx })
  expect((await list(workspace, { text: '旧' })).nodes).toEqual([{ id: deletion.id }])
})
