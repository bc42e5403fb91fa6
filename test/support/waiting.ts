import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from '../../src/db/client.ts'
import type { Table } from '../../src/db/rows.ts'

/** Does something in a transaction that others come to wait for, until `release`, which undoes it. */
export async function hold(db: Db, text: string, values: readonly unknown[]) {
  const client = await db.pool.connect()
  await client.query('begin')
  await client.query(text, [...values])
  return {
    release: async () => {
      await client.query('rollback')
      client.release()
    },
  }
}

/** Locks a row as one who changes it. */
export const holdRow = (db: Db, table: Table | 'workspaces', { id }: { id: string }) =>
  hold(db, `select 1 from ${table} where id = $1 for no key update`, [id])

/** By the locks themselves: what a connection says of itself may be of the lock that it has just got. */
const waiting = `select count(*)::int as count from pg_stat_activity
  where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`

/** Resolves when so many wait for locks, or when what was started is done already. */
export async function untilWaiting(db: Db, count: number, started: Promise<unknown>) {
  const state = { done: false }
  const finish = () => {
    state.done = true
  }
  started.then(finish, finish)
  for (;;) {
    const { rows } = await db.pool.query<{ count: number }>(waiting)
    if (state.done || (rows[0]?.count ?? 0) >= count) return
    await delay(10)
  }
}

/**
 * Starts one operation, which comes to wait for the held row, then the other, and lets both go when that one waits too
 * or is done. Gives both results.
 */
export async function interleave<One, Other>(
  db: Db,
  held: Awaited<ReturnType<typeof hold>>,
  one: () => Promise<One>,
  other: () => Promise<Other>,
): Promise<[One, Other]> {
  const first = one()
  await untilWaiting(db, 1, first)
  const second = other()
  await untilWaiting(db, 2, second)
  await held.release()
  return Promise.all([first, second])
}
