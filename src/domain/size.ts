const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const
const decimalUnits = ['kB', 'MB', 'GB', 'TB'] as const

/** A number of bytes for people, e.g. `100 MiB (104,857,600 bytes)` or `1 MB (1,000,000 bytes)`. */
export function sizeForPeople(bytes: number | bigint): string {
  const count = Number(bytes)
  const exact = `${count.toLocaleString('en')} bytes`
  if (count < 1000) return exact
  const [base, names] = count % 1024 === 0 ? [1024, units] : [1000, decimalUnits]
  const power = Math.min(Math.floor(Math.log(count) / Math.log(base)), names.length)
  return `${Number((count / base ** power).toPrecision(3))} ${names[power - 1]} (${exact})`
}
