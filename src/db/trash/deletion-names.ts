import type { Tx } from '../client.ts'
import { columnList, type Queryable, sql } from '../sql.ts'

const unfolded = sql`name_folded is null and restored_at is null and purged_at is null`

/** True when the trash holds deletions from the time before their names were kept. */
export async function hasUnfolded(db: Queryable): Promise<boolean> {
  return (await db.query(sql`select 1 from deletions where ${unfolded} limit 1`)).length > 0
}

export interface Named {
  readonly workspaceId: string
  readonly id: string
  readonly name: string
}

const columns = columnList({ workspaceId: 'workspace_id', id: 'id', name: 'name' })

/** Locks up to `limit` deletions whose names are not indexed yet. Skips those that another transaction has locked. */
export const unfoldedDeletions = (tx: Tx, limit: number) =>
  tx.query<Named>(sql`select ${columns} from deletions where ${unfolded}
    order by workspace_id, id limit ${limit}::int for no key update skip locked`)

/** Stores the folded names by which a search finds deletions. */
export async function foldDeletions(
  tx: Tx,
  deletions: readonly (Named & { nameFolded: string; nameTerms: readonly number[] })[],
) {
  const workspaceIds = deletions.map(({ workspaceId }) => workspaceId)
  const ids = deletions.map(({ id }) => id)
  const names = deletions.map(({ nameFolded }) => nameFolded)
  const terms = deletions.map(({ nameTerms }) => `{${nameTerms.join(',')}}`)
  await tx.execute(sql`
    update deletions set name_folded = given.folded, name_terms = given.terms::int4[]
    from unnest(${workspaceIds}::uuid[], ${ids}::uuid[], ${names}::text[], ${terms}::text[])
      as given (workspace_id, id, folded, terms)
    where deletions.workspace_id = given.workspace_id and deletions.id = given.id`)
}
