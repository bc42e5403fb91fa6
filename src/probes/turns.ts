import { availableParallelism } from 'node:os'

const turns = { free: availableParallelism(), waiting: [] as (() => void)[] }

/** Runs `work` when a slot is free. There are as many slots as cores; more would cost memory and gain nothing. */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (turns.free > 0) turns.free -= 1
  else await new Promise<void>((resolve) => turns.waiting.push(resolve))
  try {
    return await work()
  } finally {
    const next = turns.waiting.shift()
    if (next) next()
    else turns.free += 1
  }
}
