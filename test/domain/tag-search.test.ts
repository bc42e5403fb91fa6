import { expect, test } from 'vitest'
import { soundOf, soundTerms, tokensOf } from '../../src/domain/pinyin.ts'
import { homophonePattern, soundPatterns } from '../../src/domain/sound-patterns.ts'
import { joinedName, linesOf, markWords, namesIn, plainName, wordsOf } from '../../src/domain/tag-names.ts'
import { planSplits, planTexts, planTypos, textReason } from '../../src/domain/tag-search.ts'
import { meantBy, mistakes } from '../../src/domain/typos.ts'
import { canHaveTypos, deletionTerms, termHasher, termsOfName } from '../../src/domain/tag-terms.ts'

test.each([
  ['Machine  Learning', ['machine', 'learning']],
  ['C语言入门', ['c', '语言入门']],
  ['Java开发 2.0', ['java', '开发', '2', '0']],
  ['front-end/back_end', ['front', 'end', 'back', 'end']],
  ['C++', ['c']],
  ['プログラミング言語', ['プログラミング', '言语']],
  ['   ', []],
])('the words of %j are %j', (name, words) => {
  expect(wordsOf(plainName(name))).toEqual(words)
})

test('names are lines again', () => {
  const names = ['Machine Learning', '机器学习', 'Front-end', '', '+1'].map(plainName)
  expect(namesIn(linesOf(names)).map(({ marked }) => marked)).toEqual(names.map(markWords))
})

test.each([
  ['Design', 'design', 'EXACT'],
  ['Ｄｅｓｉｇｎ', 'design', 'EXACT'],
  ['圖書館', '图书馆', 'EXACT'],
  ['Café', 'cafe', 'EXACT'],
  ['Design system', 'des', 'PREFIX'],
  ['Graphic design', 'des', 'WORD'],
  ['Java开发', '开', 'WORD'],
  ['machine learning', 'learn mach', 'WORD'],
  ['Redesign', 'des', 'SUBSTRING'],
  ['机器学习', '学', 'SUBSTRING'],
  ['machine learning', 'chine earn', 'SUBSTRING'],
  ['100%', '0%', 'SUBSTRING'],
  ['Design', 'dess', undefined],
  ['machine learning', 'machine learnt', undefined],
  ['100 percent', '100%', undefined],
  ['To-Do', 'todo', 'EXACT'],
  ['todo', 'to-do', 'EXACT'],
  ['to_do', 'to-do', 'EXACT'],
  ['ToDo list', 'to do', 'PREFIX'],
  ['Node.js', 'nodejs', 'EXACT'],
  ['Notes on Node.js', 'nodej', 'WORD'],
  ['Email', 'e-mail', 'EXACT'],
  ['COVID-19', 'covid19', 'EXACT'],
  ['C++', 'c', 'PREFIX'],
  ['1.5', '15', undefined],
])('%j is found by %j as %s', (name, query, reason) => {
  expect(textReason(planTexts(plainName(query)), linesOf([plainName(name)]))).toBe(reason)
})

const sounds = (name: string, query: string) => {
  const text = soundOf([tokensOf(plainName(name))])
  const patterns = soundPatterns(plainName(query))
  const found = patterns.filter(({ expression }) => new RegExp(expression).test(text))
  return { found, terms: new Set(soundTerms(tokensOf(plainName(name)))), plain: plainName(name) }
}

test.each([
  ['拼音基础', 'pinyinjichu'],
  ['拼音基础', 'pinyin'],
  ['拼音基础', 'jichu'],
  ['拼音基础', 'pinyinj'],
  ['拼音基础', 'pinyinjic'],
  ['拼音基础', 'py'],
  ['拼音基础', 'pyjc'],
  ['拼音基础', 'yj'],
  ['拼音基础', 'pyjichu'],
  ['拼音基础', 'pin yin'],
  ['拼音基础', 'py基础'],
  ['拼音基础', '拼yin'],
  ['拼音基础', '拼yj础'],
  ['拼音-基础', 'pinyinjichu'],
  ['重庆银行', 'chongqing'],
  ['重庆银行', 'yinhang'],
  ['重要', 'zhongyao'],
  ['音乐', 'yinyue'],
  ['西安', 'xian'],
  ['著作', 'zhuzuo'],
  ['乾隆', 'qianlong'],
  ['干净', 'ganjing'],
  ['宮商角徵羽', 'gsjzy'],
  ['女儿', 'nver'],
  ['女儿', 'nuer'],
  ['圖書館', 'tsg'],
  ['C语言', 'cyuyan'],
  ['Java开发', 'javakf'],
  ['机器学习', 'jqxx'],
  ['机器学习', 'jiqixuexi'],
])('%s is found by typing %s', (name, query) => {
  const { found, terms, plain } = sounds(name, query)
  expect(found).not.toEqual([])
  // Each pattern that matches has terms by which the name is among its candidates.
  for (const pattern of found) {
    for (const term of pattern.terms) {
      expect(term.startsWith('G') ? plain.includes(term.slice(1)) : terms.has(term), term).toBe(true)
    }
  }
})

const usually = (name: string, query: string) => {
  const text = soundOf([tokensOf(plainName(name))])
  return soundPatterns(plainName(query)).some(({ usual }) => new RegExp(usual).test(text))
}

test.each([
  ['单', 'dan', true],
  ['石头', 'dan', false],
  ['石头', 'shi', true],
  ['石头', 'dt', false],
  ['石头', 'st', true],
  ['重庆银行', 'cqyh', true],
  ['重庆银行', 'yinhang', true],
  ['重庆银行', 'zhongqing', false],
  ['拼音基础', 'yin基', true],
  ['Java开发', 'javakf', true],
])('%s is usually read as %s: %s', (name, query, usual) => {
  expect(sounds(name, query).found).not.toEqual([])
  expect(usually(name, query)).toBe(usual)
})

