import { isChanged, type Written } from '../changes.ts'
import type { Tx } from '../client.ts'
import type { BookRow } from '../rows.ts'
import { inOrderOf, selections } from '../selections.ts'
import { sql } from '../sql.ts'

/** New values of a book. Omitted and null ones stay as they are, except for the summary, which null removes. */
export interface BookChange {
  readonly id: string
  readonly title?: string | undefined
  readonly sortKey?: string | undefined
  readonly summary?: string | null | undefined
  readonly status?: BookRow['status'] | null | undefined
}

/** Changes locked books with one statement, and returns them in the same order. */
export async function updateBookRows(
  tx: Tx,
  workspaceId: string,
  changes: readonly BookChange[],
  written: Written,
): Promise<BookRow[]> {
  if (changes.length === 0) return []
  const ids = changes.map(({ id }) => id)
  const titles = changes.map(({ title }) => title ?? null)
  const sortKeys = changes.map(({ sortKey }) => sortKey ?? null)
  const summaries = changes.map(({ summary }) => summary ?? null)
  const keepsSummary = changes.map(({ summary }) => summary === undefined)
  const statuses = changes.map(({ status }) => status ?? null)
  const rows = await tx.query<BookRow>(sql`
    update books set title = coalesce(new_title, title), sort_key = coalesce(new_sort_key, sort_key),
      summary = case when keeps_summary then summary else new_summary end,
      status = coalesce(new_status, status), ${isChanged(written)}
    from unnest(
      ${ids}::uuid[], ${titles}::text[], ${sortKeys}::text[], ${summaries}::text[], ${keepsSummary}::boolean[],
      ${statuses}::book_status[]
    ) as change (book_id, new_title, new_sort_key, new_summary, keeps_summary, new_status)
    where workspace_id = ${workspaceId}::uuid and books.id = change.book_id
    returning ${selections.books.columns}`)
  return inOrderOf(ids, rows)
}
