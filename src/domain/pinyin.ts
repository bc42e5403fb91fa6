import { pinyin, polyphonic } from 'pinyin-pro'
import { charactersOf, isHan } from './tag-names.ts'

// The sound of a name, as text: each character of its words as a token, followed by its readings. Text other than
// Chinese reads as it is written. 'C语言' becomes ' c/c 语/yu 言/yan'. `sound-patterns.ts` reads queries.

const maxReadings = 4

/** All pinyin syllables, grouped by initial letter. */
export const syllables = new Set(
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

export const longestSyllable = 6
/** Everything that a syllable can begin with. */
export const beginnings = new Set(
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
