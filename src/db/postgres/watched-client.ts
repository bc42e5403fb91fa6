import { Socket } from 'node:net'
import pg from 'pg'
import type { DatabaseUnavailable } from '../../domain/database-unavailable.ts'
import { broken, notConnected, refusal } from './database-fault.ts'
import { pidOf, type Waiting, type Watch } from './watch.ts'

/** How long a connection is idle before the system checks that its other end exists. */
const keepAliveMs = 10_000

/**
 * A connection that a `Watch` cuts when its statement was lost, and whose errors are `DatabaseUnavailable` when the
 * database is.
 */
export class WatchedClient extends pg.Client implements Waiting {
  readonly #watch: Watch
  #fault: DatabaseUnavailable | undefined
  #waits = false
  #heard = { bytes: 0, at: 0 }
  /** The server of this connection cannot be written to, so another connection may find a better one. */
  misplaced = false

  constructor(config: pg.ClientConfig, watch: Watch) {
    super({
      ...config,
      connectionTimeoutMillis: watch.answerMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
    })
    this.#watch = watch
    // Without a listener the event would end the process; everything that waits gets the same error.
    this.on('error', () => {})
    this.on('drain', () => this.#done())
    this.once('end', () => {
      this.#fault ??= broken(undefined)
      this.#done()
    })
  }

  get pid() {
    return pidOf(this)
  }

  quietMs() {
    const bytes = bytesFrom(this)
    if (bytes !== this.#heard.bytes) this.#heard = { bytes, at: performance.now() }
    return performance.now() - this.#heard.at
  }

  cut(reason: DatabaseUnavailable) {
    this.#fault ??= reason
    // A connection that waits for an answer is broken at once.
    void this.end().catch(() => {})
  }

  override emit(event: string | symbol, ...details: unknown[]): boolean {
    if (event !== 'error') return super.emit(event, ...details)
    this.#fault ??= refusal(details[0]) ?? broken(details[0])
    return super.emit('error', this.#fault)
  }

  override connect(...args: never[]): never {
    const startedAt = performance.now()
    const translate = (error: unknown) =>
      performance.now() - startedAt > 0.95 * this.#watch.answerMs
        ? this.#watch.unanswered(startedAt, error)
        : notConnected(error)
    return translated(args, (given) => super.connect(...(given as [])), translate)
  }

  override query(...args: never[]): never {
    // A connection that has ended refuses by itself.
    if (!this.#waits && !this.#fault) {
      this.#waits = true
      this.#heard = { bytes: bytesFrom(this), at: performance.now() }
      this.#watch.begin(this)
    }
    const translate = (error: unknown) => this.#translate(error)
    return translated(args, (given) => super.query(...(given as [string])), translate)
  }

  #done() {
    this.#waits = false
    this.#watch.end(this)
  }

  #translate(error: unknown) {
    const refused = refusal(error)
    if (error instanceof pg.DatabaseError && error.code === readOnly) this.misplaced = true
    // Errors that are not the server's come from a connection that broke, or from our own code.
    return refused ?? (error instanceof pg.DatabaseError ? error : (this.#fault ?? error))
  }
}

/** How many bytes the server has sent. */
const bytesFrom = ({ connection: { stream } }: pg.Client) => (stream instanceof Socket ? stream.bytesRead : 0)

const readOnly = '25006'

type Callback = (error: unknown, ...results: unknown[]) => void

/** Calls a method of `pg` that takes a callback or gives a promise, and translates its error. */
export function translated(
  args: readonly unknown[],
  call: (args: unknown[]) => unknown,
  translate: (error: unknown) => unknown,
): never {
  const last = args.at(-1)
  if (typeof last !== 'function')
    return (call([...args]) as Promise<unknown>).catch((error: unknown) => {
      throw translate(error)
    }) as never
  const callback: Callback = (error, ...results) =>
    (last as Callback)(error ? translate(error) : error, ...results)
  return call([...args.slice(0, -1), callback]) as never
}
