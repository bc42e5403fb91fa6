import phrases from 'opencc-js/dict/STPhrases'
import { randomNumbers } from '../test/support/random.ts'

/** Picks places of a list, the first ones far more often than the last, as words are used. */
function zipf(length: number, exponent: number, random: () => number) {
  const sums = new Float64Array(length)
  let total = 0
  for (let place = 0; place < length; place += 1) sums[place] = total += 1 / (place + 2.7) ** exponent
  return () => {
    const sought = random() * total
    let [low, high] = [0, length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) < sought) low = middle + 1
      else high = middle
    }
    return low
  }
}

const commonEnglish =
  `the of and to a in is it you that he was for on are with as his they be at one have this from or had by
  hot but some what there we can out other were all your when up use word how said an each she which do their time if will
  way about many then them would write like so these her long make thing see him two has look more day could go come did my
  sound no most number who over know water than call first people may down side been now find`.split(/\s+/)
const commonChinese = Array.from(
  `的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实`,
)

const [onsets, vowels, codas] = [
  [
    'b',
    'c',
    'd',
    'f',
    'g',
    'h',
    'l',
    'm',
    'n',
    'p',
    'r',
    's',
    't',
    'v',
    'w',
    'st',
    'tr',
    'ch',
    'pl',
    'th',
    '',
  ],
  ['a', 'e', 'i', 'o', 'u', 'ea', 'io', 'ou'],
  ['', 'n', 'r', 's', 't', 'l', 'm', 'ck', 'nd', 'ng', 'st', 'x'],
]

/** Writes paragraphs in English, Chinese and both. The same seed gives the same texts. */
export function writer(seed: number) {
  const random = randomNumbers(seed)
  const oneOf = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? ''
  const syllable = () => oneOf(onsets) + oneOf(vowels) + oneOf(codas)
  const english = new Set(commonEnglish)
  while (english.size < 60_000) {
    english.add(Array.from({ length: 1 + Math.floor(random() * 2 + random() * 2.2) }, syllable).join(''))
  }
  const chinese = new Set([...commonChinese, ...phrases.split('|').map((pair) => pair.split(' ')[0] ?? '')])
  const words = { english: [...english], chinese: [...chinese] }
  const someEnglish = zipf(words.english.length, 1, random)
  const someChinese = zipf(words.chinese.length, 0.95, random)

  const inEnglish = (length: number) => {
    let text = ''
    while (text.length < length) text += `${words.english[someEnglish()] ?? ''}${random() < 0.1 ? '. ' : ' '}`
    return text.trim()
  }
  const inChinese = (length: number) => {
    let text = ''
    while (text.length < length) text += `${words.chinese[someChinese()] ?? ''}${random() < 0.1 ? '，' : ''}`
    return text
  }
  return {
    words,
    title: () => (random() < 0.5 ? inEnglish(20) : inChinese(8)),
    /** 100 to 600 characters. */
    paragraph: () => {
      const length = 100 + Math.floor(random() * 500)
      const kind = random()
      if (kind < 0.5) return inEnglish(length)
      return kind < 0.9 ? inChinese(length) : `${inEnglish(length / 2)} ${inChinese(length / 2)}`
    },
  }
}
