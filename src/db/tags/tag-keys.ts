import type { Tx } from '../client.ts'
import { stale } from '../name-keys.ts'
import { columnList, sql } from '../sql.ts'

/** A workspace with tags that are older than the rules of their keys, if there is one. */
export async function workspaceWithStaleTags(tx: Tx): Promise<string | undefined> {
  const [tag] = await tx.query<{ workspaceId: string }>(sql`select workspace_id as "workspaceId" from tags
    where ${stale} order by workspace_id limit 1`)
  return tag?.workspaceId
}

export interface StaleTag {
  readonly id: string
  readonly parentId: string | null
  readonly deletionId: string | null
  readonly name: string
  readonly nameKey: string
}

const columns = columnList({
  id: 'id',
  parentId: 'parent_id',
  deletionId: 'deletion_id',
  name: 'name',
  nameKey: 'name_key',
})

/** Locks some of them, the oldest first. Lock the tree before. */
export const staleTags = (tx: Tx, workspaceId: string, limit: number) =>
  tx.query<StaleTag>(sql`select ${columns} from tags where workspace_id = ${workspaceId}::uuid and ${stale}
    order by id limit ${limit}::int for no key update`)

export interface TagKeys {
  readonly id: string
  readonly nameKey: string
  /** The key if a sibling has the name already. */
  readonly twinKey: string
  readonly sortKey: string
}

/** Siblings that are live together, or were trashed together and so may come back together. */
const taken = sql`(
  tag.deletion_id is null and exists (select from tags other
    where other.workspace_id = tag.workspace_id and other.deletion_id is null
      and other.name_key >= given.name_key and other.name_key < given.name_key || E'\\x02'
      and other.parent_id is not distinct from tag.parent_id and other.id <> tag.id)
  or exists (select from tags other
    where other.workspace_id = tag.workspace_id and other.deletion_id = tag.deletion_id
      and other.name_key >= given.name_key and other.name_key < given.name_key || E'\\x02'
      and other.parent_id is not distinct from tag.parent_id and other.id <> tag.id))`

/** Stores the keys of tags, and returns those whose name a sibling has. */
export function storeTagKeys(tx: Tx, workspaceId: string, tags: readonly TagKeys[]) {
  const [ids, sortKeys] = [tags.map(({ id }) => id), tags.map(({ sortKey }) => sortKey)]
  const [nameKeys, twinKeys] = [tags.map(({ nameKey }) => nameKey), tags.map(({ twinKey }) => twinKey)]
  return tx.query<{ id: string; name: string }>(sql`
    with stored as (
      update tags tag set sort_key = given.sort_key, name_key = case
        when tag.name_key <> given.name_key and ${taken} then given.twin_key else given.name_key end
      from unnest(${ids}::uuid[], ${nameKeys}::text[], ${twinKeys}::text[], ${sortKeys}::text[])
        as given (id, name_key, twin_key, sort_key)
      where tag.workspace_id = ${workspaceId}::uuid and tag.id = given.id
      returning tag.id, tag.name, tag.name_key = given.twin_key as is_twin)
    select id, name from stored where is_twin order by id`)
}
