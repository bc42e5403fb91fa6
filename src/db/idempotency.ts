import type { Tx } from './client.ts'
import type { IdempotencyKey } from './generated/client.ts'
import { sql } from './sql.ts'

/**
 * Takes a key for this transaction, or gives its earlier use. Of two transactions with one key the second waits here
 * until the first has ended.
 */
export async function claimIdempotencyKey(
  tx: Tx,
  claim: IdempotencyKey,
): Promise<IdempotencyKey | undefined> {
  const taken = await tx.execute(sql`
    insert into idempotency_keys (workspace_id, key, operation, input_hash, result_ids, created_at)
    values (${claim.workspaceId}::uuid, ${claim.key}, ${claim.operation}, ${claim.inputHash},
      ${claim.resultIds}::uuid[], ${claim.createdAt}::timestamptz)
    on conflict (workspace_id, key) do nothing`)
  if (taken === 1) return undefined
  const { workspaceId, key } = claim
  return tx.idempotencyKey.findUniqueOrThrow({ where: { workspaceId_key: { workspaceId, key } } })
}
