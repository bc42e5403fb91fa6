import { type Db, snapshot } from '../../db/client.ts'
import { changesAfter, statesAfter } from '../../db/media/media-events.ts'
import { type Actor, assertCan } from '../../domain/access.ts'
import { applyChange, differences, type MediaStates } from '../../domain/media-events.ts'

/** The result of a replay. */
interface Replayed {
  /** The number of replayed changes. */
  readonly changeCount: number
  /** The number of media items, live and in the trash. */
  readonly mediaCount: number
  /** Descriptions of all differences; empty if there are none. */
  readonly problems: readonly string[]
}

/**
 * Rebuilds the media of the actor's workspace from their events and compares them with the rows. Uses one snapshot, so
 * concurrent writes do not disturb it. Changes nothing. `onProgress` receives the number of changes replayed so far.
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
