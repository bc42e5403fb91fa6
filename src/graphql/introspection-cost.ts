import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'

/** The sizes of the lists of introspection by type and field. All but the first two are averages over all types. */
type Sizes = Readonly<Record<string, number>>

/** Most types are wrapped once or not at all. */
const wrappings = 0.5

const known = new WeakMap<GraphQLSchema, Sizes>()

/** The number of objects to expect from each field of introspection, as the schema really is. */
export function introspectionSizes(schema: GraphQLSchema): Sizes {
  const found = known.get(schema)
  if (found) return found
  const sizes = measured(schema)
  known.set(schema, sizes)
  return sizes
}

const fieldsOf = (type: GraphQLNamedType) =>
  isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []

function measured(schema: GraphQLSchema): Sizes {
  const types = Object.values(schema.getTypeMap())
  const fields = types.flatMap(fieldsOf)
  const perType = (sizeOf: (type: GraphQLNamedType) => number) =>
    types.reduce((sum, type) => sum + sizeOf(type), 0) / types.length
  return {
    '__Schema.types': types.length,
    '__Schema.directives': schema.getDirectives().length,
    '__Type.fields': fields.length / types.length,
    '__Type.inputFields': perType((type) =>
      isInputObjectType(type) ? Object.keys(type.getFields()).length : 0,
    ),
    '__Type.enumValues': perType((type) => (isEnumType(type) ? type.getValues().length : 0)),
    '__Type.interfaces': perType((type) =>
      isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().length : 0,
    ),
    '__Type.possibleTypes': perType((type) =>
      isAbstractType(type) ? schema.getPossibleTypes(type).length : 0,
    ),
    '__Field.args': fields.reduce((sum, { args }) => sum + args.length, 0) / fields.length,
    '__Directive.args': 2,
    '__Type.ofType': wrappings,
  }
}
