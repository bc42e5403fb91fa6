import {
  getNamedType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { newId } from '../../../src/usecases/context.ts'

/** The types whose fields are sent as operations of their own, and what stands around such a field. */
export const roots = {
  Query: (field: string, variables: string) => `query ${variables} { ${field} }`,
  Admin: (field: string, variables: string) => `query ${variables} { admin { ${field} } }`,
  Mutation: (field: string, variables: string) => `mutation ${variables} { ${field} }`,
} as const

export type Root = keyof typeof roots

/** A root field, with its arguments as variables. */
export interface Operation {
  readonly root: Root
  readonly name: string
  readonly field: GraphQLField<unknown, unknown>
}

/** Every root field of the schema. */
export const operationsOf = (schema: GraphQLSchema): Operation[] =>
  (Object.keys(roots) as Root[]).flatMap((root) => {
    const type = schema.getType(root)
    if (!isObjectType(type)) throw new Error(`The schema has no type ${root}.`)
    return Object.values(type.getFields()).map((field) => ({ root, name: field.name, field }))
  })

/** The document of an operation with these of its arguments, which selects `selection` of what the field gives. */
export function documentOf(
  { root, field }: Operation,
  values: Readonly<Record<string, unknown>>,
  selection = '__typename',
): string {
  const args = field.args.filter(({ name }) => name in values)
  const given = args.map(({ name, type }) => [`$${name}: ${String(type)}`, `${name}: $${name}`] as const)
  const list = (side: 0 | 1) => (given.length === 0 ? '' : `(${given.map((pair) => pair[side]).join(', ')})`)
  const isLeaf = isLeafType(getNamedType(field.type))
  return roots[root](`answer: ${field.name}${list(1)} ${isLeaf ? '' : `{ ${selection} }`}`, list(0))
}

const examples: Readonly<Record<string, () => unknown>> = {
  ID: newId,
  Int: () => 1,
  Float: () => 0.5,
  Boolean: () => false,
  String: () => 'Fitting',
  DateTime: () => '2030-01-01T00:00:00.000Z',
  HexColor: () => '#aabbcc',
  ByteCount: () => '1000',
  Sha256: () => '0'.repeat(64),
  URL: () => 'https://example.org/',
  JSON: () => ({}),
  Upload: () => null,
}

/** A value that a type takes. IDs are of nothing. Of an input it has the required fields. */
export function exampleOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return exampleOf(type.ofType)
  if (isListType(type)) return [exampleOf(type.ofType)]
  if (isEnumType(type)) return type.getValues()[0]?.name
  if (isInputObjectType(type)) return examplesOf(Object.values(type.getFields()))
  const example = examples[type.name]
  if (!example) throw new Error(`There is no example of a ${type.name}.`)
  return example()
}

interface Given {
  readonly name: string
  readonly type: GraphQLInputType
  readonly defaultValue?: unknown
}

/** Values for those of the arguments or fields that are required. */
export const examplesOf = (all: readonly Given[]): Record<string, unknown> =>
  Object.fromEntries(
    all
      .filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined)
      .map(({ name, type }) => [name, exampleOf(type)]),
  )
