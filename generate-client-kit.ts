import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildSchema,
  getNamedType,
  type GraphQLField,
  type GraphQLObjectType,
  isAbstractType,
  isObjectType,
  isSpecifiedScalarType,
  isScalarType,
} from 'graphql'

// Run by `npm run generate`: what caches and code generators of clients need to know of the schema.

/** The types of the scalars in a client, as JSON carries them. */
const scalarTypes: Readonly<Record<string, string | { input: string; output: string }>> = {
  DateTime: 'string',
  Date: 'string',
  ByteCount: 'string',
  HexColor: 'string',
  Sha256: 'string',
  URL: 'string',
  JSON: 'Record<string, unknown>',
  Upload: { input: 'Blob', output: 'never' },
}

const pageArguments = ['first', 'last', 'after', 'before']

const texts = readdirSync('schema').map((file) => readFileSync(join('schema', file), 'utf8'))
const schema = buildSchema(texts.join('\n'))
const types = Object.values(schema.getTypeMap())
  .filter(({ name }) => !name.startsWith('__'))
  .sort((one, other) => one.name.localeCompare(other.name, 'en'))
const objects = types.filter(isObjectType)

const fieldsOf = (type: GraphQLObjectType) => Object.values(type.getFields())
const isConnection = ({ type }: GraphQLField<unknown, unknown>) =>
  getNamedType(type).name.endsWith('Connection')
const entries = <T, V>(items: readonly T[], entry: (item: T) => [string, V]) =>
  Object.fromEntries(items.map(entry))

const possibleTypes = entries(types.filter(isAbstractType), (type) => [
  type.name,
  schema.getPossibleTypes(type).map(({ name }) => name),
])

/** The arguments that make another list, of each list of each type. */
const lists = Object.fromEntries(
  objects.flatMap((type) => {
    const own = fieldsOf(type).filter(isConnection)
    const keys = entries(own, ({ name, args }) => [
      name,
      args.map((argument) => argument.name).filter((name) => !pageArguments.includes(name)),
    ])
    return own.length > 0 ? [[type.name, keys]] : []
  }),
)

/** Objects that are part of the object that has them. */
const withoutId = objects
  .filter(
    (type) => !type.getFields()['id'] && type !== schema.getQueryType() && type !== schema.getMutationType(),
  )
  .filter(({ name }) => !/(Connection|Edge|PageInfo|Success)$/.test(name))
  .filter((type) => type.getInterfaces().every(({ name }) => name !== 'Failure'))
  .map(({ name }) => name)

/** Fields of the query root that look an object up by its ID alone. */
const byId = entries(
  Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
    ({ type, args }) => isObjectType(type) && args.length === 1 && args[0]?.name === 'id',
  ),
  ({ name, type }) => [name, getNamedType(type).name],
)

const scalars = entries(
  types.filter((type) => isScalarType(type) && !isSpecifiedScalarType(type)),
  ({ name }) => {
    const type = scalarTypes[name]
    if (type === undefined) throw new Error(`Say in ${import.meta.filename} what ${name} is in a client.`)
    return [name, type]
  },
)

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
writeFileSync('clients/possible-types.json', json(possibleTypes))
writeFileSync('clients/scalars.json', json(scalars))
writeFileSync(
  'clients/cache-facts.ts',
  `// Made from the schema by \`npm run generate\`.
interface CacheFacts {
  readonly possibleTypes: Record<string, string[]>
  readonly lists: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
  readonly withoutId: readonly string[]
  readonly byId: Readonly<Record<string, string>>
}

export const cacheFacts: CacheFacts = ${JSON.stringify({ possibleTypes, lists, withoutId, byId }, null, 2)}
`,
)
