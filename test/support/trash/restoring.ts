import { expect } from 'vitest'
import type { TrashableKind } from '../../../src/db/rows.ts'
import { Failure } from '../../../src/domain/failure.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import type { RestoreTarget } from '../../../src/usecases/trash/restore-target.ts'
import { previewRestore } from '../../../src/usecases/trash/restore-item.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { succeeded } from '../builders.ts'
import { rowsOfWorkspace } from '../state.ts'

/** Trashes an item and gives the deletion. */
export const trash = async (ctx: Ctx, kind: TrashableKind, { id }: { id: string }) =>
  succeeded(await trashItem(ctx, { kind, id })).deletion

/** Restores after a preview, which must say the same and change nothing. */
export async function restore(ctx: Ctx, deletionId: string, target?: RestoreTarget) {
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const preview = await previewRestore(ctx, { deletionId, target })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
  const result = await restoreDeletion(ctx, { deletionId, target })
  if (result instanceof Failure) {
    expect(preview?.problem ?? result).toEqual(result)
    expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
  } else {
    expect(preview).toMatchObject({ deletion: { id: deletionId }, problem: null })
  }
  return result
}
