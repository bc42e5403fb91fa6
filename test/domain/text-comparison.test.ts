import { expect, test } from 'vitest'
import { compareTexts } from '../../src/domain/text-comparison.ts'
import { randomNumbers } from '../support/random.ts'

/** Short: `=` is in both, `-` only in the first, `+` only in the second. */
const told = (from: string, to: string) =>
  compareTexts(from, to).map(
    ({ change, text }) => `${{ EQUAL: '=', DELETED: '-', INSERTED: '+' }[change]}${text}`,
  )

/** The two texts that the parts say were compared. */
function texts(from: string, to: string) {
  const parts = compareTexts(from, to)
  const without = (other: string) =>
    parts
      .filter(({ change }) => change !== other)
      .map(({ text }) => text)
      .join('')
  return [without('INSERTED'), without('DELETED')]
}

test.each([
  ['a word', 'The quick fox.', 'The slow fox.', ['=The ', '-quick', '+slow', '= fox.']],
  ['a word that was added', 'a fox jumps', 'a red fox jumps', ['=a ', '+red ', '=fox jumps']],
  ['words that follow one another', 'one two', 'three four', ['-one two', '+three four']],
  ['part of a line', '# Title\n\nfirst line\nlast\n', '# Title\n\nsecond line\nlast\n', ['=# Title\n\n', '-first', '+second', '= line\nlast\n']], // prettier-ignore
  ['whole lines', 'a\nb\nc\n', 'a\nc\n', ['=a\n', '-b\n', '=c\n']],
  ['Chinese words', '我们今天去图书馆看书。', '我们昨天去图书馆看书。', ['=我们', '-今天', '+昨天', '=去图书馆看书。']], // prettier-ignore
  ['Japanese words', '東京に行きました', '京都に行きました', ['-東京', '+京都', '=に行きました']],
  ['whole emoji', 'Hi 👨‍👩‍👧‍👦!', 'Hi 👨‍👩‍👧!', ['=Hi ', '-👨‍👩‍👧‍👦', '+👨‍👩‍👧', '=!']],
  ['spaces', 'a b', 'a  b', ['=a', '- ', '+  ', '=b']],
  ['line ends', 'a\r\nb', 'a\nb', ['=a', '-\r\n', '+\n', '=b']],
  ['nothing', 'the same\n', 'the same\n', ['=the same\n']],
  ['nothing in nothing', '', '', []],
  ['everything that was written', '', 'new', ['+new']],
  ['everything that was removed', 'old\n', '', ['-old\n']],
])('a comparison tells %s', (_what, from, to, parts) => {
  expect(told(from, to)).toEqual(parts)
})

test('the parts always give both texts back', () => {
  const random = randomNumbers(7)
  const pieces = ['a', 'b', ' ', '\n', '。', '书', '图书馆', '😀', '\u0301', '\u200d', 'word', '\t', '']
  const text = () => Array.from({ length: random() * 60 }, () => pieces[Math.floor(random() * pieces.length)]).join('') // prettier-ignore
  for (let round = 0; round < 500; round += 1) {
    const [from, to] = [text(), text()]
    expect(texts(from, to)).toEqual([from, to])
  }
})

const length = 100_000
const filled = (next: (index: number) => string) => {
  let text = ''
  for (let index = 0; text.length < length; index += 1) text += next(index)
  return text.slice(0, length)
}
const prose = filled((index) => `${index}. Ein Satz, der lang genug ist, und 一句话。\n`)

test('a change in a long text of many lines is told by its words', () => {
  const changed = prose.replace('500. Ein Satz', '500. Kein Satz')
  expect(compareTexts(prose, changed).filter(({ change }) => change !== 'EQUAL')).toEqual([
    { change: 'DELETED', text: 'Ein' },
    { change: 'INSERTED', text: 'Kein' },
  ])
})

test('a change in a long text of one line is told by its words', () => {
  const [from, to] = [prose, prose.replace('500. Ein Satz', '500. Kein Satz')].map((text) =>
    text.replaceAll('\n', ' '),
  ) as [string, string]
  expect(compareTexts(from, to).filter(({ change }) => change !== 'EQUAL')).toEqual([
    { change: 'DELETED', text: 'Ein' },
    { change: 'INSERTED', text: 'Kein' },
  ])
})

const random = randomNumbers(3)
const chance = (one: string, other: string) => () => (random() < 0.5 ? one : other)
const letter = (first: number, count: number) => () =>
  String.fromCodePoint(first + Math.floor(random() * count))
const hard: Record<string, [from: string, to: string]> = {
  'Chinese characters at random': [filled(letter(0x4e00, 20_000)), filled(letter(0x4e00, 20_000))],
  'fewer Chinese characters at random': [
    filled(letter(0x4e00, 20_000)).slice(0, 20_000),
    filled(letter(0x4e00, 20_000)).slice(0, 20_000),
  ],
  'Thai characters at random': [filled(letter(0xe01, 50)).slice(0, 20_000), filled(letter(0xe01, 50))],
  'two words at random': [filled(chance('a ', 'b ')), filled(chance('a ', 'b '))],
  'fewer of two words at random': [
    filled(chance('a ', 'b ')).slice(0, 20_000),
    filled(chance('a ', 'b ')).slice(0, 20_000),
  ],
  'two lines at random': [filled(chance('a\n', 'b\n')), filled(chance('a\n', 'b\n'))],
  'nothing but line ends': ['\n'.repeat(length), '\n'.repeat(length / 2)],
  'lines that repeat': [filled(() => 'ab\ncd\n'), filled(() => 'cd\nab\nx\n')],
  'another word in every line': [prose, prose.replaceAll('Satz', 'Text')],
  punctuation: ['!'.repeat(length), '?!'.repeat(length / 2)],
  'accents without letters': ['\u0301'.repeat(length), '\u0302\u0301'.repeat(length / 2)],
  'one word': ['a'.repeat(length), 'b'.repeat(length)],
  'characters of two units': ['😀'.repeat(50_000), `${'😀'.repeat(30_000)}😁${'😀'.repeat(19_000)}`],
}

// Not how fast it is, which depends on the machine: without a limit most of these take minutes, and the test is given up.
test.each(Object.entries(hard))('%s: 100,000 characters keep nobody waiting', (_what, [from, to]) => {
  const parts = compareTexts(from, to)
  expect(texts(from, to)).toEqual([from, to])
  for (const { text } of parts) expect(text.isWellFormed()).toBe(true)
})
