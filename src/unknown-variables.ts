import { distances } from './domain/typos.ts'

const typos = (one: string, other: string) => distances(Array.from(one), Array.from(other)).at(-1) ?? Infinity

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
