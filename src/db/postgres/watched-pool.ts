import pg from 'pg'
import { busy } from './database-fault.ts'
import type { Watch } from './watch.ts'
import { WatchedClient } from './watched-client.ts'

type Release = (error?: Error | boolean) => void
type Callback = (error: Error | undefined, client?: pg.PoolClient, release?: Release) => void

const nothing = () => {}

/** A pool of watched connections. Nobody waits for a connection while the database does not answer. */
export class WatchedPool extends pg.Pool {
  readonly #watch: Watch
  readonly #waiting = new Set<(reason: Error) => void>()

  constructor(config: Omit<pg.PoolConfig, 'Client'>, watch: Watch) {
    class Client extends WatchedClient {
      constructor(own: pg.ClientConfig = {}) {
        super(own, watch)
      }
    }
    super({ ...config, Client })
    this.#watch = watch
    watch.onOutage((reason) => {
      for (const refuse of this.#waiting) refuse(reason)
    })
    this.on('release', (_error, client) => {
      // The pool drops connections that are ending.
      if (client instanceof WatchedClient && client.misplaced) void client.end().catch(nothing)
    })
  }

  override connect(...args: never[]): never {
    const [callback] = args as unknown as [Callback | undefined]
    if (callback) {
      this.#get(callback)
      return undefined as never
    }
    return new Promise((resolve, reject) => {
      this.#get((error, client) => {
        if (error) reject(error)
        else resolve(client)
      })
    }) as never
  }

  #get(answer: Callback) {
    const outage = this.#watch.recentOutage()
    if (outage) {
      process.nextTick(answer, outage, undefined, nothing)
      return
    }
    let open = true
    const refuse = (reason: Error) => {
      open = false
      this.#waiting.delete(refuse)
      answer(reason, undefined, nothing)
    }
    this.#waiting.add(refuse)
    const given: Callback = (error, client, release) => {
      // The connection comes too late for this request: it is for another one.
      if (!open) release?.()
      else if (error) refuse(isTimeout(error) ? busy(error) : error)
      else {
        this.#waiting.delete(refuse)
        answer(undefined, client, release)
      }
    }
    super.connect(given)
  }
}

/** The pool's own error, when no connection became free. */
const isTimeout = ({ message }: Error) => message.startsWith('timeout exceeded when trying to connect')
