import { pinyin, polyphonic } from 'pinyin-pro'
import { charactersOf, isHan } from './tag-names.ts'

// The sound of a name, as text: each character of its words as a token, followed by its readings. Text other than
// Chinese reads as it is written. 'C语言' becomes ' c/c 语/yu 言/yan'. A query becomes regular expressions over such texts,
// in a syntax that PostgreSQL and JavaScript share, and terms for finding candidates.

const maxReadings = 4

/** All pinyin syllables, grouped by initial letter. */
const syllables = new Set(
  `a ai an ang ao|ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu|ca cai can cang cao ce cen ceng cha chai
  chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang chui chun chuo ci cong cou cu cuan cui cun
  cuo|da dai dan dang dao de dei den deng di dia dian diao die ding diu dong dou du duan dui dun duo|e ei en eng er|fa fan
  fang fei fen feng fo fou fu|ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui gun guo|ha hai han
  hang hao he hei hen heng hong hou hu hua huai huan huang hui hun huo|ji jia jian jiang jiao jie jin jing jiong jiu ju
  juan jue jun|ka kai kan kang kao ke kei ken keng kong kou ku kua kuai kuan kuang kui kun kuo|la lai lan lang lao le lei
  leng li lia lian liang liao lie lin ling liu lo long lou lu luan lun luo lv lve lue|m ma mai man mang mao me mei men meng
  mi mian miao mie min ming miu mo mou mu|n na nai nan nang nao ne nei nen neng ng ni nian niang niao nie nin ning niu nong
  nou nu nuan nue nuo nv nve|o ou|pa pai pan pang pao pei pen peng pi pian piao pie pin ping po pou pu|qi qia qian qiang
  qiao qie qin qing qiong qiu qu quan que qun|ran rang rao re ren reng ri rong rou ru rua ruan rui run ruo|sa sai san sang
  sao se sen seng sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang shui shun shuo si song
  sou su suan sui sun suo|ta tai tan tang tao te tei teng ti tian tiao tie ting tong tou tu tuan tui tun tuo|wa wai wan
  wang wei wen weng wo wu|xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue xun|ya yan yang yao ye yi yin ying yo
  yong you yu yuan yue yun|za zai zan zang zao ze zei zen zeng zha zhai zhan zhang zhao zhe zhei zhen zheng zhi zhong zhou
  zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo`.split(/[\s|]+/),
)

const longestSyllable = 6
const beginnings = new Set(
  [...syllables].flatMap((syllable) => Array.from(syllable, (_, at) => syllable.slice(0, at + 1))),
)

/** People type `ü` as `v`, or as `u`. */
const typed = (reading: string) =>
  reading.includes('ü') ? [reading.replace('ü', 'v'), reading.replace('ü', 'u')] : [reading]
const isReading = (text: string) => /^[a-zü]+$/.test(text)

/** Readings of characters that are folded to a character with another sound: 著, 乾 (as in 乾隆) and 徵. */
const foldedReadings: Readonly<Record<string, string>> = { 着: 'zhu', 干: 'qian', 征: 'zhi' }

const alone = new Map<string, readonly string[]>()

/** The readings of a character in any context. */
function readingsAlone(character: string): readonly string[] {
  const known = alone.get(character)
  if (known) return known
  const found: unknown = polyphonic(character, { toneType: 'none', type: 'array' }).flat()
  const folded = foldedReadings[character]
  const all = [...(found as string[]).filter(isReading), ...(folded ? [folded] : [])]
  alone.set(character, all)
  return all
}

interface Token {
  readonly text: string
  /** Empty for characters that are not Chinese or have no known reading. */
  readonly readings: readonly string[]
}

