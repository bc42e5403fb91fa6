import autocannon from 'autocannon'
import type { Cell } from './cells.ts'
import { cpuSeconds, machineCpuSeconds } from './cpu.ts'
import type { Target } from './targets.ts'

export interface Sample {
  readonly cell: string
  readonly server: Target['name']
  readonly requests: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU seconds for 1,000 requests; NaN where there is no /proc. */
  readonly serverCpu: number
  readonly postgresCpu: number
  /** Processors that other programs kept busy meanwhile; the load generator is none of them. */
  readonly otherCpus: number
}

export interface LoadOptions {
  readonly connections: number
  /** How many requests are made: all of them are answered, so that no CPU goes into unfinished ones. */
  readonly amount: number
  readonly postgresPid: number
  readonly signal: AbortSignal
}

/** Loads one server with one kind of request. Throws when a request fails. */
export async function load(target: Target, cell: Cell, options: LoadOptions): Promise<Sample> {
  const { connections, amount, postgresPid, signal } = options
  const counters = () => ({
    server: cpuSeconds(target.pid),
    postgres: cpuSeconds(postgresPid),
    own: process.cpuUsage(),
    machine: machineCpuSeconds(),
    time: performance.now(),
  })
  signal.throwIfAborted()

  const before = counters()
  const { result, durations, seconds } = await run(target, cell.bodies, connections, amount, signal)
  const after = counters()
  signal.throwIfAborted()
  const failed = result.errors + result.non2xx
  if (failed > 0 || durations.length !== amount) {
    throw new Error(`${target.name}, ${cell.name}: ${failed} of ${amount} requests failed.`)
  }

  const ownCpu = process.cpuUsage(before.own)
  const server = after.server - before.server
  const postgres = after.postgres - before.postgres
  const others =
    after.machine - before.machine - server - postgres - (ownCpu.user + ownCpu.system) / 1_000_000
  durations.sort((one, other) => one - other)
  const percentile = (share: number) => durations[Math.ceil(durations.length * share) - 1] ?? NaN
  return {
    cell: cell.name,
    server: target.name,
    requests: amount,
    requestsPerSecond: amount / seconds,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    serverCpu: (server / amount) * 1000,
    postgresCpu: (postgres / amount) * 1000,
    otherCpus: Math.max(0, others) / ((after.time - before.time) / 1000),
  }
}

/** Makes the requests. The durations are taken one by one, since autocannon's own percentiles are whole milliseconds. */
async function run(
  { url, headers }: Target,
  bodies: readonly string[],
  connections: number,
  amount: number,
  signal: AbortSignal,
) {
  const durations: number[] = []
  let [startAt, lastAt] = [NaN, NaN]
  let clients = 0
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: `${url}/graphql`,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        connections,
        amount,
        timeout: 120,
        sampleInt: 100,
        setupClient: (client) => {
          const own = bodies.filter((_body, index) => index % connections === clients)
          clients += 1
          client.setRequests((own.length > 0 ? own : bodies).map((body) => ({ body })))
        },
      },
      (error: unknown, done: autocannon.Result) => {
        if (error instanceof Error) reject(error)
        else resolve(done)
      },
    )
    const stop = () => instance.stop()
    instance.on('start', () => (startAt = performance.now()))
    instance.on('response', (_client, _status, _bytes, milliseconds) => {
      durations.push(milliseconds)
      lastAt = performance.now()
    })
    instance.on('done', () => signal.removeEventListener('abort', stop))
    signal.addEventListener('abort', stop)
  })
  return { result, durations, seconds: (lastAt - startAt) / 1000 }
}
