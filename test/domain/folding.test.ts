import { expect, test } from 'vitest'
import { foldText, foldWithOffsets } from '../../src/domain/folding.ts'

test.each([
  ['', ''],
  ['TypeScript', 'typescript'],
  ['Ｗｉｄｅ　１２３', 'wide 123'],
  ['ﬁne ﬂow', 'fine flow'],
  ['Café', 'cafe'],
  ['Cafe\u0301', 'cafe'],
  ['Ångström', 'angstrom'],
  ['Straße', 'strasse'],
  ['Łódź, Ørsted', 'lodz, orsted'],
  ['İstanbul', 'istanbul'],
  ['Tiếng Việt', 'tieng viet'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['άλφα', 'αλφα'],
  ['Ёлка', 'елка'],
  ['Йод', 'йод'],
  ['За\u0301мок', 'замок'],
  ['ガ', 'ガ'],
  ['カ\u3099', 'ガ'],
  ['ｶﾞｷﾞ', 'ガギ'],
  ['ポスト', 'ポスト'],
  ['한국', '한국'],
  ['한국'.normalize('NFD'), '한국'],
  ['圖書館', '图书馆'],
  ['裡面，裏面', '里面,里面'],
  ['為了 爲了', '为了 为了'],
  ['衞生 看著', '卫生 看着'],
  ['什么', '什么'],
  ['㍿', '株式会社'],
  ['\ufa0a', '见'],
  ['❤\ufe0f', '❤'],
  ['soft\u00adhyphen\u200b', 'softhyphen'],
  ['😀', '😀'],
  ['𠀋𝐀', '𠀋a'],
  ['a' + '\u0301'.repeat(10_000), 'a'],
  ['\ud800x', '\ud800x'],
])('%j is folded to %j', (text, folded) => {
  expect(foldText(text)).toBe(folded)
})

/** Characters that normalise, combine, vanish or grow, and plain ones. */
const odd = [
  ...Array.from('aAéÉßİıΣςæﬁ１２ Ａ\t\n%_\\'),
  ...['\u0301', '\u0308', '\u3099', '\u309a', '\uff9e', '\u200d', '\ufe0f', '\u00ad', '\u034f'],
  ...Array.from('カｶはハｱ圖图書裡為著乾后後薴苧'),
  ...['ᄒ', 'ᅡ', 'ᆫ', 'ㄱ', 'ㅏ', '하', '한', '\uffa1', '\uffc2', '\u3164'],
  ...[
    'ё',
    'е',
    'и',
    'й',
    '\u0306',
    'ﷺ',
    '㌀',
    '㈱',
    '\ufa0a',
    '\u{2f800}',
    '😀',
    '👨‍👩‍👧',
    '\u{1d15e}',
    '\u{e0100}',
  ],
  ...['\ud800', '\udc00', '\u0f71', '\u0f72', '\u09c7', '\u09be', 'ক', '\u05d0', '\u05b7', '\u0344', '\0'],
]

/** The same numbers each time, so that a failure can be seen again. */
function numbers(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const randomTexts = () => {
  const random = numbers(7)
  return Array.from({ length: 5_000 }, () =>
    Array.from({ length: random(12) }, () => odd[random(odd.length)] ?? '').join(''),
  )
}

const everyCharacter = function* () {
  for (let code = 0; code <= 0x10ffff; code += 1) yield String.fromCodePoint(code)
}

test('folding what is folded changes nothing, for every character', () => {
  const changed: string[] = []
  for (const character of everyCharacter()) {
    const folded = foldText(character)
    // Otherwise it would be folded a second time for the same result.
    if (folded !== character && foldText(folded) !== folded) changed.push(character)
  }
  expect(changed).toEqual([])
})

test('folding what is folded changes nothing, for random texts of odd characters', () => {
  for (const text of randomTexts()) {
    const folded = foldText(text)
    expect(foldText(folded), JSON.stringify(text)).toBe(folded)
  }
})

test('canonically equal texts fold alike', () => {
  for (const text of randomTexts()) {
    for (const form of ['NFC', 'NFD']) {
      expect(foldText(text.normalize(form)), JSON.stringify(text)).toBe(foldText(text))
    }
  }
})

test('offsets belong to the same folded text and lead back to the characters it came from', () => {
  for (const text of randomTexts()) {
    const { folded, offsets } = foldWithOffsets(text)
    expect(folded).toBe(foldText(text))
    expect(offsets).toHaveLength(folded.length)
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
    for (const offset of offsets) expect(offset).toBeLessThan(text.length)
  }
})

test('the part of a text between two offsets folds to the part between their folded units', () => {
  const text = 'Die Straße, 圖書館 und ｶﾞﾗｽ: Cafe\u0301 ①㍿!'
  const { folded, offsets } = foldWithOffsets(text)
  for (const part of ['strasse', '图书馆', 'ガラス', 'cafe', '1株式会社!']) {
    const at = folded.indexOf(part)
    expect(at).toBeGreaterThan(-1)
    const after = offsets[at + part.length] ?? text.length
    expect(foldText(text.slice(offsets[at], after))).toBe(part)
  }
})
