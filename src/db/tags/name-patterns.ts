import { and, type Sql, sql } from '../sql.ts'

// Escapes `%`, `_` and `\`, which are special in a pattern.
const containing = (part: string) => `%${part.replace(/[\\%_]/g, '\\$&')}%`

const someName = (matches: Sql) =>
  sql`exists (select from unnest(string_to_array(names, e'\\n')) as name where ${matches})`

/** Names that contain all the words, all in the same name. */
export function inOneName(parts: readonly string[]): Sql {
  const patterns = parts.map(containing)
  return parts.length === 1
    ? sql`names like ${patterns[0]}`
    : sql`names like all (${patterns}::text[]) and ${someName(sql`name like all (${patterns}::text[])`)}`
}

/** Names that contain one choice for each word, all in the same name. */
export function anyInOneName(words: readonly (readonly string[])[]): Sql {
  const patterns = words.map((choices) => choices.map(containing))
  const has = (text: Sql) => and(patterns.map((choices) => sql`${text} like any (${choices}::text[])`))
  if (words.length === 1) return has(sql`names`)
  return sql`${has(sql`names`)} and ${someName(has(sql`name`))}`
}
