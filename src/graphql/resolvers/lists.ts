import { GraphQLError, type GraphQLResolveInfo } from 'graphql'
import { type Condition, listCount, listPage, type ListTable, type Order } from '../../db/page.ts'
import type { Rows } from '../../db/rows.ts'
import { type PageArgs, pageLimits } from '../../domain/page.ts'
import type { MediaRole } from '../../domain/slots.ts'
import { badInput, type Connection, pageOf } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'

/** The page that is asked for of a list of the workspace. */
export async function listOf<T extends ListTable>(
  { db, actor: { workspaceId } }: GraphQLContext,
  table: T,
  conditions: readonly Condition[],
  order: Order<Rows[T]>,
  args: PageArgs,
): Promise<Connection<Rows[T]>> {
  return {
    order,
    page: await listPage(db, table, workspaceId, conditions, order, pageOf(args, order)),
    count: () => listCount(db, table, workspaceId, conditions),
  }
}

/** Checks the length of a list that has no pages. */
export function checkFirst(first: number) {
  if (first < 0 || first > pageLimits.max) throw badInput(`first: Give a number from 0 to ${pageLimits.max}.`)
}

/** The row when it is not in the trash. */
export const live = <Row extends { deletionId: string | null }>(row: Row | undefined) =>
  row && row.deletionId === null ? row : null

/** The row a reference leads to. The database keeps it there, but a purge may take both between two reads. */
export function existing<Row>(row: Row | null | undefined): Row {
  if (row != null) return row
  const extensions = { code: 'PURGED_MEANWHILE' }
  throw new GraphQLError(
    'An object that this result refers to was purged a moment ago. Send the request again.',
    { extensions },
  )
}

/** The deletion an item is in, or null while it is live. */
export const trashOf = async (
  { deletionId }: { deletionId: string | null },
  _args: unknown,
  ctx: GraphQLContext,
) => (deletionId === null ? null : existing(await ctx.loaders.deletions.load(deletionId)))

/** The resolver of the live media in a slot of a row, in order. */
export const mediaIn =
  (role: MediaRole) =>
  ({ id }: { id: string }, _args: unknown, { loaders }: GraphQLContext, info: GraphQLResolveInfo) =>
    loaders.mediaIn(role, id, info)

/** The resolver of the live media item in a slot that holds one. */
export const mediumIn = (role: MediaRole) => {
  const inSlot = mediaIn(role)
  return async (...args: Parameters<typeof inSlot>) => (await inSlot(...args))[0] ?? null
}
