import pg from 'pg'
import type { DatabaseUnavailable } from '../../domain/database-unavailable.ts'
import type { Connection } from './connection.ts'
import { silent } from './database-fault.ts'

/** A connection that waits for an answer. */
export interface Waiting {
  /** The process of the server that has the connection. */
  readonly pid: number | undefined
  /** For how long the server has sent nothing, in milliseconds. */
  quietMs(): number
  /** Breaks the connection. */
  cut(reason: DatabaseUnavailable): void
}

/**
 * Watches connections that wait for an answer. Some statements take long, so time alone proves nothing: when a
 * connection has been quiet for a while, the watch asks the database through a new connection whether it works on those
 * statements, and cuts the connections whose statement or answer was lost. If the database does not answer that
 * question either, all quiet connections are cut.
 */
export class Watch {
  /** How long the database may take to accept a connection or to answer the question. */
  readonly answerMs: number
  readonly #connection: Connection
  readonly #waiting = new Set<Waiting>()
  readonly #onOutage = new Set<(reason: DatabaseUnavailable) => void>()
  #timer: NodeJS.Timeout | undefined
  #asking = false
  #answeredAt = -Infinity
  #outage: { readonly reason: DatabaseUnavailable; readonly at: number } | undefined

  constructor(connection: Connection, answerMs: number) {
    this.#connection = connection
    this.answerMs = answerMs
  }

  begin(waiting: Waiting) {
    this.#waiting.add(waiting)
    this.#schedule()
  }

  end(waiting: Waiting) {
    if (this.#waiting.delete(waiting)) this.#answeredAt = performance.now()
  }

  /** Calls `listener` when the database has stopped answering. */
  onOutage(listener: (reason: DatabaseUnavailable) => void) {
    this.#onOutage.add(listener)
  }

  /** The outage that was found a moment ago: there is no point in waiting for the database again. */
  recentOutage(): DatabaseUnavailable | undefined {
    const recent = this.#outage && performance.now() - this.#outage.at < this.answerMs / 5
    return recent ? this.#outage?.reason : undefined
  }

  /** A connection could not be opened since `since`. If nothing else was answered in that time, it is an outage. */
  unanswered(since: number, cause: unknown): DatabaseUnavailable {
    const reason = silent(this.answerMs / 1000, cause)
    if (this.#answeredAt > since) return reason
    this.#outage = { reason, at: performance.now() }
    for (const listener of this.#onOutage) listener(reason)
    return reason
  }

  #schedule() {
    this.#timer ??= setTimeout(() => this.#look(), this.answerMs / 10).unref()
  }

  #look() {
    this.#timer = undefined
    const quiet = [...this.#waiting].filter((waiting) => waiting.quietMs() >= this.answerMs / 2)
    if (quiet.length > 0 && !this.#asking) void this.#ask(quiet)
    if (this.#waiting.size > 0) this.#schedule()
  }

  async #ask(quiet: readonly Waiting[]) {
    this.#asking = true
    const startedAt = performance.now()
    const cut = (waiting: Waiting, reason: DatabaseUnavailable) => {
      // It may have been answered meanwhile.
      if (this.#waiting.has(waiting) && waiting.quietMs() >= performance.now() - startedAt)
        waiting.cut(reason)
    }
    try {
      const pids = quiet.flatMap(({ pid }) => pid ?? [])
      const lost = await lostAmong(pids, this.#connection, this.answerMs)
      for (const waiting of quiet)
        if (waiting.pid !== undefined && lost.has(waiting.pid)) cut(waiting, silent(this.answerMs / 1000))
    } catch (error) {
      // A refusal is an answer: the database lives, and the statements may go on.
      if (error instanceof pg.DatabaseError) return
      const overdue = [...this.#waiting].filter((waiting) => waiting.quietMs() >= this.answerMs)
      if (overdue.length === 0) return
      const reason = this.unanswered(startedAt, error)
      for (const waiting of overdue) cut(waiting, reason)
    } finally {
      this.#asking = false
    }
  }
}

/** Its own process tells whether the numbers of the processes are the server's, or those of a pooler in between. */
const workOf = `select pg_backend_pid() as self,
    array(select pid from pg_stat_activity where pid = any($1)) as known,
    array(select pid from pg_stat_activity where pid = any($1) and state like 'idle%'
      and state_change < clock_timestamp() - $2::int * interval '1 millisecond') as idle`

/** Which of these processes of the database work on nothing, so that their statement or its answer was lost. */
async function lostAmong(pids: readonly number[], connection: Connection, limitMs: number) {
  const client = new pg.Client({
    ...connection,
    application_name: 'wordloom watch',
    connectionTimeoutMillis: limitMs,
    query_timeout: limitMs,
  })
  client.on('error', () => {})
  const overdue = setTimeout(
    () => client.connection.stream.destroy(new Error('The database does not answer.')),
    limitMs,
  )
  try {
    await client.connect()
    const { rows } = await client.query<{ self: number; known: number[]; idle: number[] }>(workOf, [
      pids,
      Math.ceil(limitMs / 5),
    ])
    const [{ self, known, idle } = { self: 0, known: [], idle: [] }] = rows
    const direct = self === pidOf(client)
    return new Set(direct ? [...idle, ...pids.filter((pid) => !known.includes(pid))] : [])
  } finally {
    clearTimeout(overdue)
    void client.end().catch(() => {})
  }
}

/** The process of the server that serves a connection. The types of `pg` lack it. */
export const pidOf = (client: pg.Client): number | undefined =>
  (client as pg.Client & { processID?: number | null }).processID ?? undefined
