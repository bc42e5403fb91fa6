import type { Cell } from './cells.ts'
import { load, type LoadOptions, type Sample } from './load.ts'
import { removeNewBlocks } from './seed.ts'
import type { Bench, Target } from './targets.ts'

/** The servers to measure, on one database. */
export interface Measured extends Pick<Bench, 'db' | 'postgresPid'> {
  readonly targets: readonly Target[]
}

interface Options {
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** One measurement; what it wrote is counted and removed. */
async function measure(bench: Measured, target: Target, cell: Cell, options: LoadOptions): Promise<Sample> {
  const sample = await load(target, cell, options)
  if (cell.writes) {
    const made = await removeNewBlocks(bench.db)
    if (made !== options.amount) {
      throw new Error(`${target.name} made ${made} blocks for ${options.amount} requests.`)
    }
  }
  return sample
}

/** Warms a server up and tells how many requests it answers in the time of a round. */
async function calibrate(bench: Measured, target: Target, cell: Cell, options: Options): Promise<number> {
  const { connections, seconds, signal } = options
  const { postgresPid } = bench
  const rounded = (requests: number) => Math.max(2, Math.round(requests / connections)) * connections
  let amount = rounded(0)
  // Thousands of requests pass until all code is compiled and the statements have their final plans.
  for (let pass = 1; pass <= 3; pass += 1) {
    const { requestsPerSecond } = await measure(bench, target, cell, {
      connections,
      amount,
      postgresPid,
      signal,
    })
    amount = rounded(requestsPerSecond * seconds)
  }
  return amount
}

/** Loads all servers with all kinds of requests, in an order that changes from round to round. */
export async function measureAll(
  bench: Measured,
  cells: readonly Cell[],
  options: Options,
): Promise<Sample[]> {
  const { targets, postgresPid } = bench
  const { rounds, connections, say, signal } = options
  const samples: Sample[] = []
  for (const cell of cells) {
    const amounts = new Map<Target, number>()
    for (const target of targets) {
      say(`${cell.name}: warming up ${target.name}`)
      amounts.set(target, await calibrate(bench, target, cell, options))
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const target of round % 2 === 1 ? targets : targets.toReversed()) {
        const amount = amounts.get(target) ?? connections
        const sample = await measure(bench, target, cell, { connections, amount, postgresPid, signal })
        samples.push(sample)
        const rate = sample.requestsPerSecond.toFixed(0)
        say(`${cell.name}: round ${round} of ${rounds}, ${target.name}: ${amount} requests, ${rate} a second`)
      }
    }
  }
  return samples
}
