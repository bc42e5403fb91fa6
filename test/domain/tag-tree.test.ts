import { expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import { lucideIcon } from '../../src/domain/lucide-icons.ts'
import {
  ancestorsBelow,
  defaultTagColor,
  depthProblem,
  nameKey,
  NameTaken,
  placeProblem,
  TagCycle,
  taggingLimits,
  TagTooDeep,
  TooManyTags,
} from '../../src/domain/tag-tree.ts'

test.each([
  ['case', 'TypeScript', 'tYPEsCRIPT'],
  ['case beyond ASCII', 'ÉCOLE Ångström', 'école ångström'],
  ['full width', 'ＰＹ３基础', 'py3基础'],
  ['half width Katakana', 'ｶﾞｲﾄﾞ', 'ガイド'],
  ['the way an accent is written', 'cafe\u0301', 'caf\u00e9'],
  ['space around', '  to do\t', 'to do'],
  ['the amount of space', 'to \u00a0\n  do', 'to do'],
  ['ideographic space', '任务\u3000列表', '任务 列表'],
  ['a letter of another size', '\u212aelvin', 'kelvin'],
  ['a dotted capital I', '\u0130', '\u0130'.toLowerCase()],
  ['ligatures', 'ﬁle', 'FILE'],
])('names that differ only in %s are the same name', (_what, one, other) => {
  expect(nameKey(one)).toBe(nameKey(other))
})

test.each([
  ['accents', 'resume', 'résumé'],
  ['space or none', 'todo', 'to do'],
  ['punctuation', 'C', 'C++'],
  ['traditional and simplified characters', '書', '书'],
])('names that differ in %s are different names', (_what, one, other) => {
  expect(nameKey(one)).not.toBe(nameKey(other))
})

test('the key of a key is the key itself', () => {
  for (const name of ['İstanbul', 'ﬁ ﬂ ﬀ', 'Ǆ', 'ΟΔΟΣ', '㎒', 'ﷺ', 'ẞ', '½ Ⅻ ℌ', '\u1fbc', '  a  b '])
    expect(nameKey(nameKey(name))).toBe(nameKey(name))
})

const node = (id: string, ...ancestorIds: string[]) => ({ id, ancestorIds })
/** A tag at the level, with ancestors that are nothing else. */
const atLevel = (level: number) => node('deep', ...Array.from({ length: level }, (_, index) => `up ${index}`))

test('what is below a tag has its ancestors and itself above it, and what is at the top has none', () => {
  expect(ancestorsBelow(null)).toEqual([])
  expect(ancestorsBelow(node('a'))).toEqual(['a'])
  expect(ancestorsBelow(node('c', 'a', 'b'))).toEqual(['a', 'b', 'c'])
})

test.each([
  ['a single tag at the top', null, 1, 1, true],
  ['two levels at the top when one is allowed', null, 2, 1, false],
  ['as many levels as are allowed', null, 32, 32, true],
  ['one more', null, 33, 32, false],
  ['a single tag that fills the last level', atLevel(30), 1, 32, true],
  ['a single tag below the last level', atLevel(31), 1, 32, false],
  ['a subtree that fills the last level', atLevel(29), 2, 32, true],
  ['a subtree that does not fit', atLevel(29), 3, 32, false],
  ['nothing, below the last level', atLevel(31), 0, 32, true],
])('%s', (_what, parent, height, limit, fits) => {
  const problem = depthProblem(parent, height, limit)
  expect(placeProblem('moved', parent, height, limit)).toEqual(problem)
  if (fits) expect(problem).toBeUndefined()
  else
    expect(problem).toMatchObject({
      __typename: 'TagTooDeep',
      limit: limit,
      message: expect.stringContaining(String(limit)) as string,
    })
})

test.each([
  ['itself', node('moved')],
  ['its child', node('child', 'moved')],
  ['what is far below it', node('far', 'top', 'moved', 'child')],
])('a tag cannot go below %s, which is said before its depth', (_what, parent) => {
  expect(placeProblem('moved', parent, 1, 32)).toBeInstanceOf(TagCycle)
  expect(placeProblem('moved', parent, 99, 32)).toBeInstanceOf(TagCycle)
})

test('a tag can go to the top, to a sibling and to where it is', () => {
  expect(placeProblem('moved', null, 1, 32)).toBeUndefined()
  expect(placeProblem('moved', node('sibling', 'parent'), 1, 32)).toBeUndefined()
  expect(placeProblem('moved', node('parent'), 1, 32)).toBeUndefined()
})

test('the failures say what is in the way and what can be done', () => {
  const existing = { id: 't1', name: 'Rust' }
  const failures = [
    new NameTaken(existing),
    new TagCycle(),
    new TagTooDeep(7),
    new TooManyTags({ id: 'b1' }, 100),
  ]
  for (const failure of failures) expect(failure).toBeInstanceOf(Failure)
  expect(failures).toMatchObject([
    { __typename: 'NameTaken', existing, message: expect.stringContaining('“Rust”') as string },
    { __typename: 'TagCycle', message: expect.stringContaining('below itself') as string },
    { __typename: 'TagTooDeep', limit: 7, message: expect.stringContaining('7 levels') as string },
    {
      __typename: 'TooManyTags',
      limit: 100,
      message: expect.stringContaining('100') as string,
    },
  ])
})

test.each(['book-open', 'a-arrow-down', 'zoom-out', 'axis-3-d', 'x'])('%s is an icon', (name) => {
  expect(lucideIcon(name)).toBe(name)
})

test.each([
  ['BookOpen', 'book-open'],
  ['AArrowDown', 'a-arrow-down'],
  ['Axis3D', 'axis-3-d'],
  ['ArrowDown01', 'arrow-down-0-1'],
  ['X', 'x'],
])('the component %s is the icon %s', (component, name) => {
  expect(lucideIcon(component)).toBe(name)
})

test.each([
  '',
  ' ',
  'Book-Open',
  'book open',
  'bookOpen',
  'BOOKOPEN',
  'BookOpenX2',
  ' book-open',
  'book-open\n',
  'constructor',
  'toString',
  '__proto__',
  'no-such-icon',
  'book-open zoom-out',
  '<svg>',
])('%j is no icon', (name) => {
  expect(lucideIcon(name)).toBeUndefined()
})

test('the fixed numbers are those that the documentation gives', () => {
  expect(taggingLimits).toEqual({
    tagsPerEntity: 100,
    tagsPerCall: 100,
    entitiesPerCall: 1_000,
    aliasesPerTag: 100,
  })
  expect(defaultTagColor).toMatch(/^#[0-9a-f]{6}$/)
})
