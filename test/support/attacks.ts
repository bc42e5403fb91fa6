/** What a server answers to an attack. */
export interface Attack {
  readonly name: string
  /** The body of the POST. */
  readonly body: string
  /** The code of the refusal; null if the server answers it. */
  readonly code: string | null
}

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ')

const complex = 'QUERY_TOO_COMPLEX'
const parse = 'GRAPHQL_PARSE_FAILED'
const invalid = 'GRAPHQL_VALIDATION_FAILED'
const request = 'BAD_REQUEST'

const text = (name: string, query: string, code: string | null, variables: object = {}): Attack => ({
  name,
  body: JSON.stringify({ query, variables }),
  code,
})

/** A request whose variable `v` is this JSON. */
const value = (name: string, type: string, use: string, json: string, code: string | null): Attack => ({
  name,
  body: `{"query":${JSON.stringify(`query ($v: ${type}) { ${use} }`)},"variables":{"v":${json}}}`,
  code,
})

const nested = (levels: number, open: string, close: string, inside = '') =>
  open.repeat(levels) + inside + close.repeat(levels)

/** Fragments of which each spreads all others. */
const tangled = (count: number) =>
  times(count, (one) => `fragment F${one} on Query { ${times(count, (other) => `...F${other}`)} }`)

const aliases = [
  text('10,000 aliases', `{ ${times(10_000, (index) => `a${index}: __typename`)} }`, parse),
  text('1,600 aliases', `{ ${times(1_600, (index) => `a${index}: __typename`)} }`, complex),
  text('1,600 aliases below', `{ workspace { ${times(1_600, (index) => `a${index}: id`)} } }`, complex),
  text('1,000 fields at the top', `{ ${times(51, (index) => `a${index}: workspace { id }`)} }`, complex),
  text(
    'aliases in fragments in fragments',
    `{ ...F0 } ${times(20, (one) => `fragment F${one} on Query { a: workspace { ...W ...V } ...F${one + 1} }`)} ` +
      `fragment F20 on Query { __typename } fragment W on Workspace { ${times(60, (index) => `a${index}: id`)} } ` +
      `fragment V on Workspace { ${times(60, (index) => `b${index}: id`)} }`,
    complex,
  ),
]

const depth = [
  text('500 levels', nested(500, '{ query ', '}', '{ __typename }'), complex),
  text('1,600 levels', nested(1_600, '{ a', '}', '{ b }'), complex),
  text('lists of 2,400 levels', `{ books(where: ${nested(2_400, '[', ']')}) { totalCount } }`, parse),
  text('types of 2,400 levels', `query ($v: ${nested(2_400, '[', ']', 'Int')}) { __typename }`, invalid),
  text(
    'filters of 800 levels',
    `{ books(where: ${nested(800, '{any: [', ']}')}) { totalCount } }`,
    'BAD_USER_INPUT',
  ),
  text('900 inline fragments in one another', nested(900, '{ ... on Query ', '}', '{ __typename }'), null),
]

const fragments = [
  text('a fragment in itself', '{ ...F } fragment F on Query { ...F }', invalid),
  text('a fragment below itself', '{ ...F } fragment F on Query { workspace { ...F } }', invalid),
  text('a ring of 149 fragments', `{ ...F0 } ${ring(149)}`, invalid),
  text('a ring of 500 fragments', `{ ...F0 } ${ring(500)}`, complex),
  text('40 fragments in one another', `{ ...F0 } ${tangled(40)}`, invalid),
  text(
    'fragments that double 16 times',
    `{ ...F0 } ${times(16, (one) => `fragment F${one} on Query { ...F${one + 1} ... on Query { ...F${one + 1} } }`)} ` +
      'fragment F16 on Query { __typename }',
    complex,
  ),
  text(
    '350 fragments side by side',
    `{ ${times(350, (one) => `...F${one}`)} } ${times(350, (one) => `fragment F${one} on Query { a: __typename b: __typename }`)}`,
    complex,
  ),
  text(
    '350 fragments that nothing uses',
    `{ __typename } ${times(350, (one) => `fragment F${one} on Query { a: __typename b: __typename }`)}`,
    complex,
  ),
]

function ring(count: number) {
  return times(count, (one) => `fragment F${one} on Query { ...F${(one + 1) % count} }`)
}

const repeated = [
  text('__typename 10,000 times', `{ ${'__typename '.repeat(10_000)} }`, parse),
  text('__typename 4,990 times', `{ ${'__typename '.repeat(4_990)} }`, complex),
  text('a field 10,000 times', `{ ${'workspace { id } '.repeat(10_000)} }`, parse),
  text('a field with fields 1,200 times', `{ ${'workspace { id } '.repeat(1_200)} }`, complex),
  text(
    'fields with fields, many times on every level',
    `{ ${times(25, () => `bookshelves { ${times(20, () => 'nodes { id name }')} }`)} }`,
    complex,
  ),
  text(
    'a fragment with fields, many times on every level',
    `{ ${times(40, () => 'bookshelves { ...F }')} } fragment F on BookshelfConnection { ${times(40, () => 'nodes { ...G }')} } ` +
      `fragment G on Bookshelf { ${times(40, () => 'books { ...H }')} } fragment H on BookConnection { totalCount }`,
    complex,
  ),
  text(
    'the same fields as often as allowed',
    `{ ${times(49, () => 'bookshelves { nodes { id name description color createdAt updatedAt version } }')} }`,
    null,
  ),
  text(
    'the same field with different arguments 700 times',
    `{ ${times(700, (index) => `books(first: ${index})`)} }`,
    complex,
  ),
]

