import { expect, test } from 'vitest'
import { InvalidInput } from '../../src/domain/failure.ts'
import { parseQuery, searchDocument, type SearchQuery } from '../../src/domain/library-search.ts'

function parsed(query: string): SearchQuery {
  const result = parseQuery(query)
  if (result instanceof InvalidInput) throw new Error(result.message)
  return result
}

const document = (body: string, title = '') => searchDocument({ title, body })

/** The rule that the database carries out: the terms say where to look, the patterns decide. */
function finds(query: string, body: string, title = '') {
  const { terms, patterns } = parsed(query)
  const { text, terms: indexed } = document(body, title)
  const looked = terms.every((term) => indexed.includes(term))
  const matches = patterns.every((pattern) => text.includes(pattern))
  // A text that matches must never be passed over.
  if (matches) expect(looked).toBe(true)
  return matches
}

test.each([
  ['Hello, World!', ' hello world '],
  ["don't", ' don t '],
  ['a1 b-2', ' a1 b 2 '],
  ['數據庫，很Good的', ' 数据库 很 good 的 '],
  ['カメラーが', ' カメラーが '],
  ['x👨‍👩‍👧y', ' x 👨 👩 👧 y '],
  ['ภาษาไทย ok', ' ภาษาไทย ok '],
  ['!?', ''],
  ['', ''],
])('%j is stored as %j', (body, text) => {
  expect(document(body).text).toBe(text)
})

test('the title is a line of its own, also when it has no words', () => {
  expect(document('body', 'The title').text).toBe(' the title \n body ')
  expect(document('body', '!!').text).toBe('\n body ')
})

test('nothing is found across the border of title and text', () => {
  expect(finds('"title body"', 'body', 'title')).toBe(false)
  expect(finds('标题', '题', '标')).toBe(false)
  expect(finds('title body', 'body', 'title')).toBe(true)
})

test.each([
  ['h', 'h', true],
  ['h', 'harbour', false],
  ['ha', 'harbour', true],
  ['harb', 'harbour', true],
  ['harbo', 'harbour', true],
  ['harbour', 'harbour', true],
  ['internationalisat', 'internationalisation', true],
  ['internationalise', 'internationalisation', false],
  ['"harbo"', 'harbour', false],
  ['"harbour"', 'harbour', true],
  ['“lay quiet”', 'it lay quiet', true],
  ['«lay quiet»', 'it lay quiet', true],
  ['「静か」', '港は静かだ', true],
  ['"unclosed word', 'an unclosed word', true],
  ['基', '基础', true],
  ['基础', '基础', true],
  ['基础课', '基础', false],
  ['py基础', 'python 基础', false],
  ['py 基础', 'python 基础', true],
  ['𠮷野', '𠮷野家', true],
  ['𠮷', '𠮷野家', true],
])('%j in %j: %s', (query, body, found) => {
  expect(finds(query, body)).toBe(found)
})

test('a title is equal, begins so or has the words, whatever its case and signs', () => {
  const title = document('', 'Red Ink!').text.split('\n')[0] ?? ''
  expect(title).toBe(parsed('red ink').title)
  expect(title.startsWith(parsed('red in').titleStart)).toBe(true)
  expect(title.startsWith(parsed('ed ink').titleStart)).toBe(false)
})

test.each([
  ['', 'Give at least one'],
  [' \t\n', 'Give at least one'],
  ['!!! … 。', 'Give at least one'],
  ['\u200d', 'Give at least one'],
  ['a'.repeat(201), 'Give at most 200 characters; you gave 201.'],
])('the query %j is refused: %s', (query, message) => {
  const result = parseQuery(query)
  expect(result).toBeInstanceOf(InvalidInput)
  expect((result as InvalidInput).issues[0]?.message).toContain(message)
})

test('patterns have nothing that means more than itself to LIKE, nor what a database cannot store', () => {
  const every = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code))
  const odd = [...every, '\ud800', '\udc00', '\ufffe', '\uffff', '％', '＿', '＼']
  for (const character of odd) {
    const result = parseQuery(`a${character}b`)
    const { patterns, title } = result as SearchQuery
    expect(patterns.join('')).not.toMatch(/[%_\\\0\n]/)
    expect(title.isWellFormed()).toBe(true)
  }
})

test('terms are sorted and different, and the same for the same text for ever', () => {
  const { terms } = document('Ink 墨水 and 🎉', 'Ink')
  expect(terms).toEqual([...new Set(terms)].sort((one, other) => one - other))
  expect(Math.max(...terms)).toBeLessThan(2 ** 24)
  expect(document('ink').terms).toEqual([3297364, 3406964])
})

test('the largest block has its terms, be it all different characters', () => {
  const text = Array.from({ length: 100_000 }, (_, index) =>
    String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000)),
  )
  expect(document(text.join('')).terms.length).toBeLessThanOrEqual(200_000)
})
