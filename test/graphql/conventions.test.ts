import {
  getNamedType,
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
} from 'graphql'
import { expect, test } from 'vitest'
import { currentSchema } from '../support/schema.ts'

const schema = currentSchema()
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))
const objects = types.filter(isObjectType)
const inputs = types.filter(isInputObjectType)
const filters = inputs.filter(({ name }) => name.endsWith('Where'))
const failures = objects.filter((type) => type.getInterfaces().some(({ name }) => name === 'Failure'))

/** A field of a type: its name, and the type that it is of. */
interface Field {
  readonly type: string
  readonly name: string
  readonly of: string
}

const pathsOf = (all: readonly (GraphQLObjectType | GraphQLInputObjectType)[]): Field[] =>
  all.flatMap((type) => {
    const fields: Readonly<Record<string, { readonly name: string; readonly type: unknown }>> =
      type.getFields()
    return Object.values(fields).map(({ name, type: of }) => ({ type: type.name, name, of: String(of) }))
  })

/** The fields among `fields` that break a rule, as `Type.field: Of`. */
const broken = (fields: readonly Field[], keeps: (field: Field) => boolean) =>
  fields.filter((field) => !keeps(field)).map(({ type, name, of }) => `${type}.${name}: ${of}`)

test('a filter with several values has a plural name, and one with one value has a singular name', () => {
  expect(filters.length).toBeGreaterThan(8)
  // Conditions, not lists of values of one field.
  const groups = ['any', 'all', 'none', 'not']
  const fields = pathsOf(filters).filter(({ name, of }) => of.startsWith('[') && !groups.includes(name))
  expect(fields.length).toBeGreaterThan(5)
  expect(broken(fields, ({ name }) => /[^s]s$|ses$/.test(name))).toEqual([])
})

test('the type of an item is called its type in every input, and a kind or status is one of its own enum', () => {
  const types = pathsOf(inputs).filter(({ of }) => /(Searchable|Trashable|Taggable|Copyable)\w*/.test(of))
  expect(types.length).toBeGreaterThan(2)
  expect(broken(types, ({ name, of }) => name === (of.startsWith('[') ? 'types' : 'type'))).toEqual([])
  const kinds = pathsOf(inputs).filter(({ name }) => /^(kinds?|status(es)?)$/.test(name))
  expect(broken(kinds, ({ name, of }) => (name.startsWith('kind') ? /Kind\b/ : /Status\b/).test(of))).toEqual(
    [],
  )
})

test('a time in a filter is the beginning or the end of a range of a named time', () => {
  const times = pathsOf(filters).filter(({ of }) => /^(DateTime|Date)\b/.test(of))
  expect(times.length).toBeGreaterThan(8)
  expect(broken(times, ({ name }) => /^[a-z][A-Za-z]*(Since|Before)$/.test(name))).toEqual([])
})

test('the limit in a failure is `limit` or `limitBytes`', () => {
  const limits = pathsOf(failures).filter(({ name }) => /limit/i.test(name) && !name.endsWith('Reason'))
  expect(limits.length).toBeGreaterThan(5)
  const known = ['limit: Int!', 'limitBytes: ByteCount!']
  expect(broken(limits, ({ name, of }) => known.includes(`${name}: ${of}`))).toEqual([])
})

test('a failure has the type of a failure wherever it is called so', () => {
  const named = pathsOf(objects).filter(({ name }) => /^(failure|problem)$/.test(name))
  expect(broken(named, ({ of }) => of === 'Failure' || of === 'Failure!')).toEqual([])
})

test('an ID in an input says of what', () => {
  const ids = pathsOf(inputs).filter(
    ({ name, of }) => getNamedId(of) && !/^(any|all|none|createdBy|deletedBy)$/.test(name),
  )
  expect(ids.length).toBeGreaterThan(30)
  expect(broken(ids, ({ name, of }) => (of.startsWith('[') ? /[a-z]Ids$/ : /[a-z]Id$/).test(name))).toEqual(
    [],
  )
  expect(broken(ids, ({ name }) => !/^(source|target|parentTag)Ids?$/.test(name))).toEqual([])
})

