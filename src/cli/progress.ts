import { SingleBar } from 'cli-progress'

/** The fraction of the work between two lines, if there is no terminal. */
const lineEvery = 0.1

/** Shows the progress of a command. */
interface Progress {
  readonly update: (done: number, total: number) => void
  readonly stop: () => void
}

/** Shows a bar on a terminal, lines elsewhere. `name` says what is counted. */
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

/** For commands with machine-readable output. */
export const noProgress: Progress = { update: () => {}, stop: () => {} }

/** For `JSON.stringify`: bytes are numbers in JSON, because no library has 9 petabytes. */
export const plain = (_name: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)
