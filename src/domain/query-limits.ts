import type { NumberSetting } from './limits.ts'

/** The largest document, in the units of each limit. `.env.example` explains the variables. */
export const queryLimitSettings = {
  characters: { variable: 'MAX_QUERY_CHARACTERS', min: 1_000, max: 10_000_000, default: 500_000 },
  tokens: { variable: 'MAX_QUERY_TOKENS', min: 100, max: 100_000, default: 5_000 },
  operations: { variable: 'MAX_QUERY_OPERATIONS', min: 1, max: 1_000, default: 20 },
  /** Levels of fields within fields. */
  depth: { variable: 'MAX_QUERY_DEPTH', min: 5, max: 200, default: 25 },
  /** Fields and fragments, each as often as it is selected. */
  selections: { variable: 'MAX_QUERY_SELECTIONS', min: 100, max: 50_000, default: 2_000 },
  /** How often one place may select fields that are answered under one name. */
  repetitions: { variable: 'MAX_QUERY_REPETITIONS', min: 1, max: 1_000, default: 50 },
  aliases: { variable: 'MAX_QUERY_ALIASES', min: 1, max: 10_000, default: 100 },
  rootFields: { variable: 'MAX_QUERY_ROOT_FIELDS', min: 1, max: 1_000, default: 50 },
  fragments: { variable: 'MAX_QUERY_FRAGMENTS', min: 1, max: 1_000, default: 150 },
  directives: { variable: 'MAX_QUERY_DIRECTIVES', min: 1, max: 10_000, default: 100 },
  directivesPerPlace: { variable: 'MAX_QUERY_DIRECTIVES_PER_PLACE', min: 1, max: 100, default: 5 },
} as const satisfies Readonly<Record<string, NumberSetting>>

/** The configured value of each limit. */
export type QueryLimits = { readonly [Name in keyof typeof queryLimitSettings]: number }
