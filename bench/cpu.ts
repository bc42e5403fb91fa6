import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second in /proc, on every Linux that Node runs on. */
const ticks = 100

interface ProcessTimes {
  readonly parent: number
  /** Its own and that of its ended children, in seconds. */
  readonly cpu: number
}

function timesOf(pid: string): ProcessTimes | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program comes before, in parentheses, and may hold anything.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [, parent = 0] = fields
    return { parent, cpu: fields.slice(11, 15).reduce((sum, part) => sum + part, 0) / ticks }
  } catch {
    return undefined // It ended just now.
  }
}

/** CPU seconds that a process and its descendants have used; NaN where there is no /proc. */
export function cpuSeconds(root: number): number {
  const all = new Map<number, ProcessTimes>()
  try {
    for (const name of readdirSync('/proc')) {
      const times = /^\d+$/.test(name) ? timesOf(name) : undefined
      if (times) all.set(Number(name), times)
    }
  } catch {
    return NaN
  }
  const below = (pid: number): number => {
    let sum = all.get(pid)?.cpu ?? NaN
    for (const [child, { parent }] of all) if (parent === pid) sum += below(child)
    return sum
  }
  return below(root)
}

/** CPU seconds that the whole machine has used; NaN where there is no /proc. */
export function machineCpuSeconds(): number {
  try {
    const [total = ''] = readFileSync('/proc/stat', 'latin1').split('\n')
    const [, user = NaN, nice = 0, system = 0, , , irq = 0, softirq = 0] = total.split(/\s+/).map(Number)
    return (user + nice + system + irq + softirq) / ticks
  } catch {
    return NaN
  }
}
