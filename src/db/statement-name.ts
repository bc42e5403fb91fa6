import { createHash } from 'node:crypto'

const names = new Map<string, string>()
// There are few texts, because they are built from constants. The bound guards against a mistake that would create
// many.
const maxNames = 2_000

/** Begins the text of a statement that does not stay prepared. */
export const unprepared = '/* planned for its values */'

/** The name of a prepared statement: equal texts have equal names. Empty if the statement must not stay prepared. */
export function statementName(text: string): string {
  if (text.startsWith(unprepared)) return ''
  let name = names.get(text)
  if (!name) {
    if (names.size >= maxNames) names.clear()
    name = createHash('sha1').update(text).digest('hex')
    names.set(text, name)
  }
  return name
}
