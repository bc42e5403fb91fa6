import {
  getNamedType,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql'
import { exampleOf, type Operation } from './operations.ts'
import type { Names } from './twins.ts'

interface Given {
  readonly name: string
  readonly type: GraphQLInputType
  readonly defaultValue?: unknown
}

/** A place among the variables of an operation that can name something of another workspace. */
export interface Place {
  readonly path: string
  /** The values to put there. */
  readonly foreign: readonly string[]
  readonly variablesWith: (value: unknown) => Record<string, unknown>
}

const tables: Readonly<Record<string, string>> = {
  items: 'blocks',
  owners: 'blocks',
  entities: 'blocks',
  entity: 'blocks',
  sourceTags: 'tags',
  targetTags: 'tags',
  checkpointMarkers: 'checkpoint_markers',
  files: 'blobs',
  storedFiles: 'blobs',
  apiTokens: 'api_tokens',
  tokens: 'api_tokens',
  mediaEvents: 'media_events',
}

/** The table that an ID is of, by its name and the operation. */
function tableOf(name: string, operation: Operation, own: Names): string {
  const stem = name.replace(/Ids?$/, '')
  const word = /^(after|before|id|ids|parent|anchor|any|all|none|not)$/.test(stem)
    ? operation.name.replace(/^(create|update|move|copy|trash|restore)(?=[A-Z])/, '')
    : stem
  const lower = word.charAt(0).toLowerCase() + word.slice(1)
  const plural = lower === 'media' ? lower : lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`
  return [lower, plural].flatMap((one) => [tables[one] ?? one]).find((one) => one in own) ?? 'blocks'
}

const isId = (type: GraphQLInputType) => getNamedType(type).name === 'ID'

/** Texts that can name something, as seen from a field of this name. */
function textsFor(name: string, theirs: Names): string[] {
  if (name === 'idempotencyKey') return ['once']
  if (name === 'sha256') return [theirs['hash'] ?? '']
  if (name === 'storageKey') return [theirs['key'] ?? '']
  if (name === 'query') return [theirs['text'] ?? '']
  if (/^(content|summary|description|text)$/.test(name))
    return [`![a](media:${theirs['media']}) [b](book:${theirs['books']}) [c](block:${theirs['blocks']})`]
  return []
}

const values = (operation: Operation, own: Names) => {
  const valueOf = ({ name, type }: Given): unknown => {
    if (isNonNullType(type)) return valueOf({ name, type: type.ofType })
    if (isListType(type)) return [valueOf({ name, type: type.ofType })]
    if (isId(type)) return own[tableOf(name, operation, own)]
    if (name === 'ownerType') return 'BLOCK'
    if (name === 'role' && isEnumType(type) && type.getValue('IMAGE')) return 'IMAGE'
    return isInputObjectType(type) ? required(Object.values(type.getFields())) : exampleOf(type)
  }
  const required = (all: readonly Given[]): Record<string, unknown> =>
    Object.fromEntries(
      all
        .filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined)
        .map((given) => [given.name, valueOf(given)]),
    )
  return { required }
}

/** Values of the own workspace for what an operation requires. */
export const ownValues = (operation: Operation, own: Names) =>
  values(operation, own).required(operation.field.args)

/** Every place of an operation, with values of the other workspace: of all tables where it takes an ID. */
export function placesOf(operation: Operation, own: Names, theirs: Names, levels = 3): Place[] {
  const { required } = values(operation, own)
  const ids = Object.entries(theirs).filter(([name]) => !['hash', 'key', 'text'].includes(name))
  const below = (
    all: readonly Given[],
    path: string,
    put: (fields: Record<string, unknown>) => Record<string, unknown>,
    left: number,
  ): Place[] =>
    all.flatMap((given) => {
      const { name, type } = given
      const inner = isNonNullType(type) ? type.ofType : type
      const item = isListType(inner)
        ? isNonNullType(inner.ofType)
          ? inner.ofType.ofType
          : inner.ofType
        : inner
      const wrap = (value: unknown) => (isListType(inner) ? [value] : value)
      const withValue = (value: unknown) => put({ ...required(all), [name]: wrap(value) })
      const here = `${path}${name}`
      if (isInputObjectType(item) && left > 0)
        return below(Object.values(item.getFields()), `${here}.`, withValue, left - 1)
      if (isId(item)) {
        const first = tableOf(name, operation, theirs)
        const sorted = ids.toSorted(([a], [b]) => Number(b === first) - Number(a === first))
        return [{ path: here, foreign: sorted.map(([, id]) => id), variablesWith: withValue }]
      }
      const foreign = item.toString().match(/^(String|Sha256)$/) ? textsFor(name, theirs) : []
      return foreign.length > 0 ? [{ path: here, foreign, variablesWith: withValue }] : []
    })
  return below(operation.field.args, '', (fields) => fields, levels)
}
