import { transact, type Tx } from '../db/client.ts'
import { Failure } from '../domain/failure.ts'
import { type Ctx, newId } from './context.ts'
import { claimKey } from './idempotency.ts'
import type { ItemTable } from './entities.ts'
import { madeBefore } from './purged.ts'

/**
 * Creates one object in a transaction, with a new ID; or returns the object that a request with the same idempotency
 * key created.
 */
export async function createOnce<T extends ItemTable, Made>(
  ctx: Ctx,
  request: { key: string | null | undefined; operation: string; input: unknown; table: T },
  make: (tx: Tx, id: string) => Promise<Made>,
) {
  const { table, ...keyed } = request
  return transact(ctx.db, async (tx) => {
    const id = newId()
    const claim = await claimKey(ctx, tx, { ...keyed, resultIds: [id] })
    if (claim instanceof Failure) return claim
    if (claim) return madeBefore(ctx, tx, table, claim[0])
    return make(tx, id)
  })
}
