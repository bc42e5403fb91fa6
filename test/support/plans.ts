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
  if (typeof plain === 'bigint') return `'${plain}'`
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

interface MeasuredPlan extends Plan {
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
}

/** Tables that are so small that an index does not pay. */
const small = ['workspaces', 'search_segments']

/** What PostgreSQL does for a statement with these values: how many pages it reads, and which tables from end to end. */
export async function costOf(pool: pg.Pool, { text, values }: Statement) {
  const whole = text.replace(/\$(\d+)/g, (_name, number: string) => literal(values[Number(number) - 1]))
  const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: MeasuredPlan; 'Execution Time': number }] }>(
    `explain (analyze, buffers, timing off, format json) ${whole}`,
  )
  const [measured] = rows[0]?.['QUERY PLAN'] ?? []
  if (!measured) throw new Error('EXPLAIN gave no plan.')
  const { Plan: plan, 'Execution Time': milliseconds } = measured
  return {
    pages: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    milliseconds,
    scans: nodes(plan)
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .flatMap((node) => node['Relation Name'] ?? [])
      .filter((name) => !small.includes(name)),
  }
}
