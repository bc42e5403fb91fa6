import { diffArrays } from 'diff'

type TextChange = 'EQUAL' | 'INSERTED' | 'DELETED'

/** A piece of two compared texts, and which of them contain it. */
interface TextPart {
  readonly change: TextChange
  readonly text: string
}

/**
 * The budget of a comparison: steps of the algorithm, whose number grows with the square of the differences, and
 * characters to split into words. A step takes about 100 nanoseconds.
 */
const budgets = { lines: 400_000, words: 400_000, characters: 40_000 } as const

/** The last resort against texts that no budget foresees, in milliseconds. */
const timeout = 250

const linesOf = (text: string) => text.match(/[^\n]*\n|[^\n]+/g) ?? []

const runs = /\s+|[\p{L}\p{M}\p{N}_]+|[!-~]|[^\s\p{L}\p{M}\p{N}_!-~]+/gu
// Letters of scripts that put spaces between words.
const letter = String.raw`\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{M}\p{N}_`
const plain = new RegExp(String.raw`^(?:\s+|[!-~]|[${letter}]+)$`, 'u')
const longRun = /[^]{1,500}/gu
const segmenter = new Intl.Segmenter('und', { granularity: 'word' })

/**
 * The words of a text, and the text between them. Only scripts without spaces need the segmenter. It works in short
 * pieces, because its time grows with the square of the length.
 */
const wordsOf = (text: string) =>
  (text.match(runs) ?? []).flatMap((run) =>
    plain.test(run)
      ? [run]
      : (run.match(longRun) ?? []).flatMap((piece) =>
          Array.from(segmenter.segment(piece), ({ segment }) => segment),
        ),
  )

interface Budget {
  steps: number
}

/** The shortest edit from one list of pieces to the other; undefined if it exceeds the budget. */
function differences(from: readonly string[], to: readonly string[], budget: Budget): TextPart[] | undefined {
  const numbers = new Map<string, number>()
  const numbered = (pieces: readonly string[]) =>
    pieces.map((piece) => {
      const number = numbers.get(piece) ?? numbers.size
      numbers.set(piece, number)
      return number
    })
  const maxEditLength = Math.floor(Math.sqrt(2 * budget.steps))
  const found = diffArrays(numbered(from), numbered(to), { maxEditLength, timeout })
  const edits = found?.reduce((sum, { added, removed, count }) => sum + (added || removed ? count : 0), 0)
  budget.steps -= Math.ceil((edits ?? maxEditLength) ** 2 / 2)
  let [fromAt, toAt] = [0, 0]
  return found?.map(({ added, removed, count }) => {
    const text = removed ? from.slice(fromAt, fromAt + count) : to.slice(toAt, toAt + count)
    if (!added) fromAt += count
    if (!removed) toAt += count
    return { change: added ? 'INSERTED' : removed ? 'DELETED' : 'EQUAL', text: text.join('') }
  })
}

/** Spaces between two changes belong to them: nobody reads `one two` to `three four` as two changes. */
const spacesChanged = (parts: readonly TextPart[]) =>
  parts.flatMap((part, at): TextPart[] => {
    const [before, after] = [parts[at - 1]?.change, parts[at + 1]?.change]
    const between = before !== undefined && after !== undefined && before !== after
    if (part.change !== 'EQUAL' || !between || !/^[^\S\n]+$/.test(part.text)) return [part]
    return [
      { change: 'DELETED', text: part.text },
      { change: 'INSERTED', text: part.text },
    ]
  })

/** Joins adjacent pieces of the same kind. Within a change, deletions come first. */
function joined(parts: readonly TextPart[]): TextPart[] {
  const result: TextPart[] = []
  const texts: Record<TextChange, string> = { EQUAL: '', DELETED: '', INSERTED: '' }
  const flush = (changes: readonly TextChange[]) => {
    for (const change of changes) {
      if (texts[change] !== '') result.push({ change, text: texts[change] })
      texts[change] = ''
    }
  }
  for (const { change, text } of parts) {
    if (text !== '') flush(change === 'EQUAL' ? ['DELETED', 'INSERTED'] : ['EQUAL'])
    texts[change] += text
  }
  flush(['EQUAL', 'DELETED', 'INSERTED'])
  return result
}

const replaced = (from: string, to: string): TextPart[] => [
  { change: 'DELETED', text: from },
  { change: 'INSERTED', text: to },
]

const halfWordAtEnd = new RegExp(String.raw`[${letter}]*[\ud800-\udbff]?$`, 'u')
const halfWordAtStart = new RegExp(String.raw`^[\udc00-\udfff]?[${letter}]{0,100}`, 'u')

/** The common beginning of two texts, up to the end of a word if there is one nearby. */
function commonStart(from: string, to: string): string {
  let length = 0
  while (length < from.length && from[length] === to[length]) length += 1
  const near = Math.max(0, length - 100)
  return from.slice(0, near) + from.slice(near, length).replace(halfWordAtEnd, '')
}

/** The common end of two texts, from the start of a word if there is one nearby. */
function commonEnd(from: string, to: string): string {
  let length = 0
  while (length < Math.min(from.length, to.length) && from.at(-1 - length) === to.at(-1 - length)) length += 1
  const end = from.slice(from.length - length)
  return end.replace(halfWordAtStart, '')
}

/**
 * The differences between two texts: by lines, and within changed lines by words. Expensive comparisons become coarser,
 * so texts of any length take about a tenth of a second.
 */
export function compareTexts(from: string, to: string): TextPart[] {
  const words: Budget & { characters: number } = { steps: budgets.words, characters: budgets.characters }
  const inWords = (deleted: string, inserted: string): TextPart[] => {
    const length = deleted.length + inserted.length
    if (length > words.characters || words.steps <= 0) return replaced(deleted, inserted)
    words.characters -= length
    const found = differences(wordsOf(deleted), wordsOf(inserted), words)
    return found ? spacesChanged(found) : replaced(deleted, inserted)
  }
  const refined = (deleted: string, inserted: string): TextPart[] => {
    if (deleted === '' || inserted === '') return replaced(deleted, inserted)
    if (deleted.length + inserted.length <= words.characters) return inWords(deleted, inserted)
    const start = commonStart(deleted, inserted)
    const [restOf, restIn] = [deleted.slice(start.length), inserted.slice(start.length)]
    const end = commonEnd(restOf, restIn)
    const middle = inWords(
      restOf.slice(0, restOf.length - end.length),
      restIn.slice(0, restIn.length - end.length),
    )
    return [{ change: 'EQUAL', text: start }, ...middle, { change: 'EQUAL', text: end }]
  }
  const lines = joined(
    differences(linesOf(from), linesOf(to), { steps: budgets.lines }) ?? replaced(from, to),
  )
  return joined(
    lines.flatMap((part, at) => {
      const next = lines[at + 1]
      if (part.change === 'DELETED' && next?.change === 'INSERTED') return refined(part.text, next.text)
      return part.change === 'INSERTED' && lines[at - 1]?.change === 'DELETED' ? [] : [part]
    }),
  )
}
