import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { Failure } from '../domain/failure.ts'
import { Prisma, PrismaClient } from './generated/client.ts'
import { answerMs, type Connection, noticeLostClients } from './postgres/connection.ts'
import { busy } from './postgres/database-fault.ts'
import { Watch } from './postgres/watch.ts'
import { WatchedPool } from './postgres/watched-pool.ts'
import { type Queryable, type Sql, statementOf } from './sql.ts'
import { statementName } from './statement-name.ts'
import { TellingPrismaPg, withDirectSql } from './transaction-sql.ts'

/** The database outside a transaction: SQL, and Prisma for simple reads on the same pool. */
export interface Db extends Queryable {
  readonly prisma: PrismaClient
  readonly pool: pg.Pool
  /** Runs first in every transaction. */
  readonly begin?: ((tx: Tx) => Promise<void>) | undefined
  close(): Promise<void>
}

declare const inTransaction: unique symbol

/** An open transaction. Code that needs atomicity takes this type, so it does not compile without one. */
export type Tx = Prisma.TransactionClient & Queryable & { readonly [inTransaction]: true }

/** Returns PostgreSQL's bigint as JavaScript's, and everything else as `pg` does. */
function typeParsers() {
  const parsers = new pg.TypeOverrides()
  parsers.setTypeParser(pg.types.builtins.INT8, BigInt)
  return parsers
}

const closeTimeoutMs = 2_000

function openPool(connection: Connection, poolSize: number, watch: Watch) {
  const options = {
    ...connection,
    max: poolSize,
    // How long to wait for a free connection.
    connectionTimeoutMillis: 6 * watch.answerMs,
    application_name: 'wordloom',
    types: typeParsers(),
    // Searches look expensive to PostgreSQL but end early: JIT compilation would take far longer than running them.
    onConnect: async (client: pg.ClientBase) => {
      await client.query(`set jit = off; ${noticeLostClients}`)
    },
  }
  return new WatchedPool(options, watch)
}

/** `poolSize` is the maximum number of connections. */
export function openDb(
  connection: Connection,
  poolSize: number,
  onError: (error: Error) => void,
  limitMs = answerMs,
): Db {
  const pool = openPool(connection, poolSize, new Watch(connection, limitMs))
  pool.on('error', onError)
  const open = new Set<pg.PoolClient>()
  pool.on('connect', (client) => open.add(client))
  pool.on('remove', (client) => open.delete(client))
  const adapter = new TellingPrismaPg(pool, {
    statementNameGenerator: ({ sql }) => statementName(sql),
    onPoolError: onError,
  })
  const prisma = new PrismaClient({ adapter })
  const send = (statement: Sql) => {
    const { text, values } = statementOf(statement)
    return pool.query<object>({ name: statementName(text), text, values })
  }
  return {
    prisma,
    pool,
    query: async <Row extends object>(statement: Sql) => (await send(statement)).rows as Row[],
    execute: async (statement) => (await send(statement)).rowCount ?? 0,
    close: async () => {
      await prisma.$disconnect()
      await pool.end()
      // The pool does not wait until its connections have closed; stopping the database then would break them.
      const overdue = AbortSignal.timeout(closeTimeoutMs)
      while (open.size > 0 && !overdue.aborted) {
        await once(pool, 'remove', { signal: overdue }).catch(() => {})
      }
    },
  }
}

class Rollback extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super('rolled back')
    this.failure = failure
  }
}

const attempts = 5
const limits = { maxWait: 20_000, timeout: 60_000 }

/**
 * Runs `work` in one transaction. A returned `Failure` rolls back like a thrown error. Deadlocks and serialisation
 * conflicts are retried, so `work` must only touch the database. `timeout` is in milliseconds.
 */
export async function transact<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  { timeout = limits.timeout }: { timeout?: number } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.prisma.$transaction(
        async (tx) => {
          const direct = withDirectSql(tx) as Tx
          await db.begin?.(direct)
          const result = await work(direct)
          if (result instanceof Failure) throw new Rollback(result)
          return result
        },
        { ...limits, timeout },
      )
    } catch (error) {
      if (error instanceof Rollback) return error.failure as T
      if (attempt === attempts || !isConflict(error)) throw translated(error)
      await delay(Math.random() * 20 * 2 ** attempt)
    }
  }
}

/** The maximum duration of a snapshot, in milliseconds: a command over a large library. */
const snapshotMs = 4 * 60 * 60 * 1000

/** Runs reads that all see the same snapshot of the database, whatever is written meanwhile. */
export async function snapshot<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.prisma
    .$transaction((tx) => work(withDirectSql(tx) as Tx), {
      isolationLevel: Prisma.TransactionIsolationLevel.RepeatableRead,
      maxWait: limits.maxWait,
      timeout: snapshotMs,
    })
    .catch((error: unknown) => {
      throw translated(error)
    })
}

/** Thrown to undo the transaction of a rehearsal. */
class RehearsalOver extends Error {}

/** Runs `work` in a transaction and undoes it, to find out what would happen. */
export async function rehearse<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const outcome: { result?: T } = {}
  try {
    return await transact(db, async (tx) => {
      outcome.result = await work(tx)
      throw new RehearsalOver()
    })
  } catch (error) {
    if (error instanceof RehearsalOver) return outcome.result as T
    throw error
  }
}

/** A deadlock or serialisation conflict: P2034 from Prisma's own queries, the SQLSTATE from SQL. */
function isConflict(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return error.code === '40001' || error.code === '40P01'
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2034'
}

/** Prisma gave up waiting for a connection, or for the end of a transaction. */
const isOverdue = (error: unknown) =>
  error instanceof Prisma.PrismaClientKnownRequestError &&
  error.code === 'P2028' &&
  /Unable to start a transaction in the given time|expired transaction/.test(error.message)

const translated = (error: unknown) => (isOverdue(error) ? busy(error) : error)
