import { InvalidInput } from './failure.ts'
import { isSortKey } from './sort-key.ts'
import { isUuid } from './text.ts'

/** The default and maximum page size, in items. */
export const pageLimits = { default: 20, max: 100 } as const

export interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** The sort key and ID of an item, which mark its place in a list. */
interface Cursor {
  readonly key: string
  readonly id: string
}

export interface Page {
  readonly limit: number
  readonly backward: boolean
  readonly after: Cursor | null
  readonly before: Cursor | null
}

/** The types of sort keys. A cursor with a key of another type cannot belong to the list. */
export type KeyType = 'text' | 'name' | 'time' | 'integer' | 'bytes' | 'id'

/** Makes an opaque cursor. `order` names the order of the list, so that cursors of other lists are recognised. */
export const encodeCursor = (order: string, { key, id }: Cursor) =>
  Buffer.from(JSON.stringify([order, key, id])).toString('base64url')

// JavaScript accepts 30 February and the year 0; PostgreSQL does not.
const isTime = (key: string) =>
  /^(?!0000)\d{4}-/.test(key) && !Number.isNaN(Date.parse(key)) && new Date(key).toISOString() === key

const isText = (key: string) => key.isWellFormed() && !key.includes('\0')

const isOfType: Record<KeyType, (key: string, id: string) => boolean> = {
  text: isText,
  // Older servers sorted by the name itself: their cursors are not valid any more.
  name: (key) => isText(key) && isSortKey(key),
  time: isTime,
  integer: (key) => /^\d{1,9}$/.test(key),
  bytes: (key) => /^\d{1,18}$/.test(key),
  id: (key, id) => key === id,
}

function decodeCursor(order: string, keyType: KeyType, cursor: string): Cursor | undefined {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length !== 3 || parts[0] !== order) return undefined
  const [, key, id] = parts as unknown[]
  if (typeof key !== 'string' || typeof id !== 'string' || !isUuid(id)) return undefined
  return isOfType[keyType](key, id) ? { key, id } : undefined
}

/** The requested part of a list, or what is wrong with the arguments. */
export function readPage(args: PageArgs, order: string, keyType: KeyType): Page | InvalidInput {
  const { first, last } = args
  if (first != null && last != null) {
    return new InvalidInput([{ path: 'last', message: 'Give `first` or `last`, not both.' }])
  }
  const size = first ?? last ?? pageLimits.default
  if (size < 0 || size > pageLimits.max) {
    const path = last != null ? 'last' : 'first'
    const message = `Give a number from 0 to ${pageLimits.max} and fetch the rest page by page with a cursor.`
    return new InvalidInput([{ path, message }])
  }
  const cursors: { after: Cursor | null; before: Cursor | null } = { after: null, before: null }
  for (const side of ['after', 'before'] as const) {
    const given = args[side]
    // Some clients send the cursor of an empty page as an empty text.
    if (given == null || given === '') continue
    const cursor = decodeCursor(order, keyType, given)
    if (!cursor) {
      const message =
        "This cursor does not belong to this list. Use an edge's `cursor` or `pageInfo` from the same list and order."
      return new InvalidInput([{ path: side, message }])
    }
    cursors[side] = cursor
  }
  return { limit: size, backward: last != null, ...cursors }
}
