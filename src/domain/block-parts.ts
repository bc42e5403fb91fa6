import { InvalidInput, type InputIssue } from './failure.ts'
import { textLimits, tooLong } from './text.ts'

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The number of Unicode code points of a text. */
const lengthOf = (text: string) => Array.from(text).length

/**
 * Cuts a text at rising offsets, which count Unicode code points. Joined again, the parts are the text. An offset within
 * a character of several code points, such as a flag or a family, is refused.
 */
export function cutText(text: string, at: readonly number[]): string[] | InvalidInput {
  const points = Array.from(text)
  const segments = graphemes.segment(text)
  const issues: InputIssue[] = []
  const parts: string[] = []
  let [from, units] = [0, 0]
  at.forEach((offset, index) => {
    const problem = offset < from || offset > points.length ? outside(from, points.length) : undefined
    if (problem !== undefined) {
      issues.push({ path: `at.${index}`, message: problem })
      return
    }
    const part = points.slice(from, offset).join('')
    units += part.length
    from = offset
    parts.push(part)
    const segment = segments.containing(units)
    if (!segment || segment.index === units) return
    const start = offset - lengthOf(text.slice(segment.index, units))
    const end = start + lengthOf(segment.segment)
    const message = `This is within the character ${segment.segment}. Cut at ${start} or ${end}.`
    issues.push({ path: `at.${index}`, message })
  })
  if (issues.length > 0) return new InvalidInput(issues)
  return [...parts, points.slice(from).join('')]
}

const outside = (from: number, length: number) => `Give an offset of ${from} to ${length}.`

const ofOnePlace = ['HEADING', 'IMAGE', 'VIDEO', 'DIVIDER']

/** The kind and attributes of a part after the first: a heading or a picture stays with the first part. */
export const kindOfPart = <Kind extends string>(block: {
  readonly kind: Kind
  readonly attributes: unknown
}): { readonly kind: Kind | 'TEXT'; readonly attributes: Record<string, unknown> } =>
  ofOnePlace.includes(block.kind)
    ? { kind: 'TEXT', attributes: {} }
    : { kind: block.kind, attributes: block.attributes as Record<string, unknown> }

/** The texts that are not empty, with a separator between them, or a failure if the text becomes too long. */
export function joinTexts(texts: readonly string[], separator: string): string | InvalidInput {
  const joined = texts.filter((text) => text !== '').join(separator)
  const problem = tooLong(joined, textLimits.content)
  return problem === undefined
    ? joined
    : new InvalidInput([{ path: 'blockIds', message: `The text would be too long. ${problem}` }])
}
