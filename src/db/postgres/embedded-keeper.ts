import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'

/**
 * Every process that uses the cluster holds this lock in shared mode. A process that gets it exclusively may stop the
 * cluster.
 */
const usersLock = 7_221_302

const rejoinDelayMs = 1_000

export interface Keeper {
  /** The connection that marks the cluster as in use. */
  client(): pg.Client
  /** Ends the use of the cluster. Runs `stop` if no other process uses it. */
  release(stop: () => Promise<void>): Promise<void>
}

/**
 * Marks the cluster as in use until it is released. If the connection breaks (a crash breaks all of them), it
 * reconnects, for as long as it takes; `connectOrStart` restarts a missing cluster.
 */
export async function keepInUse(connectOrStart: () => Promise<pg.Client>): Promise<Keeper> {
  let client = await join(connectOrStart)
  let releasing = false
  let rejoining: Promise<void> = Promise.resolve()

  const rejoin = async () => {
    while (!releasing) {
      try {
        client = await join(connectOrStart)
        watch()
        return
      } catch {
        // PostgreSQL's own log has the reason; the server is not ready until this succeeds.
        await delay(rejoinDelayMs)
      }
    }
  }
  const watch = () => {
    client.once('end', () => {
      if (!releasing) rejoining = rejoin()
    })
  }
  watch()

  return {
    client: () => client,
    release: async (stop) => {
      releasing = true
      await rejoining
      if (await lastToLeave(client)) await stop()
      await client.end().catch(() => {})
    },
  }
}

async function join(connectOrStart: () => Promise<pg.Client>) {
  for (let attempt = 1; ; attempt += 1) {
    const client = await connectOrStart()
    try {
      await client.query('select pg_advisory_lock_shared($1)', [usersLock])
      return client
    } catch (error) {
      // The last user was just stopping the cluster, which ends our connection; start it again.
      await client.end().catch(() => {})
      if (attempt === 5) throw error
    }
  }
}

/** True if no other process uses the cluster, so that this process may stop it. */
async function lastToLeave(client: pg.Client): Promise<boolean> {
  try {
    await client.query('select pg_advisory_unlock_shared($1)', [usersLock])
    const { rows } = await client.query<{ alone: boolean }>('select pg_try_advisory_lock($1) as alone', [
      usersLock,
    ])
    return rows[0]?.alone === true
  } catch {
    // A process that left at the same time has already stopped the cluster, and our connection with it.
    return false
  }
}
