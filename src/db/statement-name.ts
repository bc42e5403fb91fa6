import { createHash } from 'node:crypto'

const names = new Map<string, string>()
// Texts are few, since they are built from constants; the bound is for a mistake that would make them many.
const maxNames = 2_000

/** The name of a prepared statement: the same text has the same. */
export function statementName(text: string): string {
  let name = names.get(text)
  if (!name) {
    if (names.size >= maxNames) names.clear()
    name = createHash('sha1').update(text).digest('hex')
    names.set(text, name)
  }
  return name
}
