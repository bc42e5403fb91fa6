import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type pg from 'pg'
import { type Db, openDb } from '../src/db/client.ts'
import { startEmbedded } from '../src/db/postgres/embedded.ts'
import { migrate } from '../src/db/postgres/migrate.ts'

export interface TimingOptions {
  /** How often each question is asked, after ten times that are not counted. */
  readonly rounds: number
  /** Whether to print the plans of the statements too. */
  readonly plans: boolean
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** A question that is asked again and again. `ask` is given the number of the round and says how many rows came back. */
export interface Question {
  readonly name: string
  readonly ask: (db: Db, round: number) => Promise<number>
}

export interface Timing {
  readonly name: string
  readonly found: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Runs `work` on a fresh, migrated PostgreSQL in a temporary folder, of which nothing is left afterwards. */
export async function withDatabase(work: (db: Db) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'wordloom-bench-'))
  const postgres = await startEmbedded(dataDir)
  const db = openDb(postgres.connection, 4, () => {})
  try {
    await migrate(db)
    await work(db)
  } finally {
    await db.close()
    await postgres.release()
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10 })
  }
}

const warmUp = 10

const quantile = (sorted: readonly number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN

/** Asks each question again and again, one after the other on one connection at a time. */
export async function timingsOf(
  db: Db,
  questions: readonly Question[],
  { rounds, plans, say, signal }: TimingOptions,
): Promise<Timing[]> {
  const timings: Timing[] = []
  for (const { name, ask } of questions) {
    const times: number[] = []
    let found = 0
    for (let round = 0; round < rounds + warmUp; round += 1) {
      signal.throwIfAborted()
      const startedAt = performance.now()
      const count = await ask(db, round)
      if (round < warmUp) continue
      times.push(performance.now() - startedAt)
      found += count
    }
    times.sort((one, other) => one - other)
    const timing = {
      name,
      found: found / rounds,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
    }
    timings.push(timing)
    say(`${name}: p50 ${timing.p50Ms.toFixed(2)} ms, p99 ${timing.p99Ms.toFixed(2)} ms`)
    if (plans) for (const plan of await plansOf(db, ask)) say(plan)
  }
  return timings
}

/** The plans of the statements that a question takes. */
async function plansOf(db: Db, ask: Question['ask']): Promise<string[]> {
  const asked: { text: string; values: unknown[] }[] = []
  const pool = Object.assign(Object.create(db.pool) as pg.Pool, {
    query: (question: { text: string; values: unknown[] }) => {
      asked.push(question)
      return db.pool.query(question)
    },
  })
  await ask({ ...db, pool }, 0)
  const plans: string[] = []
  for (const { text, values } of asked) {
    const { rows } = await db.pool.query<Record<string, string>>(
      `explain (analyze, buffers, costs off, timing off) ${text}`,
      values,
    )
    plans.push(rows.map((row) => `    ${row['QUERY PLAN'] ?? ''}`).join('\n'))
  }
  return plans
}

/** A table of one line for each question. */
export function timingTable(columns: readonly { title: string; timings: readonly Timing[] }[]): string {
  const names = [...new Set(columns.flatMap(({ timings }) => timings.map(({ name }) => name)))]
  const head = ['', ...columns.flatMap(({ title }) => [`${title}: found`, 'p50 ms', 'p99 ms'])]
  const lines = names.map((name) => [
    name,
    ...columns.flatMap(({ timings }) => {
      const timing = timings.find((one) => one.name === name)
      return timing
        ? [timing.found.toFixed(0), timing.p50Ms.toFixed(2), timing.p99Ms.toFixed(2)]
        : ['', '', '']
    }),
  ])
  const widths = head.map((_, at) => Math.max(...[head, ...lines].map((line) => line[at]?.length ?? 0)))
  const row = (line: readonly string[]) =>
    `| ${line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [row(head), rule, ...lines.map(row)].join('\n')
}
