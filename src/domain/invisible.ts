// Characters that nobody sees make no difference between names. The joiners U+200C and U+200D do where a script or an
// emoji shows them: there they stay, by the contexts A1, A2 and B of Unicode's UAX #31 and between pictographs.

/**
 * Ignorable by default according to Unicode, and control characters except white space. NUL stays, so that a text with
 * it matches none.
 */
const hidden = /(?![\0\t-\r\u200c\u200d])[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu

/** A flag of a region, e.g. that of Scotland: its letters are ignorable characters, but the flag shows them. */
const regionFlag = /(\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f})/u

/** Arabic letters that do not join the next one, so that a non-joiner after them changes nothing. */
const endsJoin =
  '\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2-\u06d5\u06ee\u06ef'
const arabic = '\\p{Script=Arabic}'
const cursive =
  '[\\p{Script=Syriac}\\p{Script=Nko}\\p{Script=Mongolian}\\p{Script=Mandaic}\\p{Script=Adlam}\\p{Script=Phags_Pa}]'
/** The signs of Indic scripts that join consonants. */
const virama =
  '[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u1039\u17d2\u1a60\u1b44\u1baa\ua9c0\uaaf6]'

const shownJoiners = [
  `(?<=(?![${endsJoin}])${arabic}\\p{M}*)\u200c(?=\\p{M}*(?![\u0621\u0674])${arabic})`,
  `(?<=${cursive}\\p{M}*)\u200c(?=${cursive})`,
  `(?<=${virama}\\p{M}*)(?:\u200c(?=\\p{L})|\u200d)`,
  `(?<=\\p{L}\\p{M}*)[\u200c\u200d](?=${virama})`,
  `(?<=\\p{Extended_Pictographic}\\p{Emoji_Modifier}?)\u200d(?=\\p{Extended_Pictographic})`,
]
const joiner = new RegExp(`(${shownJoiners.join('|')})|[\u200c\u200d]`, 'gu')
const joinerRun = /([\u200c\u200d])[\u200c\u200d]+/g

const anyInvisible = /[\p{Default_Ignorable_Code_Point}\p{Cc}]/u

/** The text without the characters that nobody sees. */
export function withoutInvisible(text: string): string {
  if (!anyInvisible.test(text)) return text
  const parts = text.split(regionFlag)
  const bare = parts.map((part, at) => (at % 2 === 1 ? part : part.replace(hidden, ''))).join('')
  return bare.replace(joinerRun, '$1').replace(joiner, (_, shown?: string) => shown ?? '')
}
