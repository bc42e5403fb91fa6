import type { App } from '../app.ts'
import { checkMedia } from '../usecases/media/check-media.ts'
import { checkReferences } from '../usecases/search/text-references.ts'
import { checkTagNames, checkTags } from '../usecases/tags/check-tags.ts'
import { systemActor } from '../usecases/context.ts'
import { checkedWorkspaces } from './workspaces.ts'

/**
 * Checks the tags, media and references of every workspace and prints the findings. Returns false if something is inconsistent.
 */
export async function check({ services: { db } }: App): Promise<boolean> {
  let found = 0
  for (const { id, name } of await checkedWorkspaces(db)) {
    const ctx = { db, actor: systemActor(id) }
    const problems = [...(await checkTags(ctx)), ...(await checkMedia(ctx)), ...(await checkReferences(ctx))]
    console.log(
      `Workspace ${id} (${name}): ${problems.length === 0 ? 'tags, media and references are consistent' : 'DRIFT'}`,
    )
    for (const line of [...problems, ...(await checkTagNames(ctx))]) console.log(`  ${line}`)
    found += problems.length
  }
  if (found > 0) console.log('Nothing was changed. Please report this: counts and paths must never drift.')
  return found === 0
}
