import { SingleBar } from 'cli-progress'

/** How much goes by between two lines where there is no terminal. */
const lineEvery = 0.1

/** How far a command is. */
export interface Progress {
  readonly update: (done: number, total: number) => void
  readonly stop: () => void
}

/** A bar on a terminal, lines elsewhere; of things that `name` names. */
export function progress(name: string): Progress {
  if (!process.stdout.isTTY) {
    let next = lineEvery
    const update = (done: number, total: number) => {
      if (done < total * next) return
      console.log(`  ${name}: ${done} of ${total}`)
      next = done / total + lineEvery
    }
    return { update, stop: () => {} }
  }
  const bar = new SingleBar({
    format: `  ${name} {bar} {value} of {total}, {eta_formatted} left`,
    hideCursor: true,
  })
  bar.start(0, 0)
  const update = (done: number, total: number) => {
    bar.setTotal(total)
    bar.update(done)
  }
  return { update, stop: () => bar.stop() }
}

/** For a command whose output is for programs. */
export const noProgress: Progress = { update: () => {}, stop: () => {} }

/** For `JSON.stringify`: bytes are numbers in JSON, since there are no libraries of 9 petabytes. */
export const plain = (_name: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)
