import { pinyin } from 'pinyin-pro'
import { foldText } from './folding.ts'

// PostgreSQL compares the keys byte by byte, so the order is the same on every server, whatever its version of ICU.
// A key holds what names are sorted by, from the most to the least important: letters without accents and case, with
// numbers by their value and Chinese characters by their sound; then accents; then case.
//
// The keys are stored. After a change of the rules, a migration must mark them with `staleMark`, so that the server
// makes them again: `sort_key = E'\x01' || sort_key`.

/** A stored key that begins with it is not by the rules yet. It sorts before all that are. */
export const staleMark = '\x01'

/** Separates the levels of a key. Shorter names come first, since it sorts before everything in a level. */
const levelEnd = '\x01'
/** Between words, and before each symbol: both sort before numbers and letters. */
const [space, symbol] = ['\x02', '\x03']
/** Precedes each Chinese character. Sorts after the letters of alphabets and syllabaries. */
const chinese = '\ue000'
/** Follows a letter that stands after another one in the alphabet: sorts after everything that begins with that one. */
const after = '\u{10fffd}'

/** How many characters of a name count, and bytes of each level: an index entry must fit into a third of a page. */
const maxLength = 300
const [maxPrimaryBytes, maxAccentBytes] = [700, 300]

/** Letters whose place in the alphabet is not that of their code point: after these, in this order. */
const placedAfter: Readonly<Record<string, string>> = {
  г: 'ґғ',
  д: 'ђ',
  е: 'є',
  и: 'іїј',
  к: 'қ',
  л: 'љ',
  н: 'ңњ',
  о: 'ө',
  т: 'ћ',
  у: 'ўүұ',
  х: 'һ',
  ч: 'џ',
  а: 'ә',
  ب: 'پ',
  ت: 'ٹ',
  ج: 'چ',
  د: 'ڈ',
  ر: 'ڑ',
  ز: 'ژ',
  ك: 'کگ',
  ن: 'ں',
  ه: 'ہھ',
  ي: 'یے',
}
const placed = new Map(
  Object.entries(placedAfter).flatMap(([letter, others]) =>
    Array.from(others, (other, at) => [other, `${letter}${after}${at + 1}`] as const),
  ),
)

/** Sorted by: the kana without its voicing mark, as hiragana of full size. */
function plainKana(kana: string): string {
  const base = kana.normalize('NFD').charCodeAt(0)
  const hiragana = base >= 0x30a1 && base <= 0x30f6 ? base - 0x60 : base
  return String.fromCharCode(
    'ぁぃぅぇぉっゃゅょゎ'.includes(String.fromCharCode(hiragana)) ? hiragana + 1 : hiragana,
  )
}

const plainLetters = (text: string) =>
  foldText(text)
    .replace(/[\u3041-\u3096\u30a1-\u30fa]/g, plainKana)
    .replace(/[\u0400-\u06ff]/g, (letter) => placed.get(letter) ?? letter)

const isDigit = (code: number) => /^\p{Nd}$/u.test(String.fromCodePoint(code))

/** The digits of each script follow one another from zero on. */
function digitOf(character: string): number {
  const code = character.codePointAt(0) ?? 0
  let value = 0
  while (value < 9 && isDigit(code - value - 1)) value += 1
  return value
}

/** A number: how many digits its length has, its length, and its digits, so that 9 sorts before 10. */
function number(text: string): string {
  const digits = Array.from(text, digitOf)
    .join('')
    .replace(/^0+(?=.)/, '')
  const length = String(digits.length)
  return `${length.length}${length}${digits}`
}

/** Chinese characters: by pinyin with its tone, then by code point. Characters without a known reading come last. */
function sounds(text: string): string {
  const readings = pinyin(text, { toneType: 'num', type: 'array' })
  return Array.from(text, (character, at) => {
    const reading = readings[at] ?? ''
    const sound = /^[a-zü]+\d$/.test(reading) ? reading.replace('ü', 'u:') : '~'
    return `${chinese}${sound}${character}`
  }).join('')
}

const pieces =
  /(?<digits>\p{Nd}+)|(?<han>\p{Script=Han}+)|(?<blank> )|(?<letters>(?:(?!\p{Script=Han})[\p{L}\p{M}])+)|(?<other>.)/gsu

/** The first level: the text without accents and case. */
function primary(text: string): string {
  return text.replace(pieces, (...found) => {
    const piece = found.at(-1) as Partial<Record<'digits' | 'han' | 'blank' | 'letters' | 'other', string>>
    if (piece.digits !== undefined) return number(piece.digits)
    if (piece.han !== undefined) return sounds(piece.han)
    if (piece.blank !== undefined) return space
    return piece.letters === undefined ? symbol + (piece.other ?? '') : plainLetters(piece.letters)
  })
}

const isAscii = (text: string) => /^[\x00-\x7f]*$/.test(text)

/** Marks the capital letters, so that a name in lower case comes first. */
const capitals = (text: string) =>
  Array.from(text, (character) => (character === character.toLowerCase() ? '0' : '1'))
    .join('')
    .replace(/0+$/, '')

function cut(level: string, maxBytes: number): string {
  const bytes = Buffer.from(level)
  return bytes.length <= maxBytes
    ? level
    : bytes
        .subarray(0, maxBytes)
        .toString()
        .replace(/\ufffd+$/, '')
}

/** The key by which a name or title is sorted. */
export function sortKey(name: string): string {
  const text = name
    .slice(0, maxLength)
    .replace(/\p{Default_Ignorable_Code_Point}+/gu, '')
    .normalize('NFKC')
    .slice(0, maxLength)
    .toWellFormed()
    .replace(/[\s\p{Cc}\u2800]+/gu, ' ')
    .trim()
  const accents = isAscii(text) ? '' : text.normalize('NFD').toLowerCase()
  // A key must not begin with the mark of stale ones.
  const letters = cut(primary(text), maxPrimaryBytes) || symbol
  return [letters, cut(accents, maxAccentBytes), capitals(text)].join(levelEnd)
}

/** True for keys, by the rules or stale. A name has no control characters, except in rare cases. */
export const isSortKey = (text: string) => text.includes(levelEnd)
