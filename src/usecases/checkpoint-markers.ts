import type { OrderedList } from '../db/ordering.ts'
import type { Ctx } from './context.ts'

/** The markers of a checkpoint; lock the checkpoint before writing to it. */
export const markersOf = (ctx: Ctx, checkpointId: string): OrderedList => ({
  table: 'checkpoint_markers',
  parentColumn: 'checkpoint_id',
  workspaceId: ctx.actor.workspaceId,
  parentId: checkpointId,
})
