import { expect, test } from 'vitest'
import { JsonReader } from '../../src/probes/documents/json.ts'

function isJson(...parts: readonly string[]) {
  const reader = new JsonReader()
  return parts.every((part) => reader.read(part)) && reader.isComplete
}

const good = [
  '{}',
  ' [ ] ',
  '[1,-0,0.5,1e9,1E+2,-1.5e-3,10,true,false,null,"",{"a":[{}]}]',
  String.raw`{"a\"\\\/\b\f\n\r\té 大😀": "\ud83d\ude00", "" : [ [ ] , [ [ ] ] ] }`,
  '\r\n\t{"a":\n1 ,"b" : 0}\n',
]

const bad = [
  '',
  ' ',
  '{',
  '[',
  ']',
  '{]',
  '[}',
  '[1,]',
  '[,1]',
  '{,}',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{a:1}',
  "{'a':1}",
  '[1 2]',
  '[01]',
  '[-]',
  '[+1]',
  '[1.]',
  '[.5]',
  '[1e]',
  '[1e+]',
  '[0x1]',
  '[NaN]',
  '[tru]',
  '[nulll]',
  '["]',
  '["\\x"]',
  '["\\u12g4"]',
  '["a\nb"]',
  '[]]',
  '[] []',
  '{} x',
  '[1]//',
  '\u00a0[]',
]

const parses = (text: string) => {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

test.each([...good, ...bad])(
  '%j is JSON if the parser of JavaScript takes it, wherever it is cut',
  (text) => {
    const expected = parses(text)
    expect(isJson(text)).toBe(expected)
    for (let at = 0; at <= text.length; at += 1)
      expect(isJson(text.slice(0, at), text.slice(at))).toBe(expected)
    expect(isJson(...text.split(/(?:)/u))).toBe(expected)
  },
)

test.each(['1', '"a"', 'true', 'null'])('%s alone is a text, not a document', (text) => {
  expect(isJson(text)).toBe(false)
})

test('every text that differs from JSON by one character is judged as the parser of JavaScript does', () => {
  for (const text of good) {
    for (let at = 0; at < text.length; at += 1) {
      for (const other of ['', '{', ']', ',', ':', '"', '\\', '0', '-', '.', 'e', 't', ' ', '\n']) {
        const changed = text.slice(0, at) + other + text.slice(at + 1)
        expect(isJson(changed), changed).toBe(parses(changed))
      }
    }
  }
})

test('nesting has a limit, and a text that is not JSON is no longer read', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(isJson(nested(10_000))).toBe(true)
  expect(isJson(nested(10_001))).toBe(false)
  const reader = new JsonReader()
  expect([reader.read('{"a":1'), reader.read('x'), reader.read('}')]).toEqual([true, false, false])
})