/** The characters of the words of a plain name; Chinese characters have their readings, most likely first. */
export function tokensOf(plain: string): Token[] {
  const characters = charactersOf(plain)
  const tokens: Token[] = []
  for (let at = 0; at < characters.length;) {
    const text = characters[at]?.text ?? ''
    if (!isHan(text)) {
      if (/[\p{L}\p{N}\p{M}]/u.test(text)) tokens.push({ text, readings: [] })
      at += 1
      continue
    }
    let end = at
    while (end < characters.length && isHan(characters[end]?.text ?? '')) end += 1
    const run = characters.slice(at, end).map((character) => character.text)
    const inContext = pinyin(run.join(''), { toneType: 'none', type: 'array' })
    run.forEach((character, index) => {
      const likeliest = inContext[index] ?? ''
      const all = isReading(likeliest) ? [likeliest, ...readingsAlone(character)] : readingsAlone(character)
      tokens.push({ text: character, readings: [...new Set(all.flatMap(typed))].slice(0, maxReadings) })
    })
    at = end
  }
  return tokens
}

const spoken = ({ text, readings }: Token) => (readings.length > 0 || isHan(text) ? readings : [text])

/** One line per name, empty for names without Chinese characters; empty when no name has any. */
export function soundOf(names: readonly (readonly Token[])[]): string {
  const lines = names.map((tokens) =>
    tokens.some(({ readings }) => readings.length > 0)
      ? tokens.map((token) => ` ${[token.text, ...spoken(token)].join('/')}`).join('')
      : '',
  )
  return lines.every((line) => line === '') ? '' : lines.join('\n')
}

const initialsOf = (token: Token) => [
  ...new Set(token.readings.length > 0 ? token.readings.map((reading) => reading.charAt(0)) : spoken(token)),
]

/** Terms for finding a name by its sound: beginnings of syllables (`P`) and runs of initials (`I`). */
export function soundTerms(tokens: readonly Token[]): string[] {
  if (tokens.every(({ readings }) => readings.length === 0)) return []
  const terms: string[] = []
  const initials = tokens.map(initialsOf)
  tokens.forEach(({ text, readings }, at) => {
    if (readings.length === 0) terms.push(`P${text}`)
    for (const reading of readings) {
      for (let length = 1; length <= reading.length; length += 1) terms.push(`P${reading.slice(0, length)}`)
    }
    for (const first of initials[at] ?? []) {
      for (const second of initials[at + 1] ?? []) {
        terms.push(`I${first}${second}`)
        for (const third of initials[at + 2] ?? []) terms.push(`I${first}${second}${third}`)
      }
    }
  })
  return terms
}

/** One reading of a query: a pattern for the sound of a name, and the terms of such names. */
export interface SoundPattern {
  readonly expression: string
  /** Substrings of a matching sound, in this order: cheaper to search for. */
  readonly parts: readonly string[]
  readonly terms: readonly string[]
}

interface Piece {
  readonly text: string
  readonly kind: 'syllable' | 'beginning' | 'character'
}

interface Reading {
  readonly cost: number
  /** How many of the pieces are only initials. */
  readonly initials: number
  readonly pieces: readonly Piece[]
}

const nothing: Reading = { cost: 0, initials: 0, pieces: [] }
const initialCost = 1.6
const maxPatterns = 4

/** The most likely readings. Readings that are much less likely than the best one are dropped. */
function cheapest(readings: Reading[]) {
  const inOrder = readings.sort((a, b) => a.cost - b.cost)
  const limit = (inOrder[0]?.cost ?? 0) + 1.05
  return inOrder.filter(({ cost }) => cost <= limit).slice(0, maxPatterns)
}

/** The most likely ways to split letters into syllables and initials. The last syllable may be incomplete. */
function readingsOfLetters(letters: string, isLast: boolean): Reading[] {
  const upTo: Reading[][] = [[nothing]]
  for (let end = 1; end <= letters.length; end += 1) {
    const found: Reading[] = []
    for (let start = Math.max(0, end - longestSyllable); start < end; start += 1) {
      const text = letters.slice(start, end)
      const unfinished = isLast && end === letters.length && beginnings.has(text)
      const initial = text.length === 1 || /^[zcs]h$/.test(text)
      const cost = syllables.has(text) ? 1 : unfinished ? 1.3 : initial ? initialCost : 0
      if (cost === 0) continue
      const kind = syllables.has(text) && !unfinished && text.length > 1 ? 'syllable' : 'beginning'
      for (const before of upTo[start] ?? [])
        found.push({
          cost: before.cost + cost,
          initials: before.initials + (text.length === 1 || cost === initialCost ? 1 : 0),
          pieces: [...before.pieces, { text, kind }],
        })
    }
    upTo.push(cheapest(found))
  }
  return upTo.at(-1) ?? []
}

