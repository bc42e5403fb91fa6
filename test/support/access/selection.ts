import {
  getNamedType,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql'

/** Objects that only hold other objects; they count for no level. */
const isHolder = (name: string) => /(Connection|Edge)$/.test(name)

const needsArguments = ({ args }: GraphQLField<unknown, unknown>) =>
  args.some(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined)

/** Everything within some levels of objects. Fields of one name have one type, so that no alias is needed. */
export function selectionOf(schema: GraphQLSchema, type: GraphQLOutputType, levels: number): string {
  const named = getNamedType(type)
  if (isLeafType(named)) return ''
  const members = isAbstractType(named) ? schema.getPossibleTypes(named) : isObjectType(named) ? [named] : []
  const parts = members.map((member) => `... on ${member.name} { ${fieldsOf(schema, member, levels)} }`)
  return isObjectType(named) ? fieldsOf(schema, named, levels) : `__typename ${parts.join(' ')}`
}

function fieldsOf(
  schema: GraphQLSchema,
  type: { getFields(): object; name: string },
  levels: number,
): string {
  const fields = Object.values(type.getFields() as Record<string, GraphQLField<unknown, unknown>>)
  const chosen = fields.flatMap((field) => {
    const named = getNamedType(field.type)
    if (isLeafType(named)) return needsArguments(field) ? [] : [field.name]
    // The root again, which operations of their own ask for.
    if (field.name === 'query' || needsArguments(field)) return []
    if (levels === 0) return [`${field.name} { __typename }`]
    if (field.name === 'edges') return []
    return [
      `${field.name} { ${selectionOf(schema, field.type, isHolder(named.name) ? levels : levels - 1)} }`,
    ]
  })
  return ['__typename', ...chosen].join(' ')
}
