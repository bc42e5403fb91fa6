import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { DateTimeResolver, JSONObjectResolver } from 'graphql-scalars'
import { GraphQLUpload } from 'graphql-upload-minimal'

const outputOnly = (name: string, serialize: (value: unknown) => string) =>
  new GraphQLScalarType({
    name,
    serialize,
    parseValue: () => {
      throw new GraphQLError(`${name} is only given out, never taken.`)
    },
  })

function hexColor(value: unknown): string {
  if (typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value)) return value.toLowerCase()
  throw new GraphQLError('Give a colour as #rrggbb, e.g. "#3366ff".')
}

export const scalars = {
  DateTime: DateTimeResolver,
  JSON: JSONObjectResolver,
  Upload: GraphQLUpload,
  ByteCount: outputOnly('ByteCount', String),
  Sha256: outputOnly('Sha256', String),
  URL: outputOnly('URL', String),
  HexColor: new GraphQLScalarType({
    name: 'HexColor',
    serialize: String,
    parseValue: hexColor,
    parseLiteral: (node) => hexColor(node.kind === Kind.STRING ? node.value : undefined),
  }),
}
