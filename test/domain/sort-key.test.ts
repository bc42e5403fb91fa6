import { expect, test } from 'vitest'
import { isSortKey, sortKey } from '../../src/domain/sort-key.ts'

/** As PostgreSQL compares text with the collation C. */
const compare = (one: string, other: string) =>
  Buffer.compare(Buffer.from(sortKey(one)), Buffer.from(sortKey(other)))
const sorted = (names: readonly string[]) => [...names].sort(compare)

test.each([
  ['accents', ['Äpfel', 'apple', 'Éclair', 'ñandu', 'nut', 'Öl', 'Zebra'], true],
  ['words', ['co op', 'co-op', 'coop', 'New York', 'Newark'], true],
  ['numbers', ['Chapter 1', 'Chapter 2', 'Chapter 010', 'Chapter 11', 'Chapter 100', 'Chapter A'], true],
  ['numbers longer than any type', ['9', '1'.repeat(30), `2${'0'.repeat(29)}`, '1'.repeat(120)], true],
  ['numbers of other scripts', ['فصل ٢', 'فصل ۹', 'فصل ١٠'], true],
  ['accents before case', ['resume', 'Resume', 'résumé', 'Résumé'], true],
  ['the shorter name', ['C', 'C#', 'Car', 'Card'], false],
  ['symbols and emoji before numbers and letters', ['- a', '“b”', '🎉 party', '1 a', 'a'], false],
  [
    'letters of several alphabets',
    ['Zebra', 'Ωmega', 'Ящик', 'שלום', 'مرحبا', 'नमस्ते', 'かな', '한국', '书'],
    false,
  ],
  [
    'ligatures and letters with strokes',
    ['Aes', 'Æther', 'Affe', 'Łódź', 'Lohn', 'oslo', 'Østfold', 'straße', 'Strauss'],
    false,
  ],
  ['Ukrainian', ['Ганна', 'ґанок', 'дім', 'євро', 'Жито', 'Іван', 'їжак', 'йод'], true],
  ['Persian', ['آب', 'بار', 'پدر', 'تاج', 'چای', 'خانه', 'ژاله', 'کتاب', 'گل', 'لب'], true],
  ['kana, whatever their size and script', ['あい', 'アウ', 'か', 'ガ', 'き', 'きゃ', 'きやく'], false],
])('%s', (_what, names, asIcu) => {
  expect(sorted([...names].reverse())).toEqual(names)
  // The collation that people know, in Unicode's own order of the roots.
  if (asIcu) expect([...names].sort(new Intl.Collator('und', { numeric: true }).compare)).toEqual(names)
})

test('Chinese names come by the sound of their characters, in a word too, after all alphabets', () => {
  const names = ['zebra', '阿姨', '重庆', '国家', '國家', '女', '暖', '万物', '王湾', '行走', '银行', '重量']
  expect(sorted([...names].reverse())).toEqual([
    'zebra',
    '阿姨',
    '重庆',
    '国家',
    '國家',
    '女',
    '暖',
    '万物',
    '王湾',
    '行走',
    '银行',
    '重量',
  ])
})

test('each alphabet comes in its order', () => {
  const alphabets = [
    'абвгґдеєжзиіїйклмнопрстуфхцчшщьюя',
    'абвгдђежзијклљмнњопрстћуфхцчџш',
    'абвгдеёжзийклмнопрстуфхцчшщъыьэюя',
    'ابتثجحخدذرزسشصضطظعغفقكلمنهوي',
    'ابپتثجچحخدذرزژسشصضطظعغفقکگلمنهوی',
    'אבגדהוזחטיכלמנסעפצקרשת',
    'αβγδεζηθικλμνξοπρστυφχψω',
    'աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ',
    'กขคงจฉชซญณดตถทธนบปผพฟมยรลวศษสหอฮ',
    '가나다라마바사아자차카타파하',
  ]
  for (const alphabet of alphabets) expect(sorted(Array.from(alphabet).reverse()).join('')).toBe(alphabet)
})

test.each([
  ['blanks around', '  Chapter 2 ', 'Chapter 2'],
  ['the amount of blanks', 'to \u3000 do', 'to do'],
  ['invisible characters', 'Read\u200bing\u200e', 'Reading'],
  ['zeros before a number', 'Chapter 002', 'Chapter 2'],
  ['the way an accent is written', 'cafe\u0301', 'café'],
])('%s make no difference', (_what, one, other) => {
  expect(compare(one, other)).toBe(0)
})

test('a key is short, well-formed and not like those that are to be made again, whatever the name', () => {
  const names = [
    '',
    ' ',
    '\u200b',
    '\u0301',
    '\x01',
    '\x01a',
    'a',
    '\ud83c',
    '中'.repeat(500),
    '\ufdfa'.repeat(500),
    'é'.repeat(500),
    '😀'.repeat(250),
    'A'.repeat(500),
    '1'.repeat(500),
  ]
  for (const name of names) {
    const key = sortKey(name)
    expect(key.isWellFormed() && !key.includes('\0') && isSortKey(key)).toBe(true)
    expect(key >= '\x02').toBe(true)
    expect(Buffer.byteLength(key)).toBeLessThan(1_400)
  }
})

test('the order of stored keys stays: whoever changes the rules must have all keys made again', () => {
  expect(['Éclair Nr. 12', 'ビル', '银行 女', 'Straße'].map(sortKey)).toEqual([
    'eclair\x02nr\x03.\x021212\x01e\u0301clair nr. 12\x0110000001',
    'ひる\x01ヒ\u3099ル\x01',
    '\ue000yin2银\ue000hang2行\x02\ue000nu:3女\x01银行 女\x01',
    'strasse\x01straße\x011',
  ])
})
