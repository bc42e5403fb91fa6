import type { MediaRole } from '../../domain/slots.ts'
import { isChanged, type Written } from '../changes.ts'
import type { Tx } from '../client.ts'
import { sql } from '../sql.ts'

export interface OwnedMedium {
  readonly id: string
  readonly ownerId: string
  readonly role: MediaRole
  readonly blobId: string
}

/** Locks the live media of blocks in the order of their IDs, and returns them in the order of their lists. */
export async function lockMediaOfBlocks(
  tx: Tx,
  workspaceId: string,
  blockIds: readonly string[],
): Promise<OwnedMedium[]> {
  const rows = await tx.query<OwnedMedium & { position: string }>(sql`
    select id, block_id as "ownerId", role, blob_id as "blobId", position from media
    where workspace_id = ${workspaceId}::uuid and block_id = any(${blockIds}::uuid[]) and deletion_id is null
    order by id for no key update`)
  return rows.sort((one, other) => (one.position < other.position ? -1 : 1))
}

/** Moves locked media to positions in lists of a block, with one statement; their roles stay. */
export const placeMedia = (
  tx: Tx,
  workspaceId: string,
  blockId: string,
  ids: readonly string[],
  positions: readonly string[],
  written: Written,
) =>
  tx.execute(sql`
    update media set block_id = ${blockId}::uuid, position = moved.place, ${isChanged(written)}
    from unnest(${ids}::uuid[], ${positions}::text[]) as moved (item, place)
    where workspace_id = ${workspaceId}::uuid and id = moved.item`)
