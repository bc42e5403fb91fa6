import { GraphQLError, GraphQLScalarType, Kind, type ValueNode, visit } from 'graphql'
import { DateTimeResolver, JSONObjectResolver } from 'graphql-scalars'
import { Upload } from 'graphql-upload-minimal'
import { uploadScalar } from './uploads.ts'
import { giveAsString, isExact } from '../domain/exact-numbers.ts'

/** A number of bytes as a whole number; as text if JSON cannot represent it exactly. */
function byteCount(value: unknown): bigint {
  if (
    (typeof value === 'string' && /^\d{1,18}$/.test(value)) ||
    (Number.isSafeInteger(value) && Number(value) >= 0)
  )
    return BigInt(value as string | number)
  throw new GraphQLError(
    'Give a number of bytes as a whole number of at least 0, as a string or a number, e.g. "1048576".',
  )
}

/** A date alone, as the beginning of that day in UTC. JavaScript takes 30 February for 2 March. */
function beginningOfDay(date: string): Date | undefined {
  const time = new Date(`${date}T00:00:00.000Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(date) ? time : undefined
}

function dateTime(value: unknown): Date {
  try {
    const day =
      typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? beginningOfDay(value) : undefined
    return day ?? DateTimeResolver.parseValue(value)
  } catch {
    throw new GraphQLError(
      'Give a time such as "2026-01-05T09:30:00Z" or "2026-01-05T17:30:00+08:00", or a date such as "2026-01-05", ' +
        'which is the beginning of that day in UTC.',
    )
  }
}

const outputOnly = (name: string, serialize: (value: unknown) => string) =>
  new GraphQLScalarType({
    name,
    serialize,
    parseValue: () => {
      throw new GraphQLError(`${name} is only for output and cannot be used as input.`)
    },
  })

function hexColor(value: unknown): string {
  if (typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value)) return value.toLowerCase()
  throw new GraphQLError('Give a colour as #rrggbb, e.g. "#3366ff".')
}

const holdsFile = (value: unknown): boolean =>
  value instanceof Upload ||
  (typeof value === 'object' && value !== null && Object.values(value).some(holdsFile))

function jsonObject(value: unknown): unknown {
  if (holdsFile(value)) throw new GraphQLError('A JSON object cannot contain a file.')
  return JSONObjectResolver.parseValue(value)
}

const exact = ({ value }: { readonly value: string }) => {
  if (!isExact(value)) throw new GraphQLError(giveAsString(value))
}

/** A name without quotes is not a JSON value; the library would silently drop it. */
function jsonLiteral(node: ValueNode, variables?: Record<string, unknown> | null) {
  visit(node, {
    IntValue: exact,
    FloatValue: exact,
    EnumValue: ({ value }) => {
      throw new GraphQLError(`A JSON object cannot contain ${value}. Put texts in quotes.`)
    },
  })
  return jsonObject(JSONObjectResolver.parseLiteral(node, variables ?? undefined))
}

/** The behaviour of a scalar without its name and description, because clients see those of `schema/*.graphql`. */
function behaviour({ serialize, parseValue, parseLiteral }: GraphQLScalarType) {
  const does: Partial<GraphQLScalarType> = { serialize, parseValue, parseLiteral }
  return does as GraphQLScalarType
}

export const scalars = {
  DateTime: behaviour(
    new GraphQLScalarType({
      name: 'DateTime',
      serialize: (value) => DateTimeResolver.serialize(value),
      parseValue: dateTime,
      parseLiteral: (node) => dateTime(node.kind === Kind.STRING ? node.value : undefined),
    }),
  ),
  JSON: behaviour(
    new GraphQLScalarType({
      ...JSONObjectResolver.toConfig(),
      parseValue: jsonObject,
      parseLiteral: jsonLiteral,
    }),
  ),
  Upload: behaviour(uploadScalar),
  ByteCount: behaviour(
    new GraphQLScalarType({
      name: 'ByteCount',
      serialize: String,
      parseValue: byteCount,
      parseLiteral: (node) =>
        byteCount(node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : null),
    }),
  ),
  Sha256: behaviour(outputOnly('Sha256', String)),
  URL: behaviour(outputOnly('URL', String)),
  HexColor: behaviour(
    new GraphQLScalarType({
      name: 'HexColor',
      serialize: String,
      parseValue: hexColor,
      parseLiteral: (node) => hexColor(node.kind === Kind.STRING ? node.value : undefined),
    }),
  ),
}
