import {
  getNamedType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'

/** What must be the same in fields of one name: null or not, list or not, and the type of a leaf. */
function shapeOf(type: GraphQLOutputType): string {
  if (isNonNullType(type)) return `${shapeOf(type.ofType)}!`
  if (isListType(type)) return `[${shapeOf(type.ofType)}]`
  return isCompositeType(type) ? 'object' : type.name
}

/**
 * The fields of one name that a query cannot select in several members of one union or interface, because their types
 * differ (SameResponseShape of the GraphQL specification). The fields of the objects below count too.
 */
export function unmergeableFields(schema: GraphQLSchema): string[] {
  const found = new Set<string>()
  const seen = new Set<string>()

  /** With their interfaces, since a query can also select from those. */
  const membersOf = (type: GraphQLOutputType): readonly (GraphQLObjectType | GraphQLInterfaceType)[] => {
    const named = getNamedType(type)
    if (!isCompositeType(named)) return []
    const members = isObjectType(named) ? [named] : schema.getPossibleTypes(named)
    return members.flatMap((member) => [member, ...member.getInterfaces()])
  }

  const compare = (members: ReturnType<typeof membersOf>) => {
    const names = [...new Set(members.map(({ name }) => name))].sort().join(' and ')
    if (seen.has(names)) return
    seen.add(names)
    const fields = members.flatMap((member) =>
      Object.values(member.getFields()).map(({ name, type }) => ({ name, type, of: member.name })),
    )
    for (const name of new Set(fields.map((field) => field.name))) {
      const same = fields.filter((field) => field.name === name)
      if (new Set(same.map(({ type }) => shapeOf(type))).size > 1) {
        found.add(
          [...new Set(same.map(({ type, of }) => `${of}.${name}: ${String(type)}`))].sort().join(', '),
        )
      }
      compare(same.flatMap(({ type }) => membersOf(type)))
    }
  }

  for (const type of Object.values(schema.getTypeMap())) if (isAbstractType(type)) compare(membersOf(type))
  return [...found]
}
