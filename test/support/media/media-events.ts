import type { Ctx } from '../../../src/usecases/context.ts'

export interface EventRow {
  readonly chain_id: string
  readonly request_id: string
  readonly step: string
  readonly operation: string
  readonly actor_id: string
  readonly decision: string | null
  readonly reason: string | null
  readonly media_ids: readonly string[]
  readonly owner_id: string | null
  readonly changes: readonly { readonly change: string }[] | null
}

/** The chains of events of a workspace, oldest first, each in the order of its steps. */
export async function chainsOf(ctx: Ctx): Promise<EventRow[][]> {
  const { rows } = await ctx.db.pool.query<EventRow>(
    'select * from media_events where workspace_id = $1 order by sequence',
    [ctx.actor.workspaceId],
  )
  const chains = new Map<string, EventRow[]>()
  for (const row of rows) chains.set(row.chain_id, [...(chains.get(row.chain_id) ?? []), row])
  return [...chains.values()]
}

/** What the last chain says: its operation and decision, why, and what it changed. */
export async function lastChain(ctx: Ctx) {
  const chain = (await chainsOf(ctx)).at(-1) ?? []
  const [request, decision, db, result] = chain
  return {
    steps: chain.map(({ step }) => step),
    asked: request?.decision ?? null,
    operation: request?.operation,
    decision: decision?.decision,
    answered: result?.decision,
    reason: result?.reason ?? null,
    mediaIds: db?.media_ids,
    changes: db?.changes?.map(({ change }) => change),
  }
}
