import { beforeAll, expect, test } from 'vitest'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { updateTag } from '../../src/usecases/tags/tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBook, buildShelf, buildTag, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace } = {}
const ids = new Map<string, string>()

const names = [
  ...['Design', 'Design systems', 'Graphic design', 'Redesign', 'Photography', 'Machine learning', 'Tea'],
  ...[
    '拼音基础',
    '机器学习',
    '設計',
    '圖書館',
    '重庆银行',
    'C语言',
    'Café',
    'ﬁle',
    '100%',
    'snake_case',
    'C++',
    '👍🏽',
  ],
]

beforeAll(async () => {
  const workspace = await api.workspace()
  for (const name of names) ids.set(name, (await buildTag(workspace.ctx, { name })).id)
  opened.workspace = workspace
  const shelf = await buildShelf(workspace.ctx)
  for (const [count, name] of ['Graphic design', 'Redesign', 'Tea'].entries()) {
    for (let made = 0; made <= count; made += 1) {
      const book = await buildBook(workspace.ctx, { bookshelfId: shelf.id })
      await attach(name, book.id)
    }
  }
})

function here() {
  if (!opened.workspace) throw new Error('It is there from beforeAll on.')
  return opened.workspace
}

const attach = async (name: string, bookId: string) =>
  succeeded(
    await attachTags(here().ctx, {
      tagIds: [ids.get(name) ?? ''],
      entityIds: [bookId],
    }),
  )

interface Match {
  tag: { id: string; name: string }
  reason: string
  matchedName: string
}

async function search(query: string, { client }: Pick<Workspace, 'client'> = here(), first = 20) {
  const text = `query ($query: String!, $first: Int!) {
    searchTags(query: $query, first: $first) { tag { id name } reason matchedName } }`
  return (await ask<{ searchTags: Match[] }>(client, text, { query, first })).searchTags
}

test.each([
  ['the whole name', 'graphic design', 'Graphic design', 'EXACT'],
  ['the beginning', 'grap', 'Graphic design', 'PREFIX'],
  ['words in any order', 'learn mach', 'Machine learning', 'WORD'],
  ['a part', 'otogr', 'Photography', 'SUBSTRING'],
  ['a missing letter', 'photograhy', 'Photography', 'FUZZY'],
  ['swapped letters, half typed', 'phtoogr', 'Photography', 'FUZZY'],
  ['a typo in one of two words', 'machne learning', 'Machine learning', 'FUZZY'],
  ['two words as one', 'machinelearn', 'Machine learning', 'FUZZY'],
  ['full pinyin', 'jiqixuexi', '机器学习', 'PINYIN'],
  ['initials', 'jqxx', '机器学习', 'PINYIN'],
  ['pinyin of a character with several readings', 'chongqing', '重庆银行', 'PINYIN'],
  ['pinyin and Chinese', 'py基础', '拼音基础', 'PINYIN'],
  ['one Chinese character', '拼', '拼音基础', 'PREFIX'],
  ['another character of the same sound', '品音', '拼音基础', 'FUZZY'],
  ['simplified for traditional', '图书', '圖書館', 'PREFIX'],
  ['traditional for simplified', '機器學習', '机器学习', 'EXACT'],
  ['full width', 'Ｐｈｏｔｏ', 'Photography', 'PREFIX'],
  ['no accent', 'cafe', 'Café', 'EXACT'],
  ['a ligature', 'file', 'ﬁle', 'EXACT'],
  ['Chinese after Latin', '语言', 'C语言', 'WORD'],
  ['what is special in SQL', '0%', '100%', 'SUBSTRING'],
  ['what is special in SQL, too', 'e_c', 'snake_case', 'SUBSTRING'],
  ['what is special in expressions', 'c++', 'C++', 'EXACT'],
  ['an emoji', '👍🏽', '👍🏽', 'EXACT'],
  ['spaces around', '  tea ', 'Tea', 'EXACT'],
])('%s finds a tag', async (_what, query, name, reason) => {
  const [first] = await search(query)
  expect(first).toEqual({ tag: { id: ids.get(name), name }, reason, matchedName: name })
})

test('the reason goes before the usage, the usage before the age', async () => {
  const found = await search('design')
  expect(found.map(({ tag, reason }) => [tag.name, reason])).toEqual([
    ['Design', 'EXACT'],
    ['Design systems', 'PREFIX'],
    ['Graphic design', 'WORD'],
    ['Redesign', 'SUBSTRING'],
  ])
  const all = await search('e')
  const parts = all.filter(({ reason }) => reason === 'SUBSTRING').map(({ tag }) => tag.name)
  expect(parts.slice(0, 2)).toEqual(['Tea', 'Redesign'])
  expect(parts.indexOf('Photography')).toBe(-1)
  // Neither is used: the newer one first.
  expect(parts.indexOf('Café')).toBeLessThan(parts.indexOf('Design'))
})

