import type { Tx } from '../client.ts'

/** Waits for the lock of this name and holds it until the end of the transaction; `shared` beside others that do the same. */
export async function lockName(tx: Tx, name: string, mode: 'exclusive' | 'shared' = 'exclusive') {
  if (mode === 'shared')
    await tx.$executeRaw`select pg_advisory_xact_lock_shared(hashtextextended(${name}, 0))`
  else await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`
}
