import { can } from '../../domain/access.ts'
import { kindsOfIds, type NodeKind, trashedKind } from '../../db/lookup.ts'
import type { NodeRow } from '../../db/rows.ts'
import { pageLimits } from '../../domain/page.ts'
import { isUuid } from '../../domain/text.ts'
import { badInput } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers } from '../generated.ts'

/** An object of a known kind, live or in the trash. */
export async function nodeOfKind(
  { loaders, actor }: GraphQLContext,
  kind: NodeKind,
  id: string,
): Promise<NodeRow | null> {
  const loaded = {
    BOOKSHELF: async () => withType('Bookshelf', await loaders.bookshelves.load(id)),
    BOOK: async () => withType('Book', await loaders.books.load(id)),
    BLOCK: async () => withType('Block', await loaders.blocks.load(id)),
    CHECKPOINT: async () => withType('Checkpoint', await loaders.checkpoints.load(id)),
    CHECKPOINT_MARKER: async () => withType('CheckpointMarker', await loaders.checkpointMarkers.load(id)),
    MEDIA: async () => withType('Media', await loaders.media.load(id)),
    TAG: async () => withType('Tag', await loaders.tags.load(id)),
    STORED_FILE: async () => withType('StoredFile', await loaders.storedFiles.load(id)),
    DELETION: async () => withType('Deletion', await loaders.deletions.load(id)),
    // Actors who may not see the event or the job get null, as if it did not exist.
    MEDIA_EVENT: async () => {
      const event = await loaders.mediaEvents.load(id)
      return can(actor, 'manage') ? withType('MediaEvent', event) : null
    },
    JOB: async () => {
      const job = await loaders.jobs.load(id)
      return job?.requestedBy === actor.id || can(actor, 'manage') ? withType('Job', job) : null
    },
  }
  return loaded[kind]()
}

const withType = <Name extends NodeRow['__typename']>(
  __typename: Name,
  row: Omit<Extract<NodeRow, { __typename: Name }>, '__typename'> | undefined,
) => (row ? ({ __typename, ...row } as Extract<NodeRow, { __typename: Name }>) : null)

/** The live objects with these IDs, null for the others. */
export async function liveNodes(ids: readonly string[], ctx: GraphQLContext): Promise<(NodeRow | null)[]> {
  if (ids.length > pageLimits.max) throw badInput(`ids: Give at most ${pageLimits.max} IDs at once.`)
  const { workspaceId } = ctx.actor
  const known = ids.filter(isUuid)
  const kinds = new Map((await kindsOfIds(ctx.db, workspaceId, known)).map(({ id, kind }) => [id, kind]))
  const workspace = known.includes(workspaceId)
    ? await ctx.db.prisma.workspace.findUnique({ where: { id: workspaceId } })
    : null
  return Promise.all(
    ids.map(async (id) => {
      if (id === workspaceId) return withType('Workspace', workspace ?? undefined)
      const kind = kinds.get(id)
      return kind ? nodeOfKind(ctx, kind, id) : null
    }),
  )
}

export const nodes: Resolvers = {
  Query: {
    node: async (_root, { id }, ctx) => (await liveNodes([id], ctx))[0] ?? null,
    nodes: (_root, { ids }, ctx) => liveNodes(ids, ctx),
    trashedItem: async (_root, { id }, ctx) => {
      const kind = isUuid(id) ? await trashedKind(ctx.db, ctx.actor.workspaceId, id) : undefined
      const item = kind ? await nodeOfKind(ctx, kind, id) : null
      // It may have been restored or purged meanwhile.
      return item && 'deletionId' in item && item.deletionId ? item : null
    },
  },
}
