import { availableParallelism } from 'node:os'

/** Runs work when a slot is free. */
function turnsOf(slots: number) {
  let free = slots
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}

/** There are as many slots as cores; more would cost memory and gain nothing. */
export const inTurn = turnsOf(availableParallelism())

/** Pictures that take much memory are decoded one at a time. */
export const oneAtATime = turnsOf(1)
