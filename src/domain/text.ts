import { InvalidInput, type InputIssue } from './failure.ts'

/** Maximum lengths in characters: Unicode code points, as PostgreSQL counts them. */
export const textLimits = {
  name: 200,
  tagName: 100,
  title: 500,
  description: 10_000,
  content: 100_000,
  reason: 1_000,
  idempotencyKey: 200,
  fileName: 255,
  altText: 1_000,
  caption: 2_000,
  category: 50,
} as const

/** Limits of a block's attributes: bytes as JSON, and levels of nesting. */
export const attributeLimits = { bytes: 16 * 1024, depth: 8 } as const

/** PostgreSQL cannot store NUL, and UTF-8 cannot encode a lone surrogate. */
export const isStorable = (text: string) => !text.includes('\0') && text.isWellFormed()

/** What to do with a text that cannot be stored. */
export const notStorable = 'Remove NUL characters and unpaired surrogates.'

/** The number of characters of a text. A character outside the basic plane is two units of a JavaScript string. */
const lengthOf = (text: string) => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0)

/** What is wrong with a text of more than `limit` characters; undefined for others. */
export function tooLong(text: string, limit: number): string | undefined {
  const length = lengthOf(text)
  return length > limit ? `Give at most ${limit} characters; you gave ${length}.` : undefined
}

// U+2800 is the blank of Braille.
const visible = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u

/** Collects the issues of an input. Undefined and null mean 'not given'. */
export class InputCheck {
  readonly #issues: InputIssue[] = []

  refuse(path: string, message: string) {
    this.#issues.push({ path, message })
  }

  /** Requires at least one visible character. */
  line(path: string, value: string | null | undefined, limit: number) {
    if (typeof value === 'string' && !visible.test(value))
      this.refuse(path, 'Give at least one visible character.')
    this.text(path, value, limit)
  }

  text(path: string, value: string | null | undefined, limit: number) {
    if (value == null) return
    const problem = tooLong(value, limit)
    if (problem) this.refuse(path, problem)
    if (!isStorable(value)) this.refuse(path, notStorable)
  }

  /** The field may be omitted but must not be null. */
  present(path: string, value: unknown) {
    if (value === null) this.refuse(path, 'Give a value, or leave the field out.')
  }

  /** A time that PostgreSQL and JavaScript format alike. */
  time(path: string, value: Date | null | undefined) {
    const year = value?.getUTCFullYear() ?? 1
    if (!(year >= 1 && year <= 9999)) this.refuse(path, 'Give a time in the years 1 to 9999 (UTC).')
  }

  attributes(path: string, value: unknown) {
    if (value == null) return
    const problem = attributeProblem(value, attributeLimits.depth)
    if (problem) this.refuse(path, problem)
    else if (Buffer.byteLength(JSON.stringify(value)) > attributeLimits.bytes)
      this.refuse(path, `Give at most ${attributeLimits.bytes} bytes of JSON.`)
  }

  /** A failure with all issues, or undefined if there are none. */
  failure(): InvalidInput | undefined {
    return this.#issues.length > 0 ? new InvalidInput(this.#issues) : undefined
  }
}

function attributeProblem(value: unknown, levels: number): string | undefined {
  if (typeof value === 'string' && !isStorable(value)) return notStorable
  if (typeof value === 'number' && !Number.isFinite(value)) return 'Numbers must be finite.'
  if (typeof value !== 'object' || value === null) return undefined
  if (levels === 0) return `Nest at most ${attributeLimits.depth} levels.`
  for (const [key, inner] of Object.entries(value)) {
    const problem = attributeProblem(key, levels) ?? attributeProblem(inner, levels - 1)
    if (problem) return problem
  }
  return undefined
}

/**
 * True for a UUID in the form in which the server issues IDs: lower case. Any other text is an ID that no object has.
 */
export const isUuid = (id: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)

/** A UUID that no row has and that sorts before every other. */
export const zeroUuid = '00000000-0000-0000-0000-000000000000'
