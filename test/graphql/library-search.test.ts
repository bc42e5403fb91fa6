import { expect, test } from 'vitest'
import { updateBlock } from '../../src/usecases/library/blocks.ts'
import { moveBook, updateBook } from '../../src/usecases/library/books.ts'
import { updateBookshelf } from '../../src/usecases/library/bookshelves.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { createTag } from '../../src/usecases/tags/tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { useApi, type Workspace } from '../support/api.ts'
import { buildBlock, buildBook, buildShelf, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { type Found, pasteInto, search, searchQuery, texts } from '../support/search/search-answers.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)

const withBlocks = async (...contents: string[]) => pasteInto(await api.workspace(), contents)

test.each([
  ['a word', 'harbour', 'The harbour lay quiet.'],
  ['the beginning of a word', 'harb', 'The harbour lay quiet.'],
  ['words in another order', 'quiet harbour', 'The harbour lay quiet.'],
  ['other case', 'HARBOUR', 'The harbour lay quiet.'],
  ['no accents', 'cafe', 'A Café in Łódź'],
  ['accents', 'lódź', 'A cafe in Lodz'],
  ['a ligature', 'find', 'ﬁnd it'],
  ['full width', 'ｐｙthon３', 'python3 for everyone'],
  ['a quoted phrase', '"lay quiet"', 'The harbour lay, quiet as ever.'],
  ['a name with signs in it', 'node.js', 'Notes on Node.js'],
  ['a word with an apostrophe', "don't", 'I don’t know'],
  ['a Chinese word', '数据库', '关系数据库很重要'],
  ['traditional characters', '數據庫', '关系数据库很重要'],
  ['simplified characters in a traditional text', '数据库', '關係數據庫'],
  ['a single character', '库', '关系数据库很重要'],
  ['a very common character', '的', '我的书'],
  ['two characters apart', '库 重', '关系数据库很重要'],
  ['Japanese', '静か', '港は静かだった。'],
  ['half width kana', 'ｶﾒﾗ', 'カメラーを買う'],
  ['Korean within a word', '바다', '푸른바다가'],
  ['Thai within a sentence', 'ภาษา', 'ฉันพูดภาษาไทย'],
  ['Arabic without its vowels', 'العربي', 'النَّصُّ العَرَبِيُّ'],
  ['Arabic with vowels', 'نَصّ', 'هذا نص'],
  ['Hebrew without its points', 'עברית', 'עִבְרִית'],
  ['letters and characters together', 'py基础', 'Py 基礎 course'],
  ['letters beside characters', '基础py', '学基础python吧'],
  ['an emoji', '🎉', 'party 🎉 time'],
  ['a flag', '🇫🇷', 'aller en 🇮🇹🇫🇷 !'],
  ['a number', '2026', 'In the year 2026.'],
  ['a single letter', 'x', 'let x be'],
  ['a character beyond the first plane', '𠮷', '𠮷野家'],
])('%s finds the block', async (_what, query, content) => {
  expect(await texts(await withBlocks('something else 其他', content), query)).toEqual([content])
})

test.each([
  ['the middle of a word', 'arbour', 'The harbour lay quiet.'],
  ['only some of the words', 'harbour storm', 'The harbour lay quiet.'],
  ['a phrase that is not together', '"harbour quiet"', 'The harbour lay quiet.'],
  ['a phrase of an unfinished word', '"lay qui"', 'The harbour lay quiet.'],
  ['characters that are not neighbours', '据重', '关系数据库很重要'],
  ['characters in another order', '库数', '关系数据库很重要'],
  ['a run across punctuation', '库很', '数据库，很重要'],
  ['a flag in the middle of two', '🇹🇫', '🇮🇹🇫🇷'],
  ['a wildcard', 'h%r', 'The harbour lay quiet.'],
  ['another wildcard', 'h_rbour', 'The harbour lay quiet.'],
])('%s does not find the block', async (_what, query, content) => {
  expect(await texts(await withBlocks(content), query)).toEqual([])
})

test.each(['', '   ', '!?', '，。', '""', '\u0000', '\u200b', 'x'.repeat(201)])(
  'the query %j is refused with what to do',
  async (query) => {
    const { client } = await withBlocks('x')
    const { status, errors } = await client.send(searchQuery, { query })
    expect(status).toBe(400)
    expect(errors).toMatchObject([
      { message: expect.stringMatching(/^query: Give at/) as string, extensions: { code: 'BAD_USER_INPUT' } },
    ])
  },
)

test.each([
  '%',
  '_',
  '\\',
  "'",
  '"',
  'a"b',
  '\ud800 a',
  'a\u0000b',
  'a% b_ c\\',
  "'; drop table blocks; --",
  '🎉'.repeat(100),
  '的'.repeat(200),
  'a '.repeat(100),
  '"'.repeat(200),
  '👨‍👩‍👧',
  'e\u0301',
])('the query %j is answered or refused, but never breaks', async (query) => {
  const { client } = await withBlocks('x')
  expect([200, 400]).toContain((await client.send(searchQuery, { query })).status)
})

test('bookshelves, books, blocks are found in all their fields, and the excerpt says in which', async () => {
  const { ctx, client } = await api.workspace()
  const shelf = await buildShelf(ctx, { name: 'A', description: 'About lighthouses.' })
  const named = await buildShelf(ctx, { name: 'Lighthouse shelf', description: 'Towers' })
  const titled = await buildBook(ctx, { bookshelfId: shelf.id, title: 'Old Lighthouses', summary: 'Towers' })
  const summed = await buildBook(ctx, { bookshelfId: shelf.id, title: 'B', summary: 'On a lighthouse' })
  const block = await buildBlock(ctx, { bookId: summed.id, content: 'One lighthouse' })
  const { nodes } = await search(client, 'lighthouse')
  const found = nodes.map(({ item, field }) => [item.__typename, item.id, field])
  expect(found).toHaveLength(5)
  expect(found).toEqual(
    expect.arrayContaining([
      ['Bookshelf', shelf.id, 'DESCRIPTION'],
      ['Bookshelf', named.id, 'NAME'],
      ['Book', titled.id, 'TITLE'],
      ['Book', summed.id, 'SUMMARY'],
      ['Block', block.id, 'CONTENT'],
    ]),
  )
})

test('the excerpt is the original text with what was found highlighted', async () => {
  const { client } = await withBlocks('Das ﬁndet man im 數據庫, sagt İlk 👩🏽‍🚀.')
  const { nodes } = await search(client, '数据 find ilk')
  expect(nodes.map(({ excerpt }) => excerpt)).toEqual([
    [
      { text: 'Das ', highlighted: false },
      { text: 'ﬁnd', highlighted: true },
      { text: 'et man im ', highlighted: false },
      { text: '數據', highlighted: true },
      { text: '庫, sagt ', highlighted: false },
      { text: 'İlk', highlighted: true },
      { text: ' 👩🏽‍🚀.', highlighted: false },
    ],
  ])
})

test('equal titles come first, then titles that begin so, then titles with it, then texts, the newest of equals first', async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const shelf = await buildShelf(ctx, { name: 'S' })
  const book = (title: string, summary?: string) => buildBook(ctx, { bookshelfId: shelf.id, title, summary })
  await book('Ink pot')
  await book('Red ink')
  const host = await book('Ink')
  await book('Notes', 'ink')
  await buildBlock(ctx, { bookId: host.id, content: 'ink once' })
  await buildBlock(ctx, { bookId: host.id, content: 'ink and ink again' })
  await buildBlock(ctx, { bookId: host.id, content: 'ink later' })
  expect(await texts(workspace, 'ink')).toEqual([
    'Ink',
    'Ink pot',
    'Red ink',
    'ink and ink again',
    'ink later',
    'ink once',
    'Notes',
  ])
})

