import type { NumberSetting } from './limits.ts'

/** The largest JSON that a request can contain. `.env.example` explains the variables. */
export const jsonLimitSettings = {
  bytes: { variable: 'MAX_JSON_MEBIBYTES', min: 1, max: 1_000, default: 10, unit: 1024 ** 2 },
  values: { variable: 'MAX_JSON_VALUES', min: 1_000, max: 10_000_000, default: 50_000 },
  levels: { variable: 'MAX_JSON_LEVELS', min: 20, max: 500, default: 50 },
} as const satisfies Readonly<Record<string, NumberSetting>>

/** The configured value of each limit. */
export type JsonLimits = { readonly [Name in keyof typeof jsonLimitSettings]: number }

const byte = (character: string) => character.charCodeAt(0)
const quote = byte('"')
const backslash = byte('\\')
const comma = byte(',')
const opening: readonly number[] = [byte('['), byte('{')]
const closing: readonly number[] = [byte(']'), byte('}')]

/** The place of the quotation mark that ends a string; the end of the text if there is none. */
function endOfString(json: Uint8Array, from: number): number {
  let at = from
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1
  return at
}

/**
 * Says why a JSON text in UTF-8 has too many values or too many levels; undefined if it has not. Parsing millions of
 * small values takes seconds, and what reads a deeply nested value runs out of stack. The parser reports invalid JSON.
 */
export function shapeProblem(json: Uint8Array, { values, levels }: JsonLimits): string | undefined {
  let [count, depth] = [1, 0]
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at] ?? 0
    if (character === quote) at = endOfString(json, at + 1)
    else if (character === comma) count += 1
    else if (opening.includes(character)) {
      count += 1
      depth += 1
    } else if (closing.includes(character)) depth -= 1
    if (count > values) return `The JSON has more than ${values} values. Split the request into several.`
    if (depth > levels) return `The JSON is nested more than ${levels} levels deep. Nest it less.`
  }
  return undefined
}
