import type pg from 'pg'
import type { TrashableKind } from '../../../src/db/rows.ts'
import { searchedName } from '../../../src/domain/deletion-names.ts'
import { newId } from '../../../src/usecases/context.ts'

export interface TrashedRow {
  readonly id: string
  readonly kind: TrashableKind
  readonly name: string
  readonly deletedBy: string
  readonly deletedAt: Date
  readonly purgeAfter: Date
}

const dayMs = 24 * 60 * 60 * 1000

/** What to trash, given the number of each; a minute between two, the first is the oldest. */
export const trashedRows = (
  count: number,
  now: Date,
  make: (number: number) => Partial<Omit<TrashedRow, 'id' | 'deletedAt'>> & { readonly days?: number },
): TrashedRow[] =>
  Array.from({ length: count }, (_, number) => {
    const { days = 30, ...given } = make(number)
    const deletedAt = new Date(now.getTime() - (count - number) * 60_000)
    const purgeAfter = new Date(deletedAt.getTime() + days * dayMs)
    return { id: newId(), kind: 'BLOCK', name: '', deletedBy: 'owner', deletedAt, purgeAfter, ...given }
  })

/** Puts deletions into the trash of a workspace, of items that are not there: so many that operations would take hours. */
export async function fillTrash(pool: pg.Pool, workspaceId: string, rows: readonly TrashedRow[]) {
  const names = new Map<string, { nameFolded: string; nameTerms: number[] }>()
  const named = (name: string) => {
    const known = names.get(name) ?? searchedName(workspaceId, name)
    names.set(name, known)
    return known
  }
  for (let at = 0; at < rows.length; at += 20_000) {
    const some = rows.slice(at, at + 20_000)
    await pool.query(
      `insert into deletions (workspace_id, id, kind, item_id, item_count, name, name_folded, name_terms, deleted_at,
         deleted_by, path, purge_after)
       select $1, id, kind::trashable_kind, id, 1, name, folded, terms::int[], deleted_at, deleted_by, array['x'], purge_after
       from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[],
         $9::timestamptz[]) as one (id, kind, name, folded, terms, deleted_at, deleted_by, purge_after)`,
      [
        workspaceId,
        some.map(({ id }) => id),
        some.map(({ kind }) => kind),
        some.map(({ name }) => name),
        some.map(({ name }) => named(name).nameFolded),
        some.map(({ name }) => `{${named(name).nameTerms.join(',')}}`),
        some.map(({ deletedAt }) => deletedAt),
        some.map(({ deletedBy }) => deletedBy),
        some.map(({ purgeAfter }) => purgeAfter),
      ],
    )
  }
}