test('an empty query gives the most used tags', async () => {
  for (const query of ['', ' \u3000\n', '\u200b']) {
    const found = await search(query, here(), 3)
    expect(found.map(({ tag, reason }) => [tag.name, reason])).toEqual([
      ['Tea', 'PREFIX'],
      ['Redesign', 'PREFIX'],
      ['Graphic design', 'PREFIX'],
    ])
  }
})

test('at most as many as are asked for are given', async () => {
  expect(await search('e', here(), 2)).toHaveLength(2)
  expect(await search('e', here(), 0)).toEqual([])
})

test("another workspace's tags are not found", async () => {
  const other = await api.workspace()
  const mine = await buildTag(other.ctx, { name: 'Design' })
  expect((await search('design', other)).map(({ tag }) => tag.id)).toEqual([mine.id])
  for (const query of ['', 'desing', 'jqxx', 'sheji', '品音', 'tea'])
    for (const { tag } of await search(query, other)) expect(tag.id).toBe(mine.id)
})

test('a tag in the trash is not found until it is restored', async () => {
  const { ctx, client } = await api.workspace()
  const tag = await buildTag(ctx, { name: '回收站 bin' })
  const queries = ['bin', '回收', 'huishou', 'hsz', 'binn', '']
  const found = () => Promise.all(queries.map(async (query) => (await search(query, { client })).length))
  const before = await found()
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'TAG', id: tag.id }))
  expect(await found()).toEqual(queries.map(() => 0))
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await found()).toEqual(before)
  expect(before.slice(0, 4)).toEqual([1, 1, 1, 1])
})

test('a renamed tag is found by its new name only', async () => {
  const { ctx, client } = await api.workspace()
  const tag = await buildTag(ctx, { name: 'Gardening' })
  succeeded(await updateTag(ctx, { tagId: tag.id, name: '园艺' }))
  expect(await search('gardening', { client })).toEqual([])
  expect(await search('gardning', { client })).toEqual([])
  expect(await search('yuanyi', { client })).toMatchObject([{ tag: { id: tag.id, name: '园艺' } }])
})

test('a merged tag is found as the name of the one it went into', async () => {
  const { ctx, client } = await api.workspace()
  const source = await buildTag(ctx, { name: '人工智能 AI' })
  const target = await buildTag(ctx, { name: 'Machine intelligence' })
  succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id }))
  for (const [query, reason] of [
    ['人工智能 ai', 'EXACT'],
    ['ai', 'WORD'],
    ['rgzn', 'PINYIN'],
    ['任工智能', 'FUZZY'],
  ] as const) {
    expect(await search(query, { client }), query).toEqual([
      { tag: { id: target.id, name: 'Machine intelligence' }, reason, matchedName: '人工智能 AI' },
    ])
  }
  // Words of two names are not the words of one.
  for (const query of ['智能 machine', 'ai machine', 'ai machne', 'aimachine'])
    expect(await search(query, { client }), query).toEqual([])
})

test('a tag that took in others of its name has that name once', async () => {
  const { ctx, client } = await api.workspace()
  const target = await buildTag(ctx, { name: 'Pasta' })
  for (const parent of ['Food', 'Dinner', 'Italy']) {
    const { id: parentId } = await buildTag(ctx, { name: parent })
    for (const name of parent === 'Food' ? ['Noodles', 'Pasta'] : ['Pasta']) {
      const source = await buildTag(ctx, { name, parentId })
      succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id }))
    }
  }
  succeeded(
    await mergeTags(ctx, {
      sourceTagId: (await buildTag(ctx, { name: 'Noodles', allowAliasOfSibling: true })).id,
      targetTagId: target.id,
    }),
  )
  const { tag } = await ask<{ tag: object }>(client, `{ tag(id: "${target.id}") { name aliases } }`)
  expect(tag).toEqual({ name: 'Pasta', aliases: ['Noodles'] })
  expect(await search('noodles', { client })).toEqual([
    { tag: { id: target.id, name: 'Pasta' }, reason: 'EXACT', matchedName: 'Noodles' },
  ])
})

test.each([
  ['NUL and controls', '\0\x01\n\x7f'],
  ['a lone surrogate', 'a\ud800'],
  ['wildcards', '%_%\\'],
  ['a backslash at the end', 'design\\'],
  ['an expression', '(a+)+$[^]*|?{9}'],
  ['SQL', "'; drop table tags; --"],
  ['combining marks', `a${'\u0301'.repeat(199)}`],
  ['one that grows', 'ﷺ'.repeat(200)],
  ['letters without end', 'xianzhangzhuang'.repeat(13)],
  ['many words', 'abcd '.repeat(40)],
  ['many characters', '的'.repeat(200)],
  ['mixed', 'a的b'.repeat(66)],
  ['emoji', '👩‍👩‍👧‍👦'.repeat(18)],
])('%s break nothing', async (_what, query) => {
  await expect(search(query)).resolves.toBeInstanceOf(Array)
})

