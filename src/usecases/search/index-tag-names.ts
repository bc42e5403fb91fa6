import type { Tx } from '../../db/client.ts'
import { indexDocuments, tagsWithAliases } from '../../db/search/documents.ts'
import { indexTags } from '../../db/tags/tag-index.ts'
import type { Ctx } from '../context.ts'
import { namedTag, searchable } from './searchable.ts'

/** Updates both searches with the current names, aliases and descriptions of the tags. */
export async function indexTagNames(ctx: Ctx, tx: Tx, tagIds: readonly string[]) {
  const { workspaceId } = ctx.actor
  const tags = await tagsWithAliases(tx, workspaceId, tagIds)
  const documents = tags.map((tag) => searchable.TAG(tag, tag.aliases))
  await indexTags(tx, workspaceId, tags.map(namedTag))
  await indexDocuments(tx, workspaceId, documents)
}