test('words that stand together come before those that are apart', async () => {
  const workspace = await withBlocks('the red ink', 'ink, red and blue ink, red')
  expect(await texts(workspace, 'red ink')).toEqual(['the red ink', 'ink, red and blue ink, red'])
  for (const title of [
    'Notes on red ink',
    'On the ink of red pens and red ink pens',
    'Ink and red pens, ink and red paper',
  ])
    await buildBook(workspace.ctx, { title })
  expect(await texts(workspace, 'red ink', { types: ['BOOK'] })).toEqual([
    'On the ink of red pens and red ink pens',
    'Notes on red ink',
    'Ink and red pens, ink and red paper',
  ])
})

test('only the types that are asked for are found', async () => {
  const workspace = await api.workspace()
  const shelf = await buildShelf(workspace.ctx, { name: 'ink shelf' })
  const book = await buildBook(workspace.ctx, { bookshelfId: shelf.id, title: 'ink book' })
  await buildBlock(workspace.ctx, { bookId: book.id, content: 'ink block' })
  expect(await texts(workspace, 'ink', { types: ['BOOK'] })).toEqual(['ink book'])
  expect(await texts(workspace, 'ink', { types: ['BLOCK'] })).toEqual(['ink block'])
  expect(await texts(workspace, 'ink', { types: ['BLOCK', 'BOOKSHELF'] })).toEqual(['ink shelf', 'ink block'])
  expect(await texts(workspace, 'ink', { types: [] })).toEqual([])
})

test("another workspace's texts are not found", async () => {
  const [mine, theirs] = [await withBlocks('harbour mine'), await withBlocks('harbour theirs')]
  expect(await texts(mine, 'harbour')).toEqual(['harbour mine'])
  expect(await texts(theirs, 'harbour')).toEqual(['harbour theirs'])
})

test('what is in the trash is not found, with all that is below; restored it is found again', async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const book = await buildBook(ctx, { title: 'ink book' })
  await buildBlock(ctx, { bookId: book.id, content: 'ink block' })
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: book.bookshelfId }))
  expect(await texts(workspace, 'ink')).toEqual([])
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await texts(workspace, 'ink')).toEqual(['ink book', 'ink block'])
})

