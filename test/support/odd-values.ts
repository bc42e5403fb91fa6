import {
  getNamedType,
  type GraphQLInputField,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql'

/** A fitting id for each field that takes one, by the name of the field. */
export type Ids = Readonly<Record<string, string>>

export const long = 'x'.repeat(1_000_000)
const oddTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e\u0000',
  '😀',
  "'; drop table books; --",
  '%s${1}',
  '../../etc/passwd',
]
export const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) })
const oddAttributes = [
  {},
  { a: '\0' },
  { '\0': 1 },
  { a: '\udc00' },
  { '\ud800': 1 },
  { a: 1.7976931348623157e308, b: -5e-324, c: 2 ** 53, d: -0 },
  { a: [null, [true, ['😀']]] },
  { constructor: 1, toString: null, '': '' },
  { a: 'x'.repeat(20_000) },
  nested(8),
  nested(9),
  nested(2_000),
  { a: Array.from({ length: 9_000 }, () => 0) },
]

/** A value that fits; undefined leaves the field out. */
export function fitting({ name, type, defaultValue }: GraphQLInputField, ids: Ids): unknown {
  if (!isNonNullType(type) || defaultValue !== undefined) return undefined
  const named = getNamedType(type)
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields()).map((field) => [field.name, fitting(field, ids)])
    const value = Object.fromEntries(fields) as Record<string, unknown>
    if (name === 'slot') return { ...value, ownerType: 'BLOCK', role: 'IMAGE' }
    return isListType(type.ofType) ? [value] : value
  }
  if (isEnumType(named)) return named.getValues()[0]?.name
  return ids[name] ?? (named.name === 'Int' ? 1 : 'Fitting')
}

/** Values that a field can be sent, of its type and not. */
export function odd(field: GraphQLInputField, ids: Ids): unknown[] {
  const named = getNamedType(field.type)
  const list = isListType(isNonNullType(field.type) ? field.type.ofType : field.type)
  if (list)
    return [
      null,
      [],
      [null],
      {},
      'x',
      Array.from({ length: 1_001 }, () => ({})),
      ...oddAttributes.map((attributes) => [{ attributes }]),
    ]
  if (isInputObjectType(named)) {
    const inner = Object.values(named.getFields())
    const whole = Object.fromEntries(inner.map((one) => [one.name, fitting(one, ids)]))
    return [
      null,
      {},
      [],
      ...inner.flatMap((one) => odd(one, ids).map((value) => ({ ...whole, [one.name]: value }))),
    ]
  }
  if (isEnumType(named)) return [null, '', 'LOST', 1, ...named.getValues().map((value) => value.name)]
  switch (named.name) {
    case 'Int':
      return [null, 0, -1, 2_147_483_647, 2_147_483_648, 1.5, '1']
    case 'JSON':
      return [null, 1, 'x', [], ...oddAttributes]
    case 'DateTime':
      return [
        null,
        1,
        '',
        'x',
        '2026-02-30T00:00:00Z',
        '0000-01-01T00:00:00Z',
        '0001-01-01T00:00:00+14:00',
        '0001-01-01T00:00:00Z',
        '9999-12-31T23:59:59.999Z',
        '9999-12-31T23:59:59-14:00',
        long,
      ]
    case 'HexColor':
      return [null, '', '#ABCDEF', '#abcdeg', '#abc', 'red\0', 1, long]
    case 'ID':
      return [null, 1, 1.5, {}, ...oddTexts, long, ...Object.values(ids)]
    default:
      return [null, 1, {}, ...oddTexts, long]
  }
}
