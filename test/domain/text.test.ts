import { expect, test } from 'vitest'
import { attributeLimits, InputCheck, isUuid } from '../../src/domain/text.ts'

const check = (use: (input: InputCheck) => void) => {
  const input = new InputCheck()
  use(input)
  return input.failure()
}

const nested = (levels: number): object => (levels === 1 ? {} : { inner: nested(levels - 1) })

test.each<[string, (input: InputCheck) => void]>([
  ['a line with something to see', (input) => input.line('name', ' a ', 10)],
  ['a line of one character that has no meaning yet', (input) => input.line('name', '\ue000', 10)],
  ['a line as long as it may be', (input) => input.line('name', 'x'.repeat(10), 10)],
  ['a text of characters outside the basic plane', (input) => input.text('content', '𠮷😀'.repeat(5), 10)],
  ['a line that is not given', (input) => input.line('name', undefined, 10)],
  ['an empty text', (input) => input.text('content', '', 10)],
  ['a text that is null', (input) => input.text('content', null, 10)],
  ['a text with Chinese and emoji', (input) => input.text('content', '书 😀', 10)],
  ['a text with line breaks', (input) => input.text('content', 'a\r\n\tb', 10)],
  ['a field that is left out', (input) => input.present('kind', undefined)],
  ['a field that is given', (input) => input.present('kind', 'TEXT')],
  ['no attributes', (input) => input.attributes('attributes', undefined)],
  ['attributes of every type', (input) => input.attributes('a', { a: [1, 'x', null, true, { b: 0.5 }] })],
  ['attributes as deep as they may be', (input) => input.attributes('a', nested(attributeLimits.depth))],
  ['attributes as large as they may be', (input) => input.attributes('a', { a: 'x'.repeat(16 * 1024 - 8) })],
])('%s is fine', (_case, use) => {
  expect(check(use)).toBeUndefined()
})

test.each<[string, (input: InputCheck) => void, RegExp]>([
  ['an empty line', (input) => input.line('here', '', 10), /visible/],
  ['a line of spaces', (input) => input.line('here', ' \t\n\u3000', 10), /visible/],
  ['a line of what is invisible', (input) => input.line('here', '\u200b\u00ad\x01\u3164', 10), /visible/],
  ['a line that is too long', (input) => input.line('here', 'x'.repeat(11), 10), /at most 10 .* you gave 11/],
  [
    'a text that is too long',
    (input) => input.text('here', '😀'.repeat(11), 10),
    /at most 10 .* you gave 11/,
  ],
  ['a text with NUL', (input) => input.text('here', 'a\0b', 10), /NUL/],
  ['a text with half a character', (input) => input.text('here', 'a\ud800', 10), /surrogates/],
  ['a null that means nothing', (input) => input.present('here', null), /leave the field out/],
  [
    'attributes that are too deep',
    (input) => input.attributes('here', nested(attributeLimits.depth + 1)),
    /8 levels/,
  ],
  ['lists that are too deep', (input) => input.attributes('here', { a: [[[[[[[[1]]]]]]]] }), /8 levels/],
  [
    'attributes that are too large',
    (input) => input.attributes('here', { a: 'x'.repeat(16 * 1024) }),
    /16384 bytes/,
  ],
  [
    'attributes too large in bytes',
    (input) => input.attributes('here', { a: '书'.repeat(6_000) }),
    /16384 bytes/,
  ],
  ['attributes with NUL', (input) => input.attributes('here', { a: ['\0'] }), /NUL/],
  ['attributes with NUL in a name', (input) => input.attributes('here', { 'a\0': 1 }), /NUL/],
  ['attributes with half a character', (input) => input.attributes('here', { a: '\udc00' }), /surrogates/],
  ['attributes with infinity', (input) => input.attributes('here', { a: 1e999 }), /finite/],
])('%s is refused', (_case, use, message) => {
  const invalid = check(use)
  expect(invalid?.issues).toHaveLength(1)
  expect(invalid?.issues[0]).toMatchObject({
    path: 'here',
    message: expect.stringMatching(message) as string,
  })
})

test('everything that is wrong is told at once', () => {
  const invalid = check((input) => {
    input.line('title', '', 10)
    input.text('summary', 'x'.repeat(11), 10)
    input.refuse('blocks', 'Give some.')
  })
  expect(invalid?.issues.map(({ path }) => path)).toEqual(['title', 'summary', 'blocks'])
})

test.each([
  ['01900000-0000-7000-8000-000000000001', true],
  ['01900000-0000-7000-8000-00000000000A', false],
  ['', false],
  ['book-1', false],
  ['01900000-0000-7000-8000-00000000000', false],
  ['01900000-0000-7000-8000-0000000000011', false],
  ['{01900000-0000-7000-8000-000000000001}', false],
  ['01900000000070008000000000000001', false],
  ['01900000-0000-7000-8000-00000000000g', false],
  ["01900000-0000-7000-8000-000000000001'; drop table books", false],
  ['01900000-0000-7000-8000-000000000001\n', false],
])('%j is a UUID: %s', (text, expected) => {
  expect(isUuid(text)).toBe(expected)
})