const getNamedId = (of: string) => /^\[?ID\b/.test(of)

test('what can be placed in an ordered list can be placed after, before, first and last', () => {
  const placed = inputs.filter((input) =>
    ['afterId', 'beforeId', 'place'].some((name) => name in input.getFields()),
  )
  expect(placed.length).toBeGreaterThan(9)
  for (const input of placed) {
    const fields = input.getFields()
    const given = ['afterId', 'beforeId', 'place'].map((name) => `${name}: ${String(fields[name]?.type)}`)
    expect({ input: input.name, given }).toEqual({
      input: input.name,
      given: ['afterId: ID', 'beforeId: ID', 'place: Place'],
    })
  }
})

test('every success leads to the query root, so that a client can read again in the same request', () => {
  const successes = objects.filter(({ name }) => name.endsWith('Success'))
  expect(successes.length).toBeGreaterThan(40)
  const missing = successes.filter((type) => String(type.getFields()['query']?.type) !== 'Query!')
  expect(missing.map(({ name }) => name)).toEqual([])
})

test('the mutations of administrators say that they are theirs', () => {
  const own = ['collectGarbage', 'removePerson', 'retryJob', 'verifyStorage']
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {})
  const said = mutations.filter(({ description }) => description?.startsWith('For administrators: '))
  expect(said.map(({ name }) => name).sort()).toEqual(own)
})

test('a scalar of this API says where it is specified, unless it is a plain number', () => {
  const own = types.filter(isScalarType).filter((type) => !isSpecifiedScalarType(type))
  const without = own.filter(({ specifiedByURL }) => specifiedByURL == null).map(({ name }) => name)
  expect(own.length).toBeGreaterThan(5)
  expect(without).toEqual(['ByteCount'])
})

test('the schema says what it is about, and names only what it has', () => {
  const named = [...(schema.description ?? '').matchAll(/`([a-z]\w+|[A-Z]\w+)`/g)].map(
    ([, name = '']) => name,
  )
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}),
  )
  const known = new Set([...fields, ...types.map(({ name }) => name)])
  const elsewhere = ['possibleTypes', 'message', 'query', 'expectedVersion', 'idempotencyKey']
  const pages = ['first', 'after', 'last', 'before', 'nodes', 'edges', 'pageInfo']
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((name) => !known.has(name) && ![...elsewhere, ...pages].includes(name))).toEqual([])
})

test('what is updated or moved can be so at an expected version', () => {
  const changing = inputs.filter(({ name }) => /^(Update|Move)\w+Input$/.test(name))
  expect(changing.length).toBeGreaterThan(10)
  for (const input of changing) expect(JSON.stringify(versioned(input))).toContain('expectedVersion')
})

/** The names of the fields of an input and of the inputs in it. */
const versioned = (input: GraphQLInputObjectType): string[] =>
  Object.values(input.getFields()).flatMap(({ name, type }) => {
    const inner = getNamedType(type)
    return isInputObjectType(inner) ? [name, ...versioned(inner)] : [name]
  })

test('a mutation for many answers in the order of its input, and counts', () => {
  const many = objects.filter((type) => type.name.endsWith('Success') && 'results' in type.getFields())
  expect(many.length).toBeGreaterThan(3)
  for (const type of many) {
    const { results, failedCount, succeededCount } = type.getFields()
    const counts = [failedCount, succeededCount].map((field) => String(field?.type))
    expect({ type: type.name, counts }).toEqual({ type: type.name, counts: ['Int!', 'Int!'] })
    const list = results && isNonNullType(results.type) ? results.type.ofType : null
    expect(isListType(list) && isUnionType(getNamedType(list))).toBe(true)
  }
})

test('a whole number in an argument is the length of a list or the number of a revision', () => {
  const firsts = objects.flatMap((type) =>
    Object.values(type.getFields()).flatMap((field) =>
      field.args
        .filter(({ type: of }) => String(of).startsWith('Int'))
        .map(({ name }) => ({ field: `${type.name}.${field.name}`, name })),
    ),
  )
  const known = ['first', 'last', 'number', 'from', 'to']
  expect(firsts.filter(({ name }) => !known.includes(name))).toEqual([])
})
