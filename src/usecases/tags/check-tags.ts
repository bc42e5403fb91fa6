import { countDrift, treeDrift, twinTags } from '../../db/tags/check-tags.ts'
import { assertCan } from '../../domain/access.ts'
import type { Ctx } from '../context.ts'

/** The maximum number of reported problems of each kind per workspace. */
const shown = 100

/**
 * Recounts and walks the tags of a workspace, and reports differences from the stored counts and paths. Changes
 * nothing.
 */
export async function checkTags(ctx: Pick<Ctx, 'db' | 'actor'>): Promise<string[]> {
  assertCan(ctx.actor, 'read')
  const { workspaceId } = ctx.actor
  const counts = await countDrift(ctx.db, workspaceId, shown)
  const paths = await treeDrift(ctx.db, workspaceId, shown)
  return [
    ...counts.map(
      ({ id, name, stored, counted }) =>
        `tag ${id} (${JSON.stringify(name)}): stored ${JSON.stringify(stored)}, counted ${JSON.stringify(counted)}`,
    ),
    ...paths.map(
      ({ id, name }) => `tag ${id} (${JSON.stringify(name)}): its path in the tree does not match its parent`,
    ),
  ]
}

/** Reports siblings that have the same name, from before that was refused. A client may rename or merge them. */
export async function checkTagNames({ db, actor }: Pick<Ctx, 'db' | 'actor'>): Promise<string[]> {
  assertCan(actor, 'read')
  const twins = await twinTags(db, actor.workspaceId, shown)
  return twins.map(
    ({ id, name, siblingId }) =>
      `tag ${id} (${JSON.stringify(name)}): its sibling ${siblingId} has the same name; rename or merge one of them`,
  )
}