test.each([
  ['a longer query', 'x'.repeat(201), 20, /200 characters/],
  ['10,000 combining marks', `a${'\u0301'.repeat(10_000)}`, 20, /200 characters/],
  ['more than a page', 'x', 101, /from 0 to 100/],
  ['less than nothing', 'x', -1, /from 0 to 100/],
])('%s is refused', async (_what, query, first, message) => {
  const answer = await here().client.send(
    'query ($query: String!, $first: Int!) { searchTags(query: $query, first: $first) { reason } }',
    { query, first },
  )
  expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  expect(answer.errors[0]?.message).toMatch(message)
})

test('a search takes a handful of statements, however much it finds', async () => {
  for (const query of ['', 'e', 'jqxx', 'machne learning', '品音', 'zzzz'])
    expect((await statementsOf(() => search(query))).length, query).toBeLessThanOrEqual(12)
})

test('what is typed with signs of its own is no pinyin', async () => {
  const workspace = await api.workspace()
  for (const name of ['C++', '重庆']) await buildTag(workspace.ctx, { name })
  const found = (query: string) =>
    ask<{ searchTags: { tag: { name: string } }[] }>(
      workspace.client,
      `{ searchTags(query: "${query}") { tag { name } } }`,
    )
  expect((await found('c++')).searchTags.map(({ tag }) => tag.name)).toEqual(['C++'])
  expect((await found('c')).searchTags.map(({ tag }) => tag.name)).toEqual(['C++', '重庆'])
})

/** Makes tags that may have the same name but for their case, so each is below another one. */
async function named(workspace: Workspace, ...tags: string[]) {
  for (const [at, name] of tags.entries()) {
    const parent = await buildTag(workspace.ctx, { name: `${at} of ${tags.length}` })
    await buildTag(workspace.ctx, { name, parentId: parent.id })
  }
  return async (query: string) => (await search(query, workspace)).map(({ matchedName }) => matchedName)
}

test('a name as it was typed comes first, then ignoring case, then ignoring accents', async () => {
  const workspace = await api.workspace()
  const of = await named(workspace, 'RÉSUMÉ', 'résumé', 'resume', 'Resume', 'Résumé', 'resumé')
  expect((await of('Résumé')).slice(0, 3)).toEqual(['Résumé', 'résumé', 'RÉSUMÉ'])
  expect((await of('resume')).slice(0, 2)).toEqual(['resume', 'Resume'])
  expect((await of('ＲＥＳＵＭＥ')).slice(0, 1)).toEqual(['resumé'])
  const others = await named(workspace, '图书馆', '圖書館', 'Us', 'US', 'us')
  expect(await others('圖書館')).toEqual(['圖書館', '图书馆'])
  expect(await others('图书馆')).toEqual(['图书馆', '圖書館'])
  expect(await others('US')).toEqual(['US', 'us', 'Us'])
})

test('a sign inside a word makes no difference, but the name as it was typed comes first', async () => {
  const workspace = await api.workspace()
  const of = await named(
    workspace,
    'To-Do',
    'todo',
    'E-Mail',
    'email',
    'Node.js basics',
    'nodejs',
    'To do list',
  )
  expect(await of('todo')).toEqual(['todo', 'To-Do', 'To do list'])
  expect(await of('to-do')).toEqual(['To-Do', 'todo'])
  expect((await of('to do')).sort()).toEqual(['To do list', 'To-Do', 'todo'])
  expect(await of('email')).toEqual(['email', 'E-Mail'])
  expect(await of('e-mail')).toEqual(['E-Mail', 'email'])
  expect(await of('nodejs')).toEqual(['nodejs', 'Node.js basics'])
  expect(await of('node.js')).toEqual(['nodejs', 'Node.js basics'])
  expect(await of('todoo')).toEqual(expect.arrayContaining(['todo', 'To-Do']))
})

test('two words that were typed as one are found beside a name of one word', async () => {
  const of = await named(await api.workspace(), 'todo', 'To Do', 'My todo list', 'My to do list')
  expect(await of('todo')).toEqual(['todo', 'My todo list', 'My to do list', 'To Do'])
})

test('characters that are usually read so come before those that seldom are', async () => {
  const of = await named(await api.workspace(), '单', '石头', '先', '西安', '想')
  expect(await of('dan')).toEqual(['单', '石头'])
  expect(await of('shitou')).toEqual(['石头'])
  for (const query of ["xi'an", 'xi’an', 'xi an']) expect(await of(query), query).toEqual(['西安'])
  expect((await of('xian')).sort()).toEqual(['先', '想', '西安'].sort())
})
