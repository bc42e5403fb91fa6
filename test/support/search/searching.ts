import type { Db } from '../../../src/db/client.ts'
import { searchPage } from '../../../src/db/search/search-page.ts'
import type { SearchScope } from '../../../src/db/search/walks.ts'
import { Failure } from '../../../src/domain/failure.ts'
import { parseQuery, type SearchableType } from '../../../src/domain/library-search.ts'

const everything: readonly SearchableType[] = [
  'BOOKSHELF',
  'BOOK',
  'BLOCK',
  'TAG',
  'CHECKPOINT',
  'CHECKPOINT_MARKER',
  'MEDIA',
]

/** A query as the index understands it; one that is refused fails the test. */
export function parsed(query: string) {
  const result = parseQuery(query)
  if (result instanceof Failure) throw new Error(result.message)
  return result
}

/** The first hundred that a query finds in a workspace. */
export async function hits(
  db: Db,
  workspaceId: string,
  query: string,
  scope: SearchScope = new Map(everything.map((type) => [type, []])),
) {
  const page = { limit: 100, backward: false, after: null, before: null }
  return (await searchPage(db, workspaceId, parsed(query), scope, page)).rows
}