test('an edit is found by its new text and no more by its old one', async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const shelf = await buildShelf(ctx, { name: 'old shelf' })
  const book = await buildBook(ctx, { bookshelfId: shelf.id, title: 'old book' })
  const block = await buildBlock(ctx, { bookId: book.id, content: 'old block' })
  succeeded(await updateBookshelf(ctx, { bookshelfId: shelf.id, name: 'new shelf' }))
  succeeded(await updateBook(ctx, { bookId: book.id, title: 'new book' }))
  succeeded(await updateBlock(ctx, { blockId: block.id, content: 'new block' }))
  expect(await texts(workspace, 'old')).toEqual([])
  expect((await texts(workspace, 'new')).sort()).toEqual(['new block', 'new book', 'new shelf'])
})

test('what was moved is still found', async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const book = await buildBook(ctx, { title: 'ink book' })
  const target = await buildShelf(ctx)
  succeeded(await moveBook(ctx, { bookId: book.id, bookshelfId: target.id }))
  expect(await texts(workspace, 'ink')).toEqual(['ink book'])
})

test('page by page, forwards and backwards, every match comes once', async () => {
  const contents = Array.from({ length: 47 }, (_, index) => `ink ${'ink '.repeat(index % 3)}number ${index}`)
  const { client } = await withBlocks(...contents)
  const whole = (await search(client, 'ink', { first: 100 })).nodes.map(({ item }) => item.id)
  expect(new Set(whole).size).toBe(47)

  const forwards: string[] = []
  let after: string | null = null
  do {
    const page: Found['search'] = await search(client, 'ink', { first: 10, after })
    forwards.push(...page.nodes.map(({ item }) => item.id))
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after)
  expect(forwards).toEqual(whole)

  const backwards: string[] = []
  let before: string | null = null
  do {
    const page: Found['search'] = await search(client, 'ink', { last: 10, before })
    backwards.unshift(...page.nodes.map(({ item }) => item.id))
    before = page.pageInfo.hasPreviousPage ? page.pageInfo.startCursor : null
  } while (before)
  expect(backwards).toEqual(whole)
})

test('a cursor of another query is refused', async () => {
  const { client } = await withBlocks('ink one', 'ink two')
  const { pageInfo } = await search(client, 'ink', { first: 1 })
  const { status } = await client.send(searchQuery, { query: 'two', after: pageInfo.endCursor })
  expect(status).toBe(400)
})

test('tags are found by their names, descriptions and the names of tags merged into them', async () => {
  const workspace = await api.workspace()
  const { ctx, client } = workspace
  const kept = succeeded(await createTag(ctx, { name: '書法', description: 'Brush and ink' }))
  const lost = succeeded(await createTag(ctx, { name: 'Calligraphy' }))
  succeeded(await mergeTags(ctx, { sourceTagId: lost.id, targetTagId: kept.id }))
  for (const [query, field] of [
    ['书法', 'NAME'],
    ['brush', 'DESCRIPTION'],
    ['calli', 'ALIAS'],
  ] as const) {
    const { nodes } = await search(client, query)
    expect(nodes.map((found) => [found.item.id, found.field])).toEqual([[kept.id, field]])
  }
})

test('a filter by tags leaves what has them; tags themselves have none', async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const shelf = await buildShelf(ctx, { name: 'ink shelf' })
  const book = await buildBook(ctx, { bookshelfId: shelf.id, title: 'ink book' })
  const block = await buildBlock(ctx, { bookId: book.id, content: 'ink block' })
  await buildBlock(ctx, { bookId: book.id, content: 'ink untagged' })
  const tag = succeeded(await createTag(ctx, { name: 'ink tag' }))
  const below = succeeded(await createTag(ctx, { name: 'red', parentId: tag.id }))
  const attach = (tagId: string, id: string) => attachTags(ctx, { tagIds: [tagId], entityIds: [id] })
  for (const id of [shelf.id, book.id]) succeeded(await attach(tag.id, id))
  succeeded(await attach(below.id, block.id))
  expect(await texts(workspace, 'ink', { tags: { any: [tag.id] } })).toEqual(['ink book', 'ink shelf'])
  expect(await texts(workspace, 'ink', { tags: { any: [tag.id], includeDescendants: true } })).toEqual([
    'ink book',
    'ink shelf',
    'ink block',
  ])
  expect(await texts(workspace, 'ink', { tags: { none: [tag.id] } })).toEqual(['ink untagged', 'ink block'])
  expect(await texts(workspace, 'book', { tags: { all: [tag.id] }, types: ['BOOK'] })).toEqual(['ink book'])
  expect(await texts(workspace, 'ink', { tags: { any: [] } })).toEqual([])
})

test('a search takes the same number of statements however much it finds', async () => {
  const few = await withBlocks('ink')
  const many = await withBlocks(...Array.from({ length: 60 }, (_, index) => `ink ${index}`))
  const statements = (workspace: Workspace) =>
    statementsOf(() => search(workspace.client, 'ink', { first: 50 })).then((sent) => sent.length)
  expect(await statements(many)).toBe(await statements(few))
})
