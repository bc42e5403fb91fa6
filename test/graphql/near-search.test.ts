import { expect, test } from 'vitest'
import { indexLibrary } from '../../src/usecases/search/index-library.ts'
import { updateBook } from '../../src/usecases/library/books.ts'
import { updateCheckpoint } from '../../src/usecases/library/checkpoints.ts'
import { updateCheckpointMarker } from '../../src/usecases/library/checkpoint-markers.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { useApi, type Workspace } from '../support/api.ts'
import {
  buildBlock,
  buildBook,
  buildCheckpoint,
  buildMarker,
  buildPicture,
  buildShelf,
  buildTag,
  imagesOf,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { type Found, search, texts } from '../support/search/search-answers.ts'

const database = useDatabase()
const api = useApi(database)

/** A workspace with books of these titles on one bookshelf. */
async function withBooks(...titles: string[]) {
  const workspace = await api.workspace()
  const shelf = await buildShelf(workspace.ctx, { name: 'x' })
  for (const title of titles) await buildBook(workspace.ctx, { bookshelfId: shelf.id, title })
  return workspace
}

/** One of everything that has a name, with the word in it. */
async function everything(word: string) {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const shelf = await buildShelf(ctx, { name: `shelf ${word}` })
  const book = await buildBook(ctx, { bookshelfId: shelf.id, title: `book ${word}` })
  const tag = await buildTag(ctx, { name: `tag ${word}` })
  const checkpoint = await buildCheckpoint(ctx, { bookId: book.id, title: `checkpoint ${word}` })
  const marker = await buildMarker(ctx, { checkpointId: checkpoint.id, title: `marker ${word}` })
  const block = await buildBlock(ctx, { bookId: book.id, content: 'x' })
  const { media } = await buildPicture(ctx, imagesOf(block.id), { fileName: `${word}.jpg` })
  return { workspace, ids: { shelf, book, tag, checkpoint, marker, media }, block }
}

const typesOf = async ({ client }: Workspace, query: string, where?: object) =>
  (await search(client, query, { where })).nodes
    .map(({ item, field }) => `${item.__typename} ${field}`)
    .sort()

const allTypes = [
  'Book TITLE',
  'Bookshelf NAME',
  'Checkpoint TITLE',
  'CheckpointMarker TITLE',
  'Media FILE_NAME',
  'Tag NAME',
]

test('checkpoints, markers and files are found by their names, as all that has one; a type leaves the others out', async () => {
  const { workspace } = await everything('Lighthouse')
  expect(await typesOf(workspace, 'lighthouse')).toEqual(allTypes)
  const types = ['MEDIA', 'CHECKPOINT_MARKER']
  expect(await typesOf(workspace, 'lighthouse', { types })).toEqual([
    'CheckpointMarker TITLE',
    'Media FILE_NAME',
  ])
})

test.each([
  ['a typo', 'Rockets', 'rokcets'],
  ['a typo, unfinished', 'Photography', 'phtoogr'],
  ['full pinyin', '咖啡', 'kafei'],
  ['initials', '机器学习', 'jqxx'],
  ['pinyin and Chinese', '拼音基础', 'py基础'],
  ['pinyin of what is in traditional characters', '圖書館', 'tushuguan'],
  ['another character of the same sound', '拼音基础', '品音基础'],
  ['words that are one', 'Nodejs', 'node js'],
])('%s finds all that has the name', async (_what, name, query) => {
  const { workspace } = await everything(name)
  expect(await typesOf(workspace, query)).toEqual(allTypes)
  // Numbers are taken as they are, and quotes mean exactly what is in them.
  expect(await typesOf(workspace, `"${query}"`)).toEqual([])
  const theirs = await api.workspace()
  expect(await typesOf(theirs, query)).toEqual([])
})

test('texts have to have the words themselves', async () => {
  const workspace = await withBooks('Rockets 咖啡')
  const [book] = (await search(workspace.client, 'rockets')).nodes
  await buildBlock(workspace.ctx, { bookId: book?.item.id ?? '', content: 'rockets 咖啡 e-mail' })
  await buildBlock(workspace.ctx, { bookId: book?.item.id ?? '', content: 'an email' })
  expect(await texts(workspace, 'rokcets')).toEqual(['Rockets 咖啡'])
  expect(await texts(workspace, 'kafei')).toEqual(['Rockets 咖啡'])
  expect(await texts(workspace, 'e-mail')).toEqual(['rockets 咖啡 e-mail', 'an email'])
})

test('what is in the trash is not nearly found until it is restored, nor by a name that it had', async () => {
  for (const query of ['lihgthouse', 'dengta', 'lighthouse']) {
    const { workspace, ids } = await everything('Lighthouse 灯塔')
    const { ctx } = workspace
    const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: ids.shelf.id }))
    expect(await typesOf(workspace, query), query).toEqual(['Tag NAME'])
    succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
    expect(await typesOf(workspace, query), query).toEqual(allTypes)
    succeeded(await trashItem(ctx, { kind: 'MEDIA', id: ids.media.id }))
    succeeded(await trashItem(ctx, { kind: 'CHECKPOINT_MARKER', id: ids.marker.id }))
    succeeded(await updateCheckpoint(ctx, { checkpointId: ids.checkpoint.id, title: 'Tower' }))
    succeeded(await updateBook(ctx, { bookId: ids.book.id, title: 'Tower' }))
    expect(await typesOf(workspace, query), query).toEqual(['Bookshelf NAME', 'Tag NAME'])
  }
})

