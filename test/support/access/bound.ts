import type pg from 'pg'
import type { Plan } from '../plans.ts'
import type { Statement } from '../statements.ts'

interface Detailed extends Omit<Plan, 'Plans'> {
  readonly Alias?: string
  readonly Plans?: readonly Detailed[]
}

/** The conditions of a part of a plan, without those of what is below it. */
const conditionsOf = (plan: Detailed) =>
  Object.entries(plan)
    .filter(([name, value]) => /(Cond|Filter)$/.test(name) && typeof value === 'string')
    .map(([, value]) => String(value))

/** Data of requests, which PostgreSQL plans; not the beginning and end of a transaction. */
const isPlanned = (text: string) => /^\s*(with|select|insert|update|delete|\()/i.test(text)

/**
 * The tables of a workspace that PostgreSQL would read for a statement without a condition on the workspace, or with
 * one on another workspace. The values are those that the request sent.
 */
export async function unboundIn(
  client: pg.PoolClient,
  { text, values }: Statement,
  tables: ReadonlySet<string>,
  workspaceId: string,
): Promise<string[]> {
  if (!isPlanned(text)) return []
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Detailed }] }>({
    text: `explain (format json, verbose) ${text}`,
    values: [...values],
  })
  const plan = rows[0]?.['QUERY PLAN'][0].Plan
  return plan ? unbound(plan, [], { tables, workspaceId }) : []
}

interface Sought {
  readonly tables: ReadonlySet<string>
  readonly workspaceId: string
}

function unbound(plan: Detailed, above: readonly string[], sought: Sought): string[] {
  const name = plan['Relation Name']
  const parts = plan.Plans ?? []
  const own = conditionsOf(plan)
  const below = parts.flatMap((part) => unbound(part, [...above, ...own], sought))
  if (name === undefined || !sought.tables.has(name) || plan['Node Type'] === 'ModifyTable') return below
  // The index of a bitmap is a part of its own. What a join compares stands at the join.
  const inside = [...own, ...parts.flatMap(conditionsOf)]
  const isOfJoin = (text: string) =>
    text.includes(`${plan.Alias}.workspace_id`) || /workspace_id = \(hashed SubPlan/.test(text)
  const all = [...inside, ...above.filter(isOfJoin)]
  const foreign = all.some((text) =>
    [...text.matchAll(/workspace_id = '([0-9a-f-]{36})'::uuid/g)].some(([, id]) => id !== sought.workspaceId),
  )
  return foreign || !all.some((text) => text.includes('workspace_id')) ? [...below, name] : below
}
