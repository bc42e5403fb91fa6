import type { Tx } from '../../db/client.ts'
import { madeBetween } from '../../db/library/copy-sources.ts'
import { indexMissingDocuments, type Searchable, unindexedRows } from '../../db/search/documents.ts'
import type { IndexCursor } from '../../domain/copies.ts'
import { fitting } from '../search/index-library.ts'
import { searchable } from '../search/searchable.ts'

/** Which copies: the time in their IDs, and their number. */
export interface Made {
  readonly workspaceId: string
  readonly at: Date
  readonly itemCount: number
}

type Range = Parameters<typeof unindexedRows>[3]
type Reader = (tx: Tx, workspaceId: string, range: Range, limit: number) => Promise<Searchable[]>

/** The types that are indexed one after the other. */
const readers: readonly Reader[] = [
  async (...args) => (await rowsOf('bookshelves', ...args)).map(searchable.BOOKSHELF),
  async (...args) => (await rowsOf('books', ...args)).map(searchable.BOOK),
  async (...args) => (await rowsOf('blocks', ...args)).map(searchable.BLOCK),
  async (...args) => (await rowsOf('checkpoints', ...args)).map(searchable.CHECKPOINT),
  async (...args) => (await rowsOf('checkpoint_markers', ...args)).map(searchable.CHECKPOINT_MARKER),
  async (...args) => (await rowsOf('media', ...args)).map(searchable.MEDIA),
]

const rowsOf = <T extends Parameters<typeof unindexedRows>[1]>(
  table: T,
  ...[tx, workspaceId, range, limit]: Parameters<Reader>
) => unindexedRows(tx, table, workspaceId, range, limit)

export const firstCopies = ({ at }: Pick<Made, 'at'>): IndexCursor => ({
  step: 0,
  afterId: madeBetween(at, 0).after,
})

/**
 * Indexes up to `limit` copies of one type. Gives their number and where to continue, null at the end. Those that were
 * changed meanwhile are indexed already.
 */
export async function indexNext(
  tx: Tx,
  made: Made,
  { step, afterId }: IndexCursor,
  limit: number,
): Promise<{ count: number; cursor: IndexCursor | null }> {
  const { after, before } = madeBetween(made.at, made.itemCount)
  for (let [at, from] = [step, afterId]; ; [at, from] = [at + 1, after]) {
    const read = readers[at]
    if (!read) return { count: 0, cursor: null }
    const items = fitting(await read(tx, made.workspaceId, { after: from, before }, limit))
    const last = items.at(-1)
    if (!last) continue
    await indexMissingDocuments(tx, made.workspaceId, items)
    return { count: items.length, cursor: { step: at, afterId: last.id } }
  }
}

/** Indexes all copies that a transaction made. */
export async function indexAll(tx: Tx, made: Made) {
  let cursor: IndexCursor | null = firstCopies(made)
  while (cursor) cursor = (await indexNext(tx, made, cursor, made.itemCount)).cursor
}