test('a marker is found by its new title and by its description', async () => {
  const { workspace, ids } = await everything('Lighthouse')
  const checkpointMarkerId = ids.marker.id
  succeeded(
    await updateCheckpointMarker(workspace.ctx, {
      checkpointMarkerId,
      title: '港口',
      description: 'Harbour',
    }),
  )
  expect(await typesOf(workspace, 'gangkou')).toEqual(['CheckpointMarker TITLE'])
  expect(await typesOf(workspace, 'harbour')).toEqual(['CheckpointMarker DESCRIPTION'])
  expect(await typesOf(workspace, 'harbuor')).toEqual([])
})

test('a near match has the name that matches, with the meant word highlighted', async () => {
  const { client, ctx } = await api.workspace()
  const target = await buildTag(ctx, { name: 'Drinks' })
  for (const name of ['Coffee', '茶叶']) {
    const source = await buildTag(ctx, { name })
    succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id }))
  }
  const found = async (query: string) =>
    (await search(client, query)).nodes.map(({ field, excerpt }) => ({ field, excerpt }))
  expect(await found('cofefe')).toEqual([
    { field: 'ALIAS', excerpt: [{ text: 'Coffee', highlighted: true }] },
  ])
  expect(await found('chaye')).toEqual([{ field: 'ALIAS', excerpt: [{ text: '茶叶', highlighted: false }] }])
  // Words of two names are not the words of one.
  expect(await found('drinsk cofefe')).toEqual([])
})

test('a filter by tags leaves near matches that have them', async () => {
  const workspace = await withBooks('Rockets', 'Rockets too')
  const tag = await buildTag(workspace.ctx, { name: 'T' })
  const [, first] = (await search(workspace.client, 'rockets')).nodes
  succeeded(await attachTags(workspace.ctx, { tagIds: [tag.id], entityIds: [first?.item.id ?? ''] }))
  expect(await texts(workspace, 'rokcets', { tags: { any: [tag.id] } })).toEqual(['Rockets too'])
})

test('titles as they were typed come first, then ignoring case, then accents, then signs', async () => {
  const workspace = await withBooks(
    'C++',
    'c++',
    'C',
    'C#',
    'C++ in depth',
    'resume',
    'Résumé',
    'RÉSUMÉ',
    'RESUME',
  )
  expect(await texts(workspace, 'C++')).toEqual(['C++', 'c++', 'C#', 'C', 'C++ in depth'])
  expect(await texts(workspace, '"C++"')).toEqual(['C++', 'c++', 'C#', 'C', 'C++ in depth'])
  expect(await texts(workspace, 'Résumé')).toEqual(['Résumé', 'RÉSUMÉ', 'RESUME', 'resume'])
  const chinese = await withBooks('图书馆', '圖書館')
  expect(await texts(chinese, '图书馆')).toEqual(['图书馆', '圖書館'])
  expect(await texts(chinese, '圖書館')).toEqual(['圖書館', '图书馆'])
})

