import type { Tx } from '../client.ts'
import type { Rows } from '../rows.ts'
import { selections } from '../selections.ts'
import { columnList, type Queryable, sql } from '../sql.ts'

/** A live tag with this alias among the children of a parent (null: the top level), other than one. */
export async function siblingWithAlias(
  tx: Tx,
  workspaceId: string,
  parentId: string | null,
  nameKey: string,
  otherThan: string,
): Promise<Rows['tags'] | undefined> {
  const [row] = await tx.query<Rows['tags']>(sql`select ${selections.tags.columns} from tags
    where tags.workspace_id = ${workspaceId}::uuid and tags.id = any(array(select tag_id from tag_aliases
        where workspace_id = ${workspaceId}::uuid and name_key = ${nameKey} offset 0))
      and tags.deletion_id is null and tags.id <> ${otherThan}::uuid
      and tags.parent_id is not distinct from ${parentId}::uuid
    order by tags.id limit 1`)
  return row
}

export interface UnkeyedAlias {
  readonly workspaceId: string
  readonly id: string
  readonly name: string
}

const columns = columnList({ workspaceId: 'workspace_id', id: 'id', name: 'name' })

/** True when the keys of some aliases are not computed yet. */
export const hasUnkeyedAliases = async (db: Queryable): Promise<boolean> =>
  (await db.query(sql`select 1 from tag_aliases where name_key is null limit 1`)).length > 0

/** Locks up to `limit` aliases whose keys are not computed yet. Skips those that another transaction has locked. */
export const unkeyedAliases = (tx: Tx, limit: number) =>
  tx.query<UnkeyedAlias>(sql`select ${columns} from tag_aliases where name_key is null
    order by workspace_id, id limit ${limit}::int for no key update skip locked`)

/** Stores the keys by which aliases are compared. */
export async function storeAliasKeys(tx: Tx, aliases: readonly (UnkeyedAlias & { nameKey: string })[]) {
  const workspaceIds = aliases.map(({ workspaceId }) => workspaceId)
  const [ids, keys] = [aliases.map(({ id }) => id), aliases.map(({ nameKey }) => nameKey)]
  await tx.execute(sql`update tag_aliases set name_key = given.key
    from unnest(${workspaceIds}::uuid[], ${ids}::uuid[], ${keys}::text[]) as given (workspace_id, id, key)
    where tag_aliases.workspace_id = given.workspace_id and tag_aliases.id = given.id`)
}
