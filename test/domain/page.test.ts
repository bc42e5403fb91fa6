import { expect, test } from 'vitest'
import { InvalidInput } from '../../src/domain/failure.ts'
import { encodeCursor, type KeyType, type PageArgs, pageLimits, readPage } from '../../src/domain/page.ts'

const id = '01900000-0000-7000-8000-000000000001'
const time = '2026-11-22T00:00:00.000Z'
const cursor = (key: string, order = 'title', ofId = id) => encodeCursor(order, { key, id: ofId })

const pages: [string, PageArgs, object][] = [
  ['nothing is given', {}, { limit: 20, backward: false, after: null, before: null }],
  ['null is given', { first: null, after: null, last: null, before: null }, { limit: 20, backward: false }],
  ['`first` is given', { first: 7 }, { limit: 7, backward: false }],
  ['`last` is given', { last: 7 }, { limit: 7, backward: true }],
  ['`first` is 0', { first: 0 }, { limit: 0, backward: false }],
  ['`first` is the most there is', { first: pageLimits.max }, { limit: 100 }],
  ['a cursor is given', { after: cursor('书 😀') }, { after: { key: '书 😀', id }, before: null }],
  [
    'two cursors are given',
    { after: cursor('a'), before: cursor('b') },
    { after: { key: 'a', id }, before: { key: 'b', id } },
  ],
]

test.each(pages)('a page when %s', (_case, args, page) => {
  expect(readPage(args, 'title', 'text')).toMatchObject(page)
})

test.each<[string, PageArgs, string]>([
  ['both `first` and `last`', { first: 1, last: 1 }, 'last'],
  ['a negative `first`', { first: -1 }, 'first'],
  ['a huge `first`', { first: 101 }, 'first'],
  ['a huge `last`', { last: 2_000_000_000 }, 'last'],
  ['a cursor that is no base64', { after: '!!!' }, 'after'],
  ['a cursor of JSON that is no list', { after: Buffer.from('{"a":1}').toString('base64url') }, 'after'],
  ['a cursor of another order', { after: cursor('a', 'name') }, 'after'],
  ['a cursor with something else than an id', { after: cursor('a', 'title', 'x') }, 'after'],
  ['a cursor that PostgreSQL cannot store', { after: cursor('a\0b') }, 'after'],
  ['a cursor that is no text in UTF-8', { after: cursor('a\ud800') }, 'after'],
  [
    'a cursor with a part too many',
    { after: Buffer.from(`["title","a","${id}",1]`).toString('base64url') },
    'after',
  ],
  [
    'a cursor with a number for a key',
    { after: Buffer.from(`["title",1,"${id}"]`).toString('base64url') },
    'after',
  ],
])('%s is refused with the argument that is wrong', (_case, args, path) => {
  const refusal = readPage(args, 'title', 'text')
  expect(refusal).toBeInstanceOf(InvalidInput)
  expect(refusal).toMatchObject({ issues: [{ path }] })
})

test.each<[KeyType, string, boolean]>([
  ['time', time, true],
  ['time', 'yesterday', false],
  ['time', '2026-11-22', false],
  ['time', '2026-13-22T00:00:00.000Z', false],
  ['time', '2026-02-30T00:00:00.000Z', false],
  ['time', '0000-01-01T00:00:00.000Z', false],
  ['id', id, true],
  ['id', '01900000-0000-7000-8000-000000000002', false],
  ['text', '', true],
])('a cursor of a list by %s with the key %s is taken: %s', (keyType, key, taken) => {
  const page = readPage({ after: cursor(key) }, 'title', keyType)
  if (taken) expect(page).toMatchObject({ after: { key, id } })
  else expect(page).toBeInstanceOf(InvalidInput)
})

test('an empty cursor counts as omitted', () => {
  expect(readPage({ first: 5, after: '' }, 'title', 'text')).toEqual(readPage({ first: 5 }, 'title', 'text'))
  expect(readPage({ last: 5, before: '' }, 'title', 'text')).toEqual(readPage({ last: 5 }, 'title', 'text'))
})