test('a sign inside a word does not hide a title', async () => {
  const workspace = await withBooks('To-Do', 'todo', 'Node.js', 'NodeJS', 'email', 'E-Mail', '1.5')
  expect(await texts(workspace, 'todo')).toEqual(['todo', 'To-Do'])
  expect(await texts(workspace, 'to-do')).toEqual(['To-Do', 'todo'])
  expect(await texts(workspace, 'to do')).toEqual(['To-Do', 'todo'])
  expect(await texts(workspace, 'nodejs')).toEqual(['NodeJS', 'Node.js'])
  expect(await texts(workspace, 'node.js')).toEqual(['Node.js', 'NodeJS'])
  expect(await texts(workspace, 'e-mail')).toEqual(['E-Mail', 'email'])
  expect(await texts(workspace, '15')).toEqual([])
})

test('usual readings come before rare ones, and an apostrophe ends a syllable', async () => {
  const workspace = await withBooks('单', '石头', '西安', '先')
  expect(await texts(workspace, 'dan')).toEqual(['单', '石头'])
  expect(await texts(workspace, "xi'an")).toEqual(['西安'])
  expect(await texts(workspace, 'xi an')).toEqual(['西安'])
})

test('page by page, forwards and backwards, the near matches follow the others, each once', async () => {
  const titles = Array.from({ length: 12 }, (_, at) => (at % 3 === 0 ? `Rockets ${at}` : `Rokcets ${at}`))
  const { client } = await withBooks(...titles, 'Rockets', 'ROCKETS')
  const whole = (await search(client, 'Rockets', { first: 100 })).nodes.map(({ item }) => item.title ?? '')
  expect(whole).toHaveLength(14)
  expect(whole.slice(0, 2)).toEqual(['Rockets', 'ROCKETS'])
  expect(whole.slice(6).every((title) => title.startsWith('Rokcets'))).toBe(true)
  const forwards: string[] = []
  let after: string | null = null
  do {
    const page: Found['search'] = await search(client, 'Rockets', { first: 4, after })
    forwards.push(...page.nodes.map(({ item }) => item.title ?? ''))
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after)
  expect(forwards).toEqual(whole)
  const backwards: string[] = []
  let before: string | null = null
  do {
    const page: Found['search'] = await search(client, 'Rockets', { last: 4, before })
    backwards.unshift(...page.nodes.map(({ item }) => item.title ?? ''))
    before = page.pageInfo.hasPreviousPage ? page.pageInfo.startCursor : null
  } while (before)
  expect(backwards).toEqual(whole)
})

test('what an older version indexed, or did not, is found when the job has run', async () => {
  const { workspace } = await everything('Lighthouse 灯塔')
  const { workspaceId } = workspace.ctx.actor
  const { pool, prisma } = database.db
  await pool.query(
    `delete from search_documents where workspace_id = $1 and entity_type in ('CHECKPOINT', 'CHECKPOINT_MARKER', 'MEDIA')`,
    [workspaceId],
  )
  await pool.query(`update search_documents set sounds = null, spellings = '{}' where workspace_id = $1`, [
    workspaceId,
  ])
  await pool.query('delete from search_words where workspace_id = $1', [workspaceId])
  expect(await typesOf(workspace, 'dengta')).toEqual([])
  const types = ['BOOKSHELF', 'BOOK', 'TAG', 'CHECKPOINT', 'CHECKPOINT_MARKER', 'MEDIA'] as const
  await prisma.searchBackfill.createMany({ data: types.map((entityType) => ({ workspaceId, entityType })) })
  await indexLibrary(workspace.ctx)
  for (const query of ['dengta', 'lihgthouse', 'lighthouse'])
    expect(await typesOf(workspace, query), query).toEqual(allTypes)
})