const directives = [
  text('1 MB of directives', `{ __typename ${'@skip(if: false) '.repeat(62_000)} }`, complex),
  text('400 kB of directives', `{ __typename ${'@skip(if: false) '.repeat(24_000)} }`, parse),
  text('2,400 unknown directives', `{ __typename ${'@a '.repeat(2_400)} }`, complex),
  text('a directive on each of 600 fields', `{ ${'__typename @include(if: true) '.repeat(600)} }`, complex),
]

const tokens = [
  text('100,000 tokens', `{ ${'a '.repeat(100_000)} }`, parse),
  text('1 MB of commas', `{ __typename ${','.repeat(1_000_000)} }`, complex),
  text('400 kB of comments', `{ __typename #${'a'.repeat(400_000)}\n }`, null),
  text('a name of 400 kB', `{ ${'a'.repeat(400_000)} }`, invalid),
  text(
    '500 operations',
    times(500, (index) => `query A${index} { __typename }`),
    complex,
  ),
  text(
    '1,000 unknown fields',
    `{ workspace { ${times(1_000, (index) => `bookshelvez${index}`)} } }`,
    invalid,
  ),
  text(
    '700 unknown types',
    `{ workspace { ${times(700, (index) => `... on Bookshelvez${index} { id${index} }`)} } }`,
    invalid,
  ),
  text('1,200 variables', `query (${times(1_200, (index) => `$a${index}: Int`)}) { __typename }`, invalid),
]

const introspection = [
  text(
    'as much introspection as is allowed',
    `{ __schema { types { ${times(3, (index) => `a${index}: fields { name type { name ofType { name } } args { name type { name } } }`)} } } }`,
    null,
  ),
  text('fields of types of fields of types', `{ __schema { types { ${bomb(6)} } } }`, invalid),
  text('introspection in introspection', `{ __schema { types { ${bomb(20)} } } }`, complex),
  text(
    'introspection with aliases',
    `{ __schema { types { ${times(99, (index) => `a${index}: fields { name }`)} } } }`,
    complex,
  ),
  text(
    'introspection 40 times',
    `{ ${times(40, (index) => `a${index}: __schema { types { fields { name } } }`)} }`,
    complex,
  ),
]

function bomb(levels: number): string {
  return levels === 0 ? 'name' : `fields { type { ${bomb(levels - 1)} } }`
}

const megabyte = 1024 ** 2
const createBlock = 'mutation ($v: CreateBlockInput!) { createBlock(input: $v) { __typename } }'

const variables = [
  value(
    'a list of 3 million lists',
    '[ID!]!',
    'nodes(ids: $v) { id }',
    `[${'[],'.repeat(3_000_000)}[]]`,
    request,
  ),
  value(
    'a list of 40,000 IDs',
    '[ID!]!',
    'nodes(ids: $v) { id }',
    `[${'"a",'.repeat(40_000)}"a"]`,
    'BAD_USER_INPUT',
  ),
  value('3 million levels of lists', '[ID!]!', 'nodes(ids: $v) { id }', nested(3_000_000, '[', ']'), request),
  value(
    '50 levels of filters',
    'BookWhere',
    'books(where: $v) { totalCount }',
    nested(20, '{"any":[', ']}'),
    'BAD_USER_INPUT',
  ),
  value(
    '100,000 levels of filters',
    'BookWhere',
    'books(where: $v) { totalCount }',
    nested(100_000, '{"any":[', ']}'),
    request,
  ),
  value('a text of 9 MB', 'ID!', 'book(id: $v) { id }', JSON.stringify('a'.repeat(9 * megabyte)), null),
  value(
    'a text of 4 million quotation marks',
    'ID!',
    'book(id: $v) { id }',
    `"1111111111111111${'\\"'.repeat(4_000_000)}"`,
    null,
  ),
  value('a body of 11 MB', 'ID!', 'book(id: $v) { id }', JSON.stringify('a'.repeat(11 * megabyte)), request),
  {
    name: 'attributes of 40 levels',
    body: JSON.stringify({
      query: createBlock,
      variables: { v: { bookId: 'x', attributes: JSON.parse(nested(40, '{"a":', '}', '1')) as object } },
    }),
    code: null,
  },
  {
    name: 'a batch of 10,000 operations',
    body: `[${'{"query":"{ __typename }"},'.repeat(10_000)}{"query":"{ __typename }"}]`,
    code: 'BATCHING_NOT_SUPPORTED',
  },
]

/** Requests that try to occupy the server. */
export const attacks: readonly Attack[] = [
  ...aliases,
  ...depth,
  ...fragments,
  ...repeated,
  ...directives,
  ...tokens,
  ...introspection,
  ...variables,
]
