import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { answerMs, type Connection, noticeLostClients } from './connection.ts'
import { Watch } from './watch.ts'
import { WatchedClient } from './watched-client.ts'

/** Locks across all servers of the database, for work that takes longer than a transaction. */
export interface SessionLocks {
  /**
   * Takes the lock of this name, or returns undefined if it is not available within `waitMs`. Calls `release` when
   * another caller wants it, or when it was lost with its connection; the work must then end at once.
   */
  take(name: string, waitMs: number, release: () => void): Promise<HeldLock | undefined>
  close(): Promise<void>
}

export interface HeldLock {
  free(): Promise<void>
}

interface Holder {
  readonly release: () => void
}

/** The interval between attempts to get a lock that another server holds. */
const retryMs = 50

/** Servers use this channel to ask the others to release a lock. */
const channel = 'wordloom_wanted'

/** The number of a lock. PostgreSQL's locks have 64 bits. */
export const numberOf = (name: string) =>
  createHash('sha256').update(`session-lock ${name}`).digest().readBigInt64BE().toString()

/**
 * Session locks on a dedicated connection. The connection holds them, so a dead server holds none. Within the process
 * only one caller holds a name, because to PostgreSQL they are all the same session.
 */
export function openSessionLocks(
  connection: Connection,
  onError: (error: Error) => void,
  limitMs = answerMs,
): SessionLocks {
  const watch = new Watch(connection, limitMs)
  const held = new Map<string, Holder>()
  const self = randomUUID()
  let session: Promise<pg.Client> | undefined
  let closed = false

  const lose = () => {
    session = undefined
    const holders = [...held.values()]
    held.clear()
    for (const { release } of holders) release()
  }

  const connect = async () => {
    const client: pg.Client = new WatchedClient({ ...connection, application_name: 'wordloom locks' }, watch)
    client.on('error', (error) => {
      if (!closed) onError(error)
    })
    client.once('end', lose)
    client.on('notification', ({ payload = '{}' }) => {
      const { sender, name } = JSON.parse(payload) as { sender: string; name: string }
      if (sender !== self) held.get(name)?.release()
    })
    await client.connect()
    await client.query(`listen ${channel}; ${noticeLostClients}`)
    return client
  }

  const connected = () => {
    session ??= connect().catch((error: unknown) => {
      session = undefined
      throw error
    })
    return session
  }

  // One after the other, because they share the connection.
  let last: Promise<unknown> = Promise.resolve()
  const query = <Row extends object>(client: pg.Client, text: string, values: unknown[]) => {
    const answer = last.then(() => client.query<Row>(text, values))
    last = answer.catch(() => {})
    return answer
  }

  const tryLock = async (client: pg.Client, name: string) => {
    const text = 'select pg_try_advisory_lock($1) as taken'
    const { rows } = await query<{ taken: boolean }>(client, text, [numberOf(name)])
    return rows[0]?.taken === true
  }

  return {
    take: async (name, waitMs, release) => {
      // A connection opened now would never be closed.
      if (closed) throw new Error('The locks are closed: this process is ending.')
      const until = Date.now() + waitMs
      const holder: Holder = { release }
      let asked = false
      for (;;) {
        const other = held.get(name)
        if (!other) {
          held.set(name, holder)
          try {
            const client = await connected()
            if (await tryLock(client, name)) {
              // The lock was lost while it was being taken.
              if (held.get(name) !== holder) throw new Error('The connection that holds the locks broke.')
              return { free: () => free(name, holder, client) }
            }
            held.delete(name)
            if (!asked)
              await query(client, 'select pg_notify($1, $2)', [
                channel,
                JSON.stringify({ sender: self, name }),
              ])
          } catch (error) {
            if (held.get(name) === holder) held.delete(name)
            throw error
          }
        } else if (!asked) other.release()
        asked = true
        if (Date.now() >= until) return undefined
        await delay(retryMs)
      }
    },
    close: async () => {
      closed = true
      const client = await session?.catch(() => undefined)
      await client?.end()
    },
  }

  async function free(name: string, holder: Holder, client: pg.Client) {
    if (held.get(name) !== holder) return
    try {
      await query(client, 'select pg_advisory_unlock($1)', [numberOf(name)])
    } catch {
      // The connection broke, and with it the lock is gone.
    }
    if (held.get(name) === holder) held.delete(name)
  }
}
