import { type Due, sizeOfDue, sizeOfWorkspace } from '../../db/trash/due-deletions.ts'
import { assertCan } from '../../domain/access.ts'
import {
  exceedsPurgeSafetyLimit,
  limitOfShare,
  type PurgeSize,
  unsuspiciousPurge,
} from '../../domain/purge.ts'
import type { Ctx } from '../context.ts'

/** The size of a purge, without doing it. */
export async function planPurge(ctx: Pick<Ctx, 'db' | 'actor' | 'limits'>, due: Due) {
  assertCan(ctx.actor, 'purge')
  const size = await sizeOfDue(ctx.db, ctx.actor.workspaceId, due)
  const limit = await safetyLimitOf(ctx, due, size)
  return { ...size, safetyLimit: exceedsPurgeSafetyLimit(size, limit) ?? null }
}

/**
 * The safety limit of a purge. What expires is removed unseen, so it may be no more than a share of the workspace. Who
 * empties the trash has seen it.
 */
async function safetyLimitOf(
  { db, actor, limits }: Pick<Ctx, 'db' | 'actor' | 'limits'>,
  due: Due,
  size: PurgeSize,
) {
  const isSmall = exceedsPurgeSafetyLimit(size, unsuspiciousPurge) === undefined
  if ('trashedUntil' in due || isSmall) return limits.purge
  return limitOfShare(await sizeOfWorkspace(db, actor.workspaceId), limits.purgePercent, limits.purge)
}
