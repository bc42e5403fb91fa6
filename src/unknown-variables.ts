/** The number of letters to insert, remove, replace or swap with their neighbours to turn one word into the other. */
function typos(one: string, other: string): number {
  let [beforeLast, last]: number[][] = [[], Array.from({ length: other.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = at(last, j - 1) + (one[i - 1] === other[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const swapped = isSwap ? at(beforeLast, j - 2) + 1 : Infinity
      row[j] = Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced, swapped)
    }
    ;[beforeLast, last] = [last, row]
  }
  return at(last, other.length)
}

const at = (row: readonly number[] | undefined, index: number) => row?.[index] ?? Infinity

/** How many typos a name may have. Short names resemble variables of other programs. */
const tolerated = (name: string) => (name.length < 6 ? 0 : name.length < 8 ? 1 : 2)

/** The known name that a variable was probably meant to be. */
function likely(name: string, known: readonly string[]): string | undefined {
  const plain = name
    .toUpperCase()
    .replaceAll(/[-.]/g, '_')
    .replace(/^WORDLOOM_/, '')
  const near = known
    .map((candidate) => ({ candidate, count: typos(plain, candidate) }))
    .filter(({ candidate, count }) => count <= tolerated(candidate))
  return near.sort((a, b) => a.count - b.count)[0]?.candidate
}

/** What to tell the operator about variables that seem meant for Wordloom but that it does not read. */
export function unknownVariables(set: Readonly<Record<string, unknown>>, known: readonly string[]): string[] {
  return Object.keys(set).flatMap((name) => {
    if (known.includes(name)) return []
    const meant = likely(name, known)
    if (meant !== undefined && set[meant] === undefined)
      return [`Wordloom does not read the variable ${name}. Did you mean ${meant}?`]
    if (!name.startsWith('WORDLOOM_')) return []
    return [`Wordloom does not read the variable ${name}. See .env.example for those that it reads.`]
  })
}
