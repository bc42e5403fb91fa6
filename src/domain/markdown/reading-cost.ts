import type { Data, Processor } from 'unified'

type Extension = Exclude<NonNullable<Data['micromarkExtensions']>[number], readonly unknown[]>
type Constructs = NonNullable<Extension['text']>
type Construct = Exclude<NonNullable<Constructs['null']>, readonly unknown[]>

/** Reading this text as Markdown would take too long. */
export class TooIntricate extends Error {
  override readonly name = 'TooIntricate'
}

/** How much work the parser may do. A dense text of the maximum length takes about 400 million. */
const mostWork = 500_000_000

/** The levels of quotations and lists on one line, and those of the tree. */
const [mostContainers, mostLevels] = [40, 100]

/** How many different lengths the runs of backticks may have: the parser looks for the end of each in the whole text. */
const mostBackticks = 16

/** How many characters the targets of definitions may add, since a text can use one definition thousands of times. */
const mostExpansion = 1_000_000

/** What the parser looks for to the end of the text, by what it begins with. */
const spans = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
  ['<!', '>'],
] as const

/** How many characters the parser may look through for the ends of these. */
const mostSought = 10_000_000

const codesOf = (characters: string) => Array.from(characters, (character) => character.charCodeAt(0))

/** The codes of tabs and spaces at the beginning of a line, as the parser has them. */
const blankCodes = [-2, -1, 32]

/**
 * A plugin of the parser that stops it when it has done too much work. Some constructs make it look again through everything that it has
 * read of the text, or of the paragraph, so that its time grows with the square of the length. This counts what it has
 * read by then each time that it comes to such a construct, and consumes nothing itself.
 */
export function limitedReading(this: Processor) {
  let work = 0
  const counting = (times: number): Construct => ({
    name: 'limitedReading',
    tokenize(_effects, _ok, nok) {
      work += times * (this.events.length + 1)
      if (work > mostWork) throw new TooIntricate('The parser has done too much work.')
      return nok
    },
  })
  const [guard, costly] = [counting(1), counting(5)]
  const at = (codes: readonly number[], construct = guard) =>
    Object.fromEntries(codes.map((code) => [code, construct])) as Constructs
  const always: Constructs = { null: guard }
  const limited: Extension = {
    // Quotations and underlined headings take more than other lines.
    document: { ...always, ...at(codesOf('>'), costly) },
    flowInitial: { ...at(blankCodes), ...always },
    flow: { ...always, ...at(codesOf('=-'), costly) },
    contentInitial: always,
    text: at(codesOf('*_[]!<&\\`~')),
  }
  const data = this.data()
  data.micromarkExtensions = [...(data.micromarkExtensions ?? []), limited]
}

const marker = /[ \t]*(?:>|[*+-](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$)|\[\^[^\]\s]*\]:)/y

/** The most containers that a line can be in: its markers, and two columns of indentation for each that it continues. */
function containersOf(line: string): number {
  let [count, end] = [0, 0]
  marker.lastIndex = 0
  for (let found = marker.exec(line); found; found = marker.exec(line)) {
    count += 1
    end = marker.lastIndex
  }
  const indented = /^[ \t]*/.exec(line.slice(0, end))?.[0] ?? ''
  return count + Math.floor(indented.replaceAll('\t', '    ').length / 2)
}

/** Throws `TooIntricate` for texts whose first reading alone would take too long. */
export function checkText(text: string) {
  const runs = new Set(Array.from(text.matchAll(/`+/g), ([run]) => run.length))
  if (runs.size > mostBackticks) throw new TooIntricate('The runs of backticks have too many lengths.')
  let sought = 0
  for (const [begin, end] of spans)
    for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at + begin.length)) {
      const found = text.indexOf(end, at)
      sought += (found < 0 ? text.length : found) - at
      if (sought > mostSought) throw new TooIntricate('Comments or the like have no end.')
    }
  for (const line of text.split(/\r\n?|\n/))
    if (containersOf(line) > mostContainers)
      throw new TooIntricate('Quotations and lists are nested too deeply.')
}

/** A part of a tree of Markdown, as far as this looks at it. */
interface Part {
  readonly type: string
  readonly identifier?: string | undefined
  readonly url?: string | undefined
  readonly title?: string | null | undefined
  readonly children?: readonly Part[] | undefined
}

/** Throws `TooIntricate` for trees that are too deep, or that would become far larger than the text. */
export function checkTree(root: Part) {
  const defined = new Map<string, number>()
  const used: string[] = []
  const open = [{ part: root, level: 0 }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { part, level } = next
    if (level > mostLevels) throw new TooIntricate('The text is nested too deeply.')
    const { type, identifier = '' } = part
    if (type === 'definition') defined.set(identifier, (part.url ?? '').length + (part.title ?? '').length)
    if (type === 'linkReference' || type === 'imageReference') used.push(identifier)
    for (const child of part.children ?? []) open.push({ part: child, level: level + 1 })
  }
  const expansion = used.reduce((sum, identifier) => sum + (defined.get(identifier) ?? 0), 0)
  if (expansion > mostExpansion) throw new TooIntricate('The text repeats long targets too often.')
}
