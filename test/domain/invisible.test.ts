import { expect, test } from 'vitest'
import { withoutInvisible } from '../../src/domain/invisible.ts'
import { plainName } from '../../src/domain/tag-names.ts'
import { nameKey } from '../../src/domain/tag-tree.ts'

test.each([
  ['a zero-width space', 'Read\u200bing', 'Reading'],
  ['a zero-width no-break space', '\ufeffReading', 'Reading'],
  ['a left-to-right mark', 'Holiday\u200e', 'Holiday'],
  ['an Arabic letter mark', '\u061cHoliday', 'Holiday'],
  ['a right-to-left override', '\u202etest', 'test'],
  ['isolates', '\u2067test\u2069', 'test'],
  ['a soft hyphen', 'Garten\u00adbau', 'Gartenbau'],
  ['a word joiner', 'A\u2060B', 'AB'],
  ['an invisible operator', 'A\u2063B', 'AB'],
  ['a variation selector of an emoji', '❤\ufe0f', '❤'],
  ['a variation selector of text', '❤\ufe0e', '❤'],
  ['an ideographic variation selector', '葛\u{e0100}', '葛'],
  ['a combining grapheme joiner', 'e\u034f\u0301tude', 'étude'],
  ['a Hangul filler', '가\u3164', '가'],
  ['a half-width Hangul filler', '가\uffa0', '가'],
  ['letters of a tag without a flag', 'A\u{e0067}\u{e007f}', 'A'],
  ['a flag whose tag does not end', '🏴\u{e0067}', '🏴'],
  ['a control character', 'A\u0007B\u0085', 'AB'],
  ['the blank of Braille', 'A\u2800', 'A'],
  ['a joiner between Latin letters', 'A\u200dB', 'AB'],
  ['a non-joiner between Latin letters', 'A\u200cB', 'AB'],
  ['a joiner at the end', 'Reading\u200d', 'Reading'],
  ['a joiner after an emoji', '👩\u200d', '👩'],
  ['a non-joiner after an Arabic letter that joins nothing', 'کار\u200cخانه', 'کارخانه'],
  ['a non-joiner before a hamza', 'شی\u200cء', 'شیء'],
  ['a non-joiner at the end of a Persian word', 'خانه\u200c', 'خانه'],
  ['a second joiner', '👩\u200d\u200d🚀', '👩\u200d🚀'],
  ['a space of no width beside a joiner', 'می\u200b\u200cخواهم', 'می\u200cخواهم'],
])('%s makes no difference between names', (_what, one, other) => {
  expect(one).not.toBe(other)
  expect(nameKey(one)).toBe(nameKey(other))
})

test.each([
  ['the non-joiner of Persian', 'می\u200cخواهم', 'میخواهم'],
  ['the non-joiner after a virama', 'क्\u200cष', 'क्ष'],
  ['the joiner after a virama', 'क्\u200dष', 'क्ष'],
  ['the two joiners after a virama', 'क्\u200dष', 'क्\u200cष'],
  ['the joiner at the end of a word in Malayalam', 'അവന്\u200d', 'അവന്'],
  ['the joiner before a virama in Bengali', 'র\u200d্য', 'র্য'],
  ['the joiner of an emoji', '👩\u200d🚀', '👩🚀'],
  ['the joiner after a colour of skin', '👩🏽\u200d🚀', '👩🏽🚀'],
  ['the joiner of an emoji with a variation selector', '❤\ufe0f\u200d🔥', '❤🔥'],
  ['the colour of skin', '👍🏽', '👍'],
  [
    'the letters of a regional flag',
    '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
  ],
])('%s makes one', (_what, one, other) => {
  expect(nameKey(one)).not.toBe(nameKey(other))
})

test('an emoji with and without a variation selector is one, within a sequence too', () => {
  expect(nameKey('❤\ufe0f\u200d🔥')).toBe(nameKey('❤\u200d🔥'))
})

test('what is seen stays as it is, and what was removed once is removed', () => {
  for (const text of ['Reading', 'می\u200cخواهم', '👩🏽\u200d🚀', ' a\tb ', 'a\0b'])
    expect(withoutInvisible(text)).toBe(text)
  for (const text of ['e\u034f\u0301', '\u200c\u200dA\u200b\u200c', '🏴\u{e0067}', '\ufeff\u2800 A'])
    expect(nameKey(nameKey(text))).toBe(nameKey(text))
})

const characters = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))

test('no invisible character makes a difference between words, for the search as for the keys', () => {
  const ignorable = characters.filter((character) => /\p{Default_Ignorable_Code_Point}/u.test(character))
  expect(ignorable.length).toBeGreaterThan(4_000)
  for (const character of ignorable) {
    expect(nameKey(`Read${character}ing`)).toBe('reading')
    expect(plainName(`Read${character}ing`)).toBe('reading')
  }
})
