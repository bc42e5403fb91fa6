import type { App } from '../app.ts'
import { checkTags } from '../usecases/check-tags.ts'
import { systemActor } from '../usecases/context.ts'

/** Checks the tags of every workspace and says what it found. Gives false when something is not as it must be. */
export async function check({ services: { db } }: App): Promise<boolean> {
  let found = 0
  for (const { id, name } of await db.prisma.workspace.findMany({ orderBy: { id: 'asc' } })) {
    const problems = await checkTags({ db, actor: systemActor(id) })
    console.log(`Workspace ${id} (${name}): ${problems.length === 0 ? 'tags are right' : 'DRIFT'}`)
    for (const problem of problems) console.log(`  ${problem}`)
    found += problems.length
  }
  if (found > 0)
    console.log('Nothing was changed. Please report this: counts and paths must always be right.')
  return found === 0
}
