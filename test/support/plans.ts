import type pg from 'pg'
import type { Statement } from './statements.ts'

export interface Plan {
  readonly 'Node Type': string
  /** How many it is expected to give. */
  readonly 'Plan Rows': number
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly Plans?: readonly Plan[]
}

/** A plan with all its parts. */
export const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)]

/** As a literal of SQL; `pg` would send the values beside the text, where EXPLAIN EXECUTE cannot have them. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value))
    return `'{${value.map((item) => (typeof item === 'bigint' ? `${item}` : JSON.stringify(item))).join(',')}}'`
  const plain = value instanceof Date ? value.toISOString() : value
  const text = typeof plain === 'string' ? plain : JSON.stringify(plain)
  return `'${text.replaceAll("'", "''")}'`
}

/** The plans PostgreSQL has for a prepared statement: for these values, and for any. */
export async function plansOf(client: pg.PoolClient, { text, values }: Statement): Promise<Plan[]> {
  await client.query(`prepare looked_at as ${text}`)
  const plans: Plan[] = []
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    await client.query(`set plan_cache_mode = ${mode}`)
    const given = values.length > 0 ? `(${values.map(literal).join(', ')})` : ''
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (format json) execute looked_at${given}`,
    )
    const plan = rows[0]?.['QUERY PLAN'][0].Plan
    if (plan) plans.push(plan)
  }
  await client.query('deallocate looked_at')
  return plans
}
