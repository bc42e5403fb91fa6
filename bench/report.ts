import type { Sample } from './load.ts'

const median = (values: readonly number[]): number => {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((one, other) => one - other)
  const middle = sorted.length / 2
  const [low = NaN, high = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return (low + high) / 2
}

/** Three digits that mean something; n/a for what could not be measured. */
const shown = (value: number) => {
  if (Number.isNaN(value)) return 'n/a'
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

const columns: readonly (readonly [title: string, value: (sample: Sample) => number])[] = [
  ['req/s', (sample) => sample.requestsPerSecond],
  ['p50 ms', (sample) => sample.p50Ms],
  ['p99 ms', (sample) => sample.p99Ms],
  ['CPU s/1000', (sample) => sample.serverCpu + sample.postgresCpu],
  ['of it server', (sample) => sample.serverCpu],
  ['PostgreSQL', (sample) => sample.postgresCpu],
]

/** The medians over the rounds, by the columns of the table. */
const medians = (samples: readonly Sample[]) => columns.map(([, value]) => median(samples.map(value)))

/** The medians of the ratios within a round, where the machine was as busy for both. */
function ratios(base: readonly Sample[], other: readonly Sample[]) {
  return columns.map(([, value]) =>
    median(
      other.map((sample, round) => {
        const compared = base[round]
        return compared ? value(sample) / value(compared) : NaN
      }),
    ),
  )
}

const row = (name: string, cells: readonly string[]) =>
  [name.padEnd(14), ...cells.map((cell) => cell.padStart(13))].join('')

/** A table for each kind of request, with the ratios to the server `base`. `samples` are in the order of the rounds. */
export function report(samples: readonly Sample[], base: string, others: readonly string[]): string {
  const names = [...new Set(samples.map(({ cell }) => cell))]
  const tables = names.map((name) => {
    const of = (server: Sample['server']) =>
      samples.filter((sample) => sample.cell === name && sample.server === server)
    return [
      row(
        name,
        columns.map(([title]) => title),
      ),
      row(base, medians(of(base)).map(shown)),
      ...others.flatMap((other) => [
        row(other, medians(of(other)).map(shown)),
        row('ratio', ratios(of(base), of(other)).map(shown)),
      ]),
    ].join('\n')
  })
  const beside = samples.map(({ otherCpus }) => otherCpus)
  const busy = `Other programs used ${shown(median(beside))} processors meanwhile (most: ${shown(Math.max(...beside))}).`
  return [...tables, busy].join('\n\n')
}
