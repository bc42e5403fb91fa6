import pg from 'pg'
import { DatabaseUnavailable } from '../../domain/database-unavailable.ts'

const check = 'Check DATABASE_URL, and that the database is running'
const readOnly =
  'is read-only, as a standby is. Check that DATABASE_URL names the primary, and its default_transaction_read_only'

/** What the operator should know, by SQLSTATE or the first characters of it. The longest match counts. */
const advice: Readonly<Record<string, string>> = {
  '08': `broke the connection. ${check}`,
  '25006': readOnly,
  '25P03': 'ended a transaction that did nothing for too long. Check idle_in_transaction_session_timeout',
  '25P04': 'ended a transaction that took too long. Check transaction_timeout',
  '53': 'lacks space, memory or connections. Check its disk and its log',
  '53300': 'has no free connection. Raise max_connections, or lower DATABASE_POOL_SIZE',
  '55P03': 'gave up waiting for a lock. Check lock_timeout',
  '57014': 'cancelled a statement. Check statement_timeout, and who cancels statements',
  '57P': 'is shutting down or starting',
  '58': 'has an error of its system. Check its disk and its log',
}

const adviceOf = (code: string) => advice[code] ?? advice[code.slice(0, 3)] ?? advice[code.slice(0, 2)]

/** The database refuses because of its state, not because of the statement. Undefined: it does not. */
export function refusal(error: unknown): DatabaseUnavailable | undefined {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return undefined
  const words = adviceOf(error.code)
  return words === undefined
    ? undefined
    : new DatabaseUnavailable(`The database ${words} (${error.code}).`, error)
}

/** A connection could not be opened, for whatever reason. */
export const notConnected = (error: unknown): DatabaseUnavailable =>
  error instanceof DatabaseUnavailable
    ? error
    : (refusal(error) ?? new DatabaseUnavailable(`The database cannot be reached. ${check}.`, error))

/** An open connection broke. */
export const broken = (cause: unknown) =>
  new DatabaseUnavailable(`The connection to the database broke. ${check}.`, cause)

/** The database, or one connection to it, accepts statements and does not answer. */
export const silent = (seconds: number, cause?: unknown) =>
  new DatabaseUnavailable(
    `The database did not answer for ${seconds} seconds. Check that it runs, its load and the network.`,
    cause,
  )

/** All connections are in use, and none became free in time. */
export const busy = (cause: unknown) =>
  new DatabaseUnavailable(
    'No database connection became free in time. Raise DATABASE_POOL_SIZE, or lower the load.',
    cause,
  )
