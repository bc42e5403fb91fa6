import hongKong from 'opencc-js/dict/HKVariantsRev'
import taiwan from 'opencc-js/dict/TWVariantsRev'
import traditional from 'opencc-js/dict/TSCharacters'

// Folding makes spellings equal for a search. It works cluster by cluster (a character with its combining marks), never
// by words, so that a part of a text folds as it does within the whole and offsets can be mapped.

/** Letters that users type without their stroke or as two letters, and that no normalisation decomposes. */
const plainLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
  ё: 'е',
}

const pairsOf = (dictionary: string): [string, string][] =>
  dictionary.split('|').map((pair) => {
    const [from = '', to = ''] = pair.split(' ')
    return [from, to]
  })

/** Maps traditional characters, including those of Taiwan and Hong Kong, to simplified ones. */
const simplified = new Map(pairsOf(traditional))
for (const [variant, character] of [...pairsOf(taiwan), ...pairsOf(hongKong)]) {
  // 么 is also a simplified character itself.
  if (variant !== '么' && !simplified.has(variant))
    simplified.set(variant, simplified.get(character) ?? character)
}
for (const [from, to] of simplified) simplified.set(from, simplified.get(to) ?? to)

const ignorable = /\p{Default_Ignorable_Code_Point}+/gu
/**
 * Accents that any letter can have, and the vowel points and other marks of Hebrew and Arabic, which are rarely
 * written. Marks of Japanese and Indic scripts, and the Arabic hamza, make different letters and stay.
 */
const accents =
  /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652\u0670]+/g
const cyrillic = /^\p{Script=Cyrillic}/u

const decomposed = (text: string) => text.normalize('NFKD').toLowerCase().normalize('NFKD')

function foldCluster(cluster: string): string {
  const base = decomposed(cluster.replace(ignorable, ''))
  // й, ї and ў are letters of their own, so Cyrillic accents stay where they make one.
  const bare = (cyrillic.test(base) ? base.normalize('NFC') : base).replace(accents, '').normalize('NFC')
  let folded = ''
  for (const character of bare) folded += plainLetters[character] ?? simplified.get(character) ?? character
  return folded
}

const markPattern = /^[\p{M}\p{Default_Ignorable_Code_Point}\uff9e\uff9f]$/u
const isJamo = (code: number) =>
  (code >= 0x1100 && code <= 0x11ff) ||
  (code >= 0x3131 && code <= 0x318e) ||
  (code >= 0xa960 && code <= 0xa97c) ||
  (code >= 0xd7b0 && code <= 0xd7fb) ||
  (code >= 0xffa0 && code <= 0xffdc)
const isHangul = (code: number) => (code >= 0xac00 && code <= 0xd7a3) || isJamo(code)

/** A cache for the characters of the first plane; the same few thousand occur again and again. */
const kinds = new Uint8Array(0x10000)
const foldedAlone = new Map<number, string>()
const [plain, mark, jamo] = [1, 2, 3]

function kindOf(code: number): number {
  const known = code < 0x10000 ? kinds[code] : 0
  if (known) return known
  const kind = isJamo(code) ? jamo : markPattern.test(String.fromCodePoint(code)) ? mark : plain
  if (code < 0x10000) kinds[code] = kind
  return kind
}

/** Folds a character that has no combining marks. */
function foldCode(code: number): string {
  const known = foldedAlone.get(code)
  if (known !== undefined) return known
  const folded = foldCluster(String.fromCodePoint(code))
  if (code < 0x10000) foldedAlone.set(code, folded)
  return folded
}

const lengthOf = (code: number) => (code < 0x10000 ? 1 : 2)

/** Calls `emit` with the folded text of each cluster and its offset. */
function eachCluster(text: string, emit: (folded: string, start: number) => void) {
  let start = 0
  while (start < text.length) {
    const first = text.codePointAt(start) ?? 0
    let end = start + lengthOf(first)
    // Folding removes marks between the parts of a Korean syllable, so that the parts join.
    let hangul = isHangul(first)
    while (end < text.length) {
      const next = text.codePointAt(end) ?? 0
      if (next < 0x80) break
      const kind = kindOf(next)
      if (kind === plain || (kind === jamo && !hangul)) break
      end += lengthOf(next)
      hangul ||= kind === jamo
    }
    const alone = end === start + lengthOf(first)
    emit(alone ? foldCode(first) : foldCluster(text.slice(start, end)), start)
    start = end
  }
}

const ascii = /^[\x00-\x7f]*$/

/**
 * The normalised text for searches: full-width characters and ligatures as plain letters, lower case, without accents
 * and invisible characters, traditional Chinese as simplified. Folding is idempotent.
 */
export function foldText(text: string): string {
  if (ascii.test(text)) return text.toLowerCase()
  let folded = ''
  eachCluster(text, (cluster) => (folded += cluster))
  return folded
}

/** The folded text and, for each of its UTF-16 units, the offset of its original character. */
export function foldWithOffsets(text: string): { folded: string; offsets: number[] } {
  let folded = ''
  const offsets: number[] = []
  eachCluster(text, (cluster, start) => {
    folded += cluster
    for (let unit = 0; unit < cluster.length; unit += 1) offsets.push(start)
  })
  return { folded, offsets }
}
