import { type Db, snapshot } from '../../db/client.ts'
import { changesAfter, statesAfter } from '../../db/media/media-events.ts'
import { type Actor, assertCan } from '../../domain/access.ts'
import { applyChange, differences, type MediaStates } from '../../domain/media-events.ts'

/** What replaying found. */
export interface Replayed {
  /** How many changes were replayed. */
  readonly changeCount: number
  /** How many media there are, live and in the trash. */
  readonly mediaCount: number
  /** Every difference, in words; none when all is right. */
  readonly problems: readonly string[]
}

/**
 * Rebuilds the media of the actor's workspace from their events and compares them with the rows, as of one moment: what
 * others write meanwhile does not disturb it. Changes nothing. `onProgress` hears the changes replayed so far.
 */
export async function replayEvents(
  { db, actor }: { db: Db; actor: Actor },
  onProgress: (changeCount: number) => void = () => {},
): Promise<Replayed> {
  assertCan(actor, 'manage')
  const { workspaceId } = actor
  return snapshot(db, async (tx) => {
    const states: MediaStates = new Map()
    const problems: string[] = []
    let changeCount = 0
    for await (const changes of changesAfter(tx, workspaceId)) {
      for (const change of changes) {
        const problem = applyChange(states, change)
        if (problem) problems.push(problem)
      }
      changeCount += changes.length
      onProgress(changeCount)
    }
    let mediaCount = 0
    for await (const rows of statesAfter(tx, workspaceId)) {
      for (const { id, ...stored } of rows) {
        problems.push(...differences(id, states.get(id), stored))
        states.delete(id)
      }
      mediaCount += rows.length
    }
    for (const [id, state] of states) problems.push(...differences(id, state, undefined))
    return { changeCount, mediaCount, problems }
  })
}
