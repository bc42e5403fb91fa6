import type { Tx } from './client.ts'
import type { BlobRow } from './rows.ts'

/** Stores the row of new bytes, or gives the row that has the same bytes already. */
export async function insertBlob(tx: Tx, blob: BlobRow): Promise<BlobRow> {
  await tx.blob.createMany({ data: [blob], skipDuplicates: true })
  const { workspaceId, sha256 } = blob
  return tx.blob.findUniqueOrThrow({ where: { workspaceId_sha256: { workspaceId, sha256 } } })
}
