import type { MediaRole } from '../domain/slots.ts'
import type { Tx } from './client.ts'
import {
  type NodeRow,
  type Rows,
  type Table,
  tableOfKind,
  type TrashableKind,
  typenameOfKind,
} from './rows.ts'
import { columnsFor, type FieldOf, type NarrowRow, selections } from './selections.ts'
import { empty, identifier, literal, type Queryable, type Sql, sql, unionAll } from './sql.ts'

/** Rows by ID, live or in the trash, unordered. */
export function rowsById<T extends Table>(
  db: Queryable,
  table: T,
  workspaceId: string,
  ids: readonly string[],
): Promise<Rows[T][]> {
  const { columns, from } = selections[table]
  const name = identifier(table)
  return db.query<Rows[T]>(sql`select ${columns} from ${from}
    where ${name}.workspace_id = ${workspaceId}::uuid and ${name}.id = any(${ids}::uuid[])`)
}

/** The live media in a slot of each owner, in order, `most` in all. Reads only the given fields of each row. */
export function mediaOfOwners<Field extends FieldOf<'media'>>(
  db: Queryable,
  role: MediaRole,
  workspaceId: string,
  ownerIds: readonly string[],
  fields: readonly Field[],
  most?: number,
): Promise<(NarrowRow<'media'> & Pick<Rows['media'], Field>)[]>
export function mediaOfOwners(
  db: Queryable,
  role: MediaRole,
  workspaceId: string,
  ownerIds: readonly string[],
  fields: readonly string[],
  most?: number,
): Promise<NarrowRow<'media'>[]>
export function mediaOfOwners(
  db: Queryable,
  role: MediaRole,
  workspaceId: string,
  ownerIds: readonly string[],
  fields: readonly string[],
  most: number | null = null,
): Promise<NarrowRow<'media'>[]> {
  return db.query(sql`select ${columnsFor('media', fields)} from ${selections.media.from}
    where media.workspace_id = ${workspaceId}::uuid and media.owner_id = any(${ownerIds}::uuid[])
      and media.role = ${role}::media_role and media.deletion_id is null
    order by media.position limit ${most}::bigint`)
}

/** The kinds of objects that are looked up by ID. */
export type NodeKind = TrashableKind | 'DELETION' | 'JOB' | 'MEDIA_EVENT' | 'STORED_FILE'

/** The kinds of the live objects with these IDs, with one statement. */
export function kindsOfIds(
  db: Queryable,
  workspaceId: string,
  ids: readonly string[],
): Promise<{ id: string; kind: NodeKind }[]> {
  const one = (table: Table | 'blobs', kind: string, state: Sql) =>
    sql`select id, ${literal(kind)} as kind from ${identifier(table)}
      where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[]) and ${state}`
  return db.query(
    unionAll([
      ...Object.entries(tableOfKind).map(([kind, table]) => one(table, kind, sql`deletion_id is null`)),
      one('deletions', 'DELETION', sql`purged_at is null`),
      one('jobs', 'JOB', sql`listed`),
      one('media_events', 'MEDIA_EVENT', sql`true`),
      one('blobs', 'STORED_FILE', sql`true`),
    ]),
  )
}

/** The kind of the item with this ID if it is in the trash and not purged, with one statement. */
export async function trashedKind(
  db: Queryable,
  workspaceId: string,
  id: string,
): Promise<TrashableKind | undefined> {
  const kinds = Object.entries(tableOfKind).map(
    ([kind, table]) => sql`select ${literal(kind)} as kind from ${identifier(table)} item
      join deletions on deletions.workspace_id = item.workspace_id and deletions.id = item.deletion_id
      where item.workspace_id = ${workspaceId}::uuid and item.id = ${id}::uuid and purged_at is null`,
  )
  const [found] = await db.query<{ kind: TrashableKind }>(unionAll(kinds))
  return found?.kind
}

/** One row, live or in the trash. `lock` keeps others from changing it until the end of the transaction. */
export async function rowById<T extends Table>(
  db: Queryable,
  table: T,
  workspaceId: string,
  id: string,
  lock: 'lock' | 'no lock' = 'no lock',
): Promise<Rows[T] | undefined> {
  const { columns, from } = selections[table]
  const name = identifier(table)
  const [row] = await db.query<Rows[T]>(sql`select ${columns} from ${from}
    where ${name}.workspace_id = ${workspaceId}::uuid and ${name}.id = ${id}::uuid
    ${lock === 'lock' ? sql`for no key update of ${name}` : empty}`)
  return row
}

/**
 * Locks one row if it is live. Lock from the top of the library down, and rows of one table in the order of their IDs.
 */
export async function lockLive<T extends Table>(tx: Tx, table: T, workspaceId: string, id: string) {
  const row = await rowById(tx, table, workspaceId, id, 'lock')
  return row && 'deletionId' in row && row.deletionId === null ? row : undefined
}

/** Locks the live ones among rows of one table, in the order of their IDs, with one statement. */
export function lockLiveRows<
  T extends Exclude<Table, 'deletions' | 'jobs' | 'media_events' | 'api_tokens' | 'share_links'>,
>(tx: Tx, table: T, workspaceId: string, ids: readonly string[]): Promise<Rows[T][]> {
  const { columns, from } = selections[table]
  const name = identifier(table)
  return tx.query<Rows[T]>(sql`select ${columns} from ${from}
    where ${name}.workspace_id = ${workspaceId}::uuid and ${name}.id = any(${ids}::uuid[])
      and ${name}.deletion_id is null
    order by ${name}.id for no key update of ${name}`)
}

/** The row of a trashable item, with its GraphQL type. */
export async function nodeById(db: Queryable, kind: TrashableKind, workspaceId: string, id: string) {
  const row = await rowById(db, tableOfKind[kind], workspaceId, id)
  return row && ({ __typename: typenameOfKind[kind], ...row } as NodeRow)
}
