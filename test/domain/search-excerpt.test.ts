import { expect, test } from 'vitest'
import { parseQuery, type SearchQuery } from '../../src/domain/library-search.ts'
import { excerptOf, matchedPatterns } from '../../src/domain/search-excerpt.ts'

const query = (text: string) => parseQuery(text) as SearchQuery

/** The excerpt with what is highlighted in brackets. */
const shown = (text: string, words: string) =>
  excerptOf(text, query(words).patterns)
    .map((part) => (part.highlighted ? `[${part.text}]` : part.text))
    .join('')

const filler = (word: string, count: number) => `${word} `.repeat(count)

test.each([
  ['harbour', 'The Harbour lay quiet.', 'The [Harbour] lay quiet.'],
  ['har', 'The Harbour lay quiet.', 'The [Har]bour lay quiet.'],
  ['quiet the', 'The Harbour lay quiet.', '[The] Harbour lay [quiet].'],
  ['"lay quiet"', 'lay low, lay, quiet', 'lay low, [lay, quiet]'],
  ['find', 'ﬁnd it', '[ﬁnd] it'],
  ['fi', 'ﬁnd it', '[ﬁ]nd it'],
  ['istanbul', 'In İSTANBUL!', 'In [İSTANBUL]!'],
  ['etude', 'e\u0301tude', '[e\u0301tude]'],
  ['strasse', 'Straße', '[Straße]'],
  ['数据', '關係數據庫', '關係[數據]庫'],
  ['的', '我的你的', '我[的]你[的]'],
  ['カメラ', 'ｶﾒﾗｰ', '[ｶﾒﾗ]ｰ'],
  ['🎉', 'a🎉b', 'a[🎉]b'],
  ['ok', '👩🏽‍🚀👨‍👩‍👧 ok 🇩🇪', '👩🏽‍🚀👨‍👩‍👧 [ok] 🇩🇪'],
  ['👍🏽', 'a👍🏽b', 'a[👍🏽]b'],
  ['👩', '👨‍👩‍👧 b', '[👨‍👩‍👧] b'],
  ['ink', 'ink ink', '[ink] [ink]'],
  ['a ab', 'ab a', '[ab] [a]'],
  ['nothing', 'of it', 'of it'],
  ['nothing', '', ''],
])('%j in %j', (words, text, excerpt) => {
  expect(shown(text, words)).toBe(excerpt)
})

test('an excerpt of a long text is around the place that has most of the query', () => {
  const text = `${filler('one', 100)}ink ${filler('two', 100)}red ink here ${filler('three', 100)}`
  const excerpt = shown(text, 'red ink')
  expect(excerpt).toContain('two two [red] [ink] here three')
  expect(excerpt).toMatch(/^…two .* three…$/)
})

test.each([
  ['English', `${filler('word', 300)}harbour ${filler('word', 300)}`, 'harbour'],
  ['Chinese', `${'港口静静地躺着'.repeat(60)}船只${'港口静静地躺着'.repeat(60)}`, '船只'],
  ['characters of several code points', `${'👨‍👩‍👧e\u0301'.repeat(60)} ink ${'👩🏽‍🚀'.repeat(60)}`, 'ink'],
  ['surrogate pairs', `${'𠮷'.repeat(300)}野${'𠮷'.repeat(300)}`, '野'],
  ['one endless word', `${'x'.repeat(1000)} ink ${'y'.repeat(1000)}`, 'ink'],
  ['endless combining marks', `ink ${'e' + '\u0301'.repeat(3000)}`, 'ink'],
])('an excerpt of %s is short, a piece of the original, and cut between characters', (_what, text, words) => {
  const parts = excerptOf(text, query(words).patterns)
  const whole = parts.map((part) => part.text).join('')
  const inner = whole.replace(/^…/, '').replace(/…$/, '')
  expect(whole.length).toBeLessThan(300)
  expect(text).toContain(inner)
  expect(inner.isWellFormed()).toBe(true)
  expect(parts.filter((part) => part.highlighted)).toHaveLength(1)
  const borders = new Set(Array.from(new Intl.Segmenter().segment(text), ({ index }) => index))
  if (!text.includes('\u0301'.repeat(100))) expect(borders.has(text.indexOf(inner))).toBe(true)
})

test('what was found is shown whole, at the end of characters of several code points and when it is long', () => {
  expect(shown(`${'a\u0301'.repeat(300)} accent`, 'accent')).toMatch(/ \[accent\]$/)
  expect(shown('的'.repeat(300), '的'.repeat(200))).toBe(`[${'的'.repeat(200)}]…`)
  expect(shown('x'.repeat(5_000), 'x'.repeat(200))).toBe(`[${'x'.repeat(200)}]…`)
})

test('a match far down in the longest text is found', () => {
  const text = `${filler('word', 19_900)}harbour`
  expect(shown(text, 'harb')).toMatch(/^…word .* \[harb\]our$/)
})

test('a match on the border of two pieces of a long text is found', () => {
  for (let before = 3_950; before < 4_010; before += 7) {
    expect(shown(`${'x'.repeat(before)} ink and more ${filler('word', 500)}`, 'ink')).toContain('[ink] and')
  }
})

test('how much of a query a text has is told', () => {
  expect(matchedPatterns('red and blue ink', query('red ink green').patterns)).toBe(2)
  expect(matchedPatterns('', query('red').patterns)).toBe(0)
})
