import type { App } from '../app.ts'
import { systemActor } from '../usecases/context.ts'
import { replayEvents } from '../usecases/media/replay-events.ts'
import { checkedWorkspaces } from './workspaces.ts'

/** Replays the events of every workspace and prints the findings. Returns false if something differs. */
export async function replay({ services: { db } }: App): Promise<boolean> {
  let found = 0
  for (const { id, name } of await checkedWorkspaces(db)) {
    let shown = 0
    const { changeCount, mediaCount, problems } = await replayEvents(
      { db, actor: systemActor(id) },
      (count) => {
        if (count - shown < 100_000) return
        shown = count
        console.log(`Workspace ${id} (${name}): ${count} changes so far`)
      },
    )
    const verdict = problems.length === 0 ? 'no difference' : 'DIFFERENT'
    console.log(`Workspace ${id} (${name}): ${changeCount} changes, ${mediaCount} media, ${verdict}`)
    for (const problem of problems) console.log(`  ${problem}`)
    found += problems.length
  }
  if (found > 0)
    console.log('Nothing was changed. Please report this: the events must always explain the media.')
  return found === 0
}