test.each(["xi'an", 'xi’an', 'xi ʼan', 'xi an', 'xi-an'])('%s is two syllables', (query) => {
  expect(sounds('西安', query).found).not.toEqual([])
  for (const name of ['先', '想', '西']) expect(sounds(name, query).found, name).toEqual([])
})

test.each([
  ['拼音基础', 'inyin'],
  ['拼音基础', 'pj'],
  ['拼音基础', 'pinchu'],
  ['西安', 'xn'],
  ['design', 'design'],
  ['设计', 'she设'],
])('%s is not found by typing %s', (name, query) => {
  expect(sounds(name, query).found).toEqual([])
})

test.each([
  ['拼音', '品音', true],
  ['机器学习', '机器学系', true],
  ['设计', '社稷', true],
  ['拼音', '平音', false],
  ['音乐', '银月', true],
])('%s for %s: of the same sound is %s', (name, query, same) => {
  const pattern = homophonePattern(plainName(query))
  expect(new RegExp(pattern?.expression ?? '^$').test(soundOf([tokensOf(plainName(name))]))).toBe(same)
})

test('names without Chinese have no sound', () => {
  expect(soundOf([tokensOf('design'), tokensOf('')])).toBe('')
  expect(soundTerms(tokensOf('design'))).toEqual([])
})

test.each([
  ['design', 'design', 0],
  ['desing', 'design', 1],
  ['desgn', 'design', 1],
  ['dessign', 'design', 1],
  ['dezign', 'design', 1],
  ['xesign', 'design', 1],
  ['phtogrphy', 'photography', 2],
  ['photogrph', 'photography', 2],
  ['photgr', 'photography', 1.5],
  ['dezi', 'design', 1.5],
  ['phyton', 'python', 2],
  ['dzgn', 'design', undefined],
  ['desk', 'photography', undefined],
])('%s is %s with mistakes: %s', (typed, word, count) => {
  expect(mistakes(typed, word)).toBe(count)
})

test.each(['desing', 'desgn', 'dessign', 'dezign', 'esign', 'designn', 'edsign'])(
  '%s has a term in common with design',
  (typed) => {
    const terms = new Set(deletionTerms('design'))
    expect(deletionTerms(typed).some((term) => terms.has(term))).toBe(true)
  },
)

test('numbers, short words and Chinese are taken as they are', () => {
  expect(['2024', 'art', '拼音基础', 'tag1', 'искусство'].map(canHaveTypos)).toEqual([
    false,
    false,
    false,
    true,
    true,
  ])
})

test('a query is corrected word by word', () => {
  const known = ['machine', 'learning', 'machines', 'yearning']
  const plan = planTypos('machne learning 2', (word) => meantBy(word, known), true)
  expect(plan?.words).toEqual([['\x01machine'], ['\x01learning'], ['\x012']])
  expect(planTypos('machne zzzzzz', (word) => meantBy(word, known), true)).toBeUndefined()
  expect(planTypos('art', () => [], true)).toBeUndefined()
})

test.each([
  ['nodejs', 'Node.js'],
  ['wellbeing', 'well-being'],
  ['machinelearn', 'Deep Machine Learning'],
  ['tshirt', 'T-Shirt'],
])('%s can be the words of %s', (query, name) => {
  const plan = planSplits(query, 1)
  const marked = markWords(plainName(name))
  const at = plan?.pairs.findIndex((pair) => new RegExp(pair.join('.')).test(marked)) ?? -1
  const terms = new Set(termsOfName(plainName(name)))
  expect(plan?.terms[at]?.filter((term) => !terms.has(term))).toEqual([])
})

test.each(['node js', 'c++', 'abc', '机器学习', '2024', 'x'.repeat(25), ''])('%j is not split', (query) => {
  expect(planSplits(query, 1)).toBeUndefined()
})

test('parts of one letter can be left out', () => {
  const firsts = (shortest: number) => planSplits('tshirt', shortest)?.pairs.map(([first]) => first.slice(1))
  expect(firsts(1)).toEqual(['t', 'ts', 'tsh', 'tshi', 'tshir'])
  expect(firsts(2)).toEqual(['ts', 'tsh', 'tshi'])
})

const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 2 ** 32
}

test('whatever matches a text has the terms it is looked for by', () => {
  const next = random(5)
  const parts = ['a', 'b', 'ab', ' ', '-', '语', '言', 'c', '1', '😀', '+', 'é', 'カ']
  const text = (length: number) =>
    plainName(Array.from({ length }, () => parts[Math.floor(next() * parts.length)] ?? '').join(''))
  let matched = 0
  for (let round = 0; round < 20_000; round += 1) {
    const name = text(8)
    const query = text(1 + Math.floor(next() * 5))
    if (name === '' || query === '') continue
    const plans = planTexts(query)
    const reason = textReason(plans, linesOf([name]))
    if (!reason) continue
    matched += 1
    const joined = joinedName(name)
    const terms = new Set([name, ...(joined === undefined ? [] : [joined])].flatMap(termsOfName))
    for (const kind of [reason, 'SUBSTRING'] as const) {
      const hasAll = plans.some((plan) => plan.terms[kind].every((term) => terms.has(term)))
      expect(hasAll, `${query} in ${name}`).toBe(true)
    }
  }
  expect(matched).toBeGreaterThan(1_000)
})

test('workspaces have different numbers for the same terms', () => {
  const terms = ['Ga', 'Gb', 'Wab', 'Edesign']
  const [one, other] = [termHasher('a')(terms), termHasher('b')(terms)]
  expect(new Set([...one, ...other]).size).toBe(8)
  expect(termHasher('a')(terms)).toEqual(one)
})
