import { type Db, read, type Tx } from '../client.ts'

const unfolded = 'name_folded is null and restored_at is null and purged_at is null'

/** True when the trash holds what went there before names were kept. */
export async function hasUnfolded(db: Db): Promise<boolean> {
  return (await read(db, `select 1 from deletions where ${unfolded} limit 1`, [])).length > 0
}

export interface Named {
  readonly workspaceId: string
  readonly id: string
  readonly name: string
}

/** Some deletions whose names are not indexed yet and that nobody else is at. */
export const unfoldedDeletions = (tx: Tx, limit: number) =>
  tx.$queryRawUnsafe<Named[]>(
    `select workspace_id as "workspaceId", id, name from deletions where ${unfolded}
     order by workspace_id, id limit $1::int for no key update skip locked`,
    limit,
  )

/** Makes deletions be found by their names. */
export async function foldDeletions(
  tx: Tx,
  deletions: readonly (Named & { nameFolded: string; nameTerms: readonly number[] })[],
) {
  await tx.$executeRawUnsafe(
    `update deletions set name_folded = given.folded, name_terms = given.terms::int4[]
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as given (workspace_id, id, folded, terms)
     where deletions.workspace_id = given.workspace_id and deletions.id = given.id`,
    deletions.map(({ workspaceId }) => workspaceId),
    deletions.map(({ id }) => id),
    deletions.map(({ nameFolded }) => nameFolded),
    deletions.map(({ nameTerms }) => `{${nameTerms.join(',')}}`),
  )
}
