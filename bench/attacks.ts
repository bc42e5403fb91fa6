import { setTimeout as delay } from 'node:timers/promises'
import { type Attack, attacks } from '../test/support/attacks.ts'
import { cpuSeconds } from './cpu.ts'
import { type Target, withTargets } from './targets.ts'

interface Options {
  readonly rounds: number
  readonly seconds: number
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** How many attacks a second the client has beside it. */
const attacksPerSecond = 5

const page = JSON.stringify({ query: '{ bookshelves(first: 5) { totalCount nodes { id name } } }' })

/** The status of the answer; 0 if the server ended the connection before it had the whole body. */
async function post({ url }: Target, body: string): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  try {
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}

let sent = 0

/** The attack with another text each time: the server remembers documents that it has read. */
const fresh = ({ body }: Attack) => body.replace('"query":"', `"query":"#${(sent += 1)}\\n`)

/** CPU milliseconds of the server for one attack. The clock of /proc has steps of 10 ms, so several are measured. */
async function cpuOf(server: Target, attack: Attack, rounds: number) {
  const before = cpuSeconds(server.pid)
  let status = 0
  for (let round = 0; round < rounds; round += 1) status = await post(server, fresh(attack))
  return { status, ms: ((cpuSeconds(server.pid) - before) * 1_000) / rounds }
}

/** How many pages one client gets in a second. */
async function pagesPerSecond(server: Target, seconds: number): Promise<number> {
  const start = performance.now()
  let pages = 0
  while (performance.now() - start < seconds * 1_000) {
    const status = await post(server, page)
    if (status !== 200) throw new Error(`A page was answered with ${status}.`)
    pages += 1
  }
  return (pages * 1_000) / (performance.now() - start)
}

async function besideAttacks(server: Target, seconds: number): Promise<number> {
  const ended = new AbortController()
  const attack = async () => {
    for (let index = 0; !ended.signal.aborted; index += 1) {
      const one = attacks[index % attacks.length]
      if (one) void post(server, fresh(one))
      await delay(1_000 / attacksPerSecond)
    }
  }
  const attacking = attack()
  const rate = await pagesPerSecond(server, seconds)
  ended.abort()
  await attacking
  return rate
}

/** Prints the CPU that each attack takes, and what a client beside them keeps of its throughput. */
export async function benchAttacks({ rounds, seconds, say, signal }: Options): Promise<void> {
  say('Starting PostgreSQL and the server')
  await withTargets(signal, async ({ targets: [, server] }) => {
    await pagesPerSecond(server, 2)
    for (const attack of attacks) await post(server, fresh(attack))
    console.log('| Attack | Status | CPU ms |\n| --- | ---: | ---: |')
    for (const attack of attacks) {
      signal.throwIfAborted()
      const { status, ms } = await cpuOf(server, attack, rounds)
      console.log(`| ${attack.name} | ${status} | ${ms.toFixed(1)} |`)
    }
    const duration = Math.max(seconds, attacks.length / attacksPerSecond)
    const ratios: number[] = []
    for (let round = 1; round <= rounds; round += 1) {
      signal.throwIfAborted()
      const alone = await pagesPerSecond(server, duration)
      const beside = await besideAttacks(server, duration)
      ratios.push(beside / alone)
      say(`Round ${round}: ${alone.toFixed(0)} pages a second alone, ${beside.toFixed(0)} beside attacks`)
    }
    const [median = NaN] = ratios.sort((one, other) => one - other).slice(Math.floor(rounds / 2))
    const kept = `${(median * 100).toFixed(0)} %`
    console.log(`\nBeside ${attacksPerSecond} attacks a second a client keeps ${kept} of its throughput.`)
  })
}
