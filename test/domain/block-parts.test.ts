import { expect, test } from 'vitest'
import { cutText, joinTexts, kindOfPart } from '../../src/domain/block-parts.ts'

test.each([
  ['abcdef', [3], ['abc', 'def']],
  ['abcdef', [0], ['', 'abcdef']],
  ['abcdef', [6], ['abcdef', '']],
  ['abcdef', [1, 2, 5], ['a', 'b', 'cde', 'f']],
  ['', [0], ['', '']],
  ['a\n\nb', [1], ['a', '\n\nb']],
  // Offsets count code points: each of these is two units of a JavaScript string.
  ['😀𠮷文', [1, 2], ['😀', '𠮷', '文']],
])('%j cut at %j is %j', (text, at, parts) => {
  expect(cutText(text, at)).toEqual(parts)
  expect(parts.join('')).toBe(text)
})

test.each([
  ['within a family', 'ab👨‍👩‍👧c', [4], 'at.0', 'Cut at 2 or 7.'],
  ['within a flag', '🇨🇳x', [1, 2], 'at.0', 'Cut at 0 or 2.'],
  ['between a letter and its accent', 'e\u0301a', [1], 'at.0', 'Cut at 0 or 2.'],
  ['between CR and LF', 'a\r\nb', [1, 2], 'at.1', 'Cut at 1 or 3.'],
  ['beyond the end', 'abc', [2, 4], 'at.1', 'Give an offset of 2 to 3.'],
])('a cut %s is refused, and the message says where to cut', (_case, text, at, path, hint) => {
  const refusal = cutText(text, at)
  expect(refusal).toMatchObject({ __typename: 'InvalidInput', issues: [{ path }] })
  expect((refusal as { message: string }).message).toContain(hint)
})

test('a part after a heading or a picture is a plain text, another has the kind and attributes of the block', () => {
  for (const kind of ['HEADING', 'IMAGE', 'VIDEO', 'DIVIDER'])
    expect(kindOfPart({ kind, attributes: { level: 2 } })).toEqual({ kind: 'TEXT', attributes: {} })
  const code = { kind: 'CODE', attributes: { language: 'ts' } }
  expect(kindOfPart(code)).toEqual(code)
})

test('joined texts have the separator between those that are not empty, and stay within the limit', () => {
  expect(joinTexts(['a', '', 'b'], '\n\n')).toBe('a\n\nb')
  expect(joinTexts(['', ''], '-')).toBe('')
  const long = 'x'.repeat(60_000)
  expect(joinTexts([long, long], '')).toMatchObject({
    __typename: 'InvalidInput',
    issues: [{ path: 'blockIds' }],
  })
})
