import type { MediaRole } from '../domain/slots.ts'
import { type Db, read, type Tx } from './client.ts'
import {
  type NodeRow,
  type Rows,
  type Table,
  tableOfKind,
  type TrashableKind,
  typenameOfKind,
} from './rows.ts'
import { columnsFor, selections } from './selections.ts'

const byIds = (table: Table) => {
  const { columns, from } = selections[table]
  return `select ${columns} from ${from} where ${table}.workspace_id = $1::uuid and ${table}.id = any($2::uuid[])`
}

/** Rows by id, live or in the trash, in any order. */
export function rowsById<T extends Table>(
  db: Db,
  table: T,
  workspaceId: string,
  ids: readonly string[],
): Promise<Rows[T][]> {
  return read<Rows[T]>(db, byIds(table), [workspaceId, ids])
}

/** The same inside a transaction. */
export function rowsInTransaction<T extends Table>(
  tx: Tx,
  table: T,
  workspaceId: string,
  ids: readonly string[],
): Promise<Rows[T][]> {
  return tx.$queryRawUnsafe<Rows[T][]>(byIds(table), workspaceId, ids)
}

/** The live media in a slot of each owner, in order. Only the given fields are read of each row. */
export function mediaOfOwners(
  db: Db,
  role: MediaRole,
  workspaceId: string,
  ownerIds: readonly string[],
  fields: readonly string[],
): Promise<Rows['media'][]> {
  const text = `select ${columnsFor('media', fields)} from ${selections.media.from} where media.workspace_id = $1::uuid
    and media.owner_id = any($2::uuid[]) and media.role = $3::media_role and media.deletion_id is null
    order by media.position`
  return read<Rows['media']>(db, text, [workspaceId, ownerIds, role])
}

/** Which of the ids are live things of which kind, in one statement. */
export function kindsOfIds(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
): Promise<{ id: string; kind: TrashableKind | 'DELETION' | 'JOB' }[]> {
  const one = (table: string, kind: string, state: string) =>
    `select id, '${kind}' as kind from ${table} where workspace_id = $1::uuid and id = any($2::uuid[]) and ${state}`
  const text = [
    ...Object.entries(tableOfKind).map(([kind, table]) => one(table, kind, 'deletion_id is null')),
    one('deletions', 'DELETION', 'purged_at is null'),
    one('jobs', 'JOB', 'true'),
  ].join(' union all ')
  return read(db, text, [workspaceId, ids])
}

/** One row inside a transaction, live or in the trash. `lock` keeps others from changing it until the end. */
export async function rowInTransaction<T extends Table>(
  tx: Tx,
  table: T,
  workspaceId: string,
  id: string,
  lock: 'lock' | 'no lock' = 'no lock',
): Promise<Rows[T] | undefined> {
  const { columns, from } = selections[table]
  const suffix = lock === 'lock' ? ` for no key update of ${table}` : ''
  const text = `select ${columns} from ${from} where ${table}.workspace_id = $1::uuid and ${table}.id = $2::uuid${suffix}`
  const [row] = await tx.$queryRawUnsafe<Rows[T][]>(text, workspaceId, id)
  return row
}

/** Locks one row if it is live. Lock from the top of the library downwards, and rows of one table by their ids. */
export async function lockLive<T extends Table>(tx: Tx, table: T, workspaceId: string, id: string) {
  const row = await rowInTransaction(tx, table, workspaceId, id, 'lock')
  return row && 'deletionId' in row && row.deletionId === null ? row : undefined
}

/** The row of a thing that can be trashed, with its GraphQL type. */
export async function nodeInTransaction(tx: Tx, kind: TrashableKind, workspaceId: string, id: string) {
  const row = await rowInTransaction(tx, tableOfKind[kind], workspaceId, id)
  return row && ({ __typename: typenameOfKind[kind], ...row } as NodeRow)
}
