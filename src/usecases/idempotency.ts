import { createHash } from 'node:crypto'
import type { Tx } from '../db/client.ts'
import { claimIdempotencyKey } from '../db/idempotency.ts'
import { IdempotencyKeyReused } from '../domain/failure.ts'
import type { Ctx } from './context.ts'

interface KeyedRequest {
  readonly key: string | null | undefined
  readonly operation: string
  /** Everything that identifies the request: the same input gives the same JSON. */
  readonly input: unknown
  /** The IDs of the objects that this request will create. */
  readonly resultIds: readonly string[]
}

/**
 * Claims the request's idempotency key, if it has one, in the transaction that does the work. Returns undefined if the
 * work has yet to be done, the IDs of the first result if it was done before, or a failure if the key was used for a
 * different request.
 */
export async function claimKey(
  ctx: Ctx,
  tx: Tx,
  { key, operation, input, resultIds }: KeyedRequest,
): Promise<readonly string[] | IdempotencyKeyReused | undefined> {
  if (key == null) return undefined
  const inputHash = createHash('sha256').update(canonical(input)).digest('hex')
  const { workspaceId } = ctx.actor
  const before = await claimIdempotencyKey(tx, {
    workspaceId,
    key,
    operation,
    inputHash,
    resultIds: [...resultIds],
    createdAt: ctx.now(),
  })
  if (!before) return undefined
  if (before.operation !== operation || before.inputHash !== inputHash) return new IdempotencyKeyReused(key)
  return before.resultIds
}

/** Replaces the results stored with a claimed key. Without a key there is nothing to store. */
export async function rememberResults(
  { actor: { workspaceId } }: Ctx,
  tx: Tx,
  key: string | null | undefined,
  resultIds: readonly string[],
) {
  if (key == null) return
  const where = { workspaceId_key: { workspaceId, key } }
  await tx.idempotencyKey.update({ where, data: { resultIds: [...resultIds] } })
}

/** True if a request with this key was done before; its result then does not depend on the current state. */
export async function isKnownKey({ db, actor: { workspaceId } }: Ctx, key: string): Promise<boolean> {
  const where = { workspaceId_key: { workspaceId, key } }
  return (await db.prisma.idempotencyKey.findUnique({ where })) !== null
}

/**
 * JSON with the fields of objects sorted by name. Null fields are omitted, because clients may omit them; with `whole`,
 * as for attributes, they are kept.
 */
function canonical(input: unknown, whole = false): string {
  return JSON.stringify(input, (name, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    if (name === 'attributes' && !whole) return canonical(value, true)
    const fields = Object.entries(value).filter(
      ([, inner]) => whole || (inner !== undefined && inner !== null),
    )
    return Object.fromEntries(fields.sort(([one], [other]) => (one < other ? -1 : 1)))
  })
}
