import type { Db, Tx } from '../client.ts'
import type { BlobRow } from '../rows.ts'
import { type Queryable, sql } from '../sql.ts'

/** The blob with these bytes. */
export const blobOfBytes = (db: Db, workspaceId: string, sha256: string): Promise<BlobRow | null> =>
  db.prisma.blob.findUnique({ where: { workspaceId_sha256: { workspaceId, sha256 } } })

/** Inserts the row of new bytes, or returns the existing row with the same bytes; locked either way. */
export async function insertBlob(tx: Tx, blob: BlobRow): Promise<BlobRow> {
  const { workspaceId, sha256 } = blob
  // Garbage collection may remove the row that has them between the two looks. That is rare, so a few attempts are
  // enough.
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const { count } = await tx.blob.createMany({ data: [blob], skipDuplicates: true })
    if (count === 1) return blob
    const same = await tx.blob.findUnique({ where: { workspaceId_sha256: { workspaceId, sha256 } } })
    const found = same && (await lockBlob(tx, workspaceId, same.id))
    if (found) return found
  }
  throw new Error(`The blob with the bytes ${sha256} comes and goes.`)
}

/** Locks a blob until the end of the transaction. */
export async function lockBlob(tx: Tx, workspaceId: string, id: string): Promise<BlobRow | null> {
  await tx.query(sql`select id from blobs
    where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid for no key update`)
  return tx.blob.findUnique({ where: { workspaceId_id: { workspaceId, id } } })
}

/** Counts one more media item of a locked blob. */
export async function countReference(tx: Tx, { workspaceId, id }: BlobRow) {
  await tx.blob.update({
    where: { workspaceId_id: { workspaceId, id } },
    data: { refCount: { increment: 1 }, orphanedAt: null },
  })
}

/** Gives a blob a new storage key, unless another upload has done so. */
export async function givenNewKey(
  db: Db,
  where: { workspaceId: string; id: string; storageKey: string },
  storageKey: string,
): Promise<boolean> {
  const { count } = await db.prisma.blob.updateMany({ where, data: { storageKey } })
  return count === 1
}

/** Whether any workspace has bytes in the storage. */
export async function hasBlobs(db: Queryable): Promise<boolean> {
  return (await db.query(sql`select from blobs limit 1`)).length > 0
}