const rest = '[^ \\n]*'

/** A piece, with what may come before the next token. */
function expressionOf({ text, kind }: Piece): string {
  if (kind === 'character' && isHan(text)) return `${text}${rest}`
  return kind === 'syllable' ? `/${text}(?:/${rest})?` : `/${text}${rest}`
}

/** Joins the expressions of two pieces, which belong to adjacent tokens. */
const joint = (next: Piece) => (next.kind === 'character' && isHan(next.text) ? ' ' : ` ${rest}`)

function termsOf(pieces: readonly Piece[]): string[] {
  const terms: string[] = []
  let initials: string[] = []
  const flush = () => {
    if (initials.length === 2) terms.push(`I${initials.join('')}`)
    for (let at = 0; at + 3 <= initials.length; at += 1) terms.push(`I${initials.slice(at, at + 3).join('')}`)
    initials = []
  }
  for (const { text, kind } of pieces) {
    if (kind === 'character' && isHan(text)) {
      flush()
      terms.push(`G${text}`)
    } else {
      terms.push(`P${text}`)
      initials.push(kind === 'character' ? text : text.charAt(0))
    }
  }
  flush()
  return terms
}

const asPattern = (pieces: readonly Piece[], end = ''): SoundPattern => ({
  expression: pieces.map((piece, at) => (at > 0 ? joint(piece) : '') + expressionOf(piece)).join('') + end,
  parts: pieces.map(({ text, kind }) => (kind === 'character' && isHan(text) ? ` ${text}` : `/${text}`)),
  terms: [...new Set(termsOf(pieces))],
})

/** Most words of other languages can also be split into syllables and initials, but only into many pieces. */
const isLikely = ({ initials, pieces }: Reading) =>
  initials === 0 || pieces.length <= 5 || (initials === pieces.length && initials <= 10)

const longestQuery = 60

/** The phonetic readings of a plain query. Chinese characters in it stand for themselves. */
export function soundPatterns(plain: string): SoundPattern[] {
  if (plain.length > longestQuery || !/[a-z]/.test(plain)) return []
  const typedCharacters = plain.replace(/[^\p{L}\p{N}\p{M}]/gu, '')
  // 'c++' does not mean a syllable.
  if (typedCharacters.length === 1 && plain.length > 1) return []
  const parts = typedCharacters.match(/[a-z]+|[^a-z]/gu) ?? []
  let readings: Reading[] = [nothing]
  parts.forEach((part, at) => {
    const next: Reading[] = /^[a-z]/.test(part)
      ? readingsOfLetters(part, at === parts.length - 1)
      : [{ cost: 0, initials: 0, pieces: [{ text: part, kind: 'character' }] }]
    readings = cheapest(
      readings.flatMap((one) =>
        next.map((two) => ({
          cost: one.cost + two.cost,
          initials: one.initials + two.initials,
          pieces: [...one.pieces, ...two.pieces],
        })),
      ),
    )
  })
  return readings.filter(isLikely).map(({ pieces }) => asPattern(pieces))
}

/** The same for Chinese that may be written with other characters of the same sound. */
export function homophonePattern(plain: string): SoundPattern | undefined {
  const tokens = tokensOf(plain)
  const chinese = tokens.filter(({ readings }) => readings.length > 0)
  if (chinese.length < 2 || tokens.length > longestQuery) return undefined
  const pieces = tokens.map(({ text, readings: [reading] }): Piece =>
    reading === undefined ? { text, kind: 'character' } : { text: reading, kind: 'syllable' },
  )
  return asPattern(pieces, '(?:[^a-z]|$)')
}
