import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'

/** Every process that uses the cluster holds this lock shared; who gets it alone may stop the cluster. */
const usersLock = 7_221_302

const rejoinDelayMs = 1_000

export interface Keeper {
  /** The connection that holds the cluster in use. */
  client(): pg.Client
  /** Gives up the use of the cluster; `stop` runs when nobody else uses it. */
  release(stop: () => Promise<void>): Promise<void>
}

/**
 * Holds the cluster in use until it is released. When its connection breaks (a crash ends all of them) it connects anew,
 * for as long as it takes; `connectOrStart` starts the cluster when it is gone.
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
        // PostgreSQL's own log says why; the server is not ready until this succeeds.
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
      // The last user was just stopping it: it ends our connection, and we start it anew.
      await client.end().catch(() => {})
      if (attempt === 5) throw error
    }
  }
}

/** True when nobody else uses the cluster, so that it is ours to stop. */
async function lastToLeave(client: pg.Client): Promise<boolean> {
  try {
    await client.query('select pg_advisory_unlock_shared($1)', [usersLock])
    const { rows } = await client.query<{ alone: boolean }>('select pg_try_advisory_lock($1) as alone', [
      usersLock,
    ])
    return rows[0]?.alone === true
  } catch {
    // Somebody who left at the same time has stopped it already, and our connection with it.
    return false
  }
}
