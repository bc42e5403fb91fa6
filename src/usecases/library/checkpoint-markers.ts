import type { OrderedList } from '../../db/ordering.ts'
import type { CheckpointMarkerRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure } from '../../domain/failure.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import { recordActivity } from '../activity.ts'
import type { Ctx } from '../context.ts'
import { createOnce } from '../create-once.ts'
import { indexItem } from '../search/searchable.ts'
import { created, type Expecting, type Keyed, type Optional } from '../inputs.ts'
import { lockItem } from '../locking.ts'
import { moveItem } from '../moves.ts'
import { type Place, positionAt } from '../ordering.ts'
import { updateItem } from '../update-item.ts'

type Fields = Pick<CheckpointMarkerRow, 'title' | 'description'>

function check({ title, description }: Optional<Fields>, key?: string | null) {
  const input = new InputCheck()
  input.present('title', title)
  input.line('title', title, textLimits.title)
  input.text('description', description, textLimits.description)
  input.line('idempotencyKey', key, textLimits.idempotencyKey)
  return input.failure()
}

/** The markers of a checkpoint. Lock the checkpoint before writing to the list. */
export const markersOf = (ctx: Ctx, checkpointId: string): OrderedList => ({
  table: 'checkpoint_markers',
  parentColumn: 'checkpoint_id',
  workspaceId: ctx.actor.workspaceId,
  parentId: checkpointId,
})

export async function createCheckpointMarker(
  ctx: Ctx,
  input: { checkpointId: string; title: string } & Optional<Fields> & Place & Keyed,
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey: key, ...request } = input
  const invalid = check(input, key)
  if (invalid) return invalid

  const keyed = {
    key,
    operation: 'createCheckpointMarker',
    input: request,
    table: 'checkpoint_markers',
  } as const
  return createOnce(ctx, keyed, async (tx, id) => {
    const checkpoint = await lockItem(ctx, tx, 'checkpoints', input.checkpointId)
    if (checkpoint instanceof Failure) return checkpoint
    const position = await positionAt(tx, markersOf(ctx, checkpoint.id), input)
    if (position instanceof Failure) return position
    const { title, description = null } = input
    const marker = await tx.checkpointMarker.create({
      data: {
        workspaceId: checkpoint.workspaceId,
        id,
        checkpointId: checkpoint.id,
        title,
        description,
        position,
        ...created(ctx),
      },
    })
    await indexItem(tx, 'CHECKPOINT_MARKER', marker)
    await recordActivity(ctx, tx, { BOOK: [checkpoint.bookId] })
    return marker
  })
}

export async function updateCheckpointMarker(
  ctx: Ctx,
  input: { checkpointMarkerId: string } & Optional<Fields> & Expecting,
) {
  assertCan(ctx.actor, 'edit')
  const invalid = check(input)
  if (invalid) return invalid

  const { checkpointMarkerId: id, expectedVersion, title, description } = input
  return updateItem(ctx, 'checkpoint_markers', {
    id,
    expectedVersion,
    fields: { title: title ?? undefined, description },
    write: async (tx, where, data, before) => {
      const marker = await tx.checkpointMarker.update({ where, data })
      await indexItem(tx, 'CHECKPOINT_MARKER', marker, before)
      return marker
    },
  })
}

/** Moves a marker within its checkpoint or to another one. */
export const moveCheckpointMarker = (
  ctx: Ctx,
  input: { checkpointMarkerId: string; checkpointId?: string | null | undefined } & Place & Expecting,
) =>
  moveItem(ctx, 'checkpoint_markers', markersOf, {
    ...input,
    id: input.checkpointMarkerId,
    parentId: input.checkpointId,
  })
