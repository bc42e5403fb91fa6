import type { Element, ElementContent, Root, RootContent } from 'hast'
import remarkGfm from 'remark-gfm'
import remarkParse from 'remark-parse'
import remarkRehype from 'remark-rehype'
import { unified } from 'unified'
import { checkText, checkTree, limitedReading, TooIntricate } from './reading-cost.ts'

/** What a block shows. */
export interface BlockText {
  readonly id: string
  readonly kind: string
  readonly content: string
  readonly attributes: unknown
}

export const element = (
  tagName: string,
  properties: Element['properties'],
  children: ElementContent[] = [],
): Element => ({ type: 'element', tagName, properties, children })

const isElement = (node: RootContent): node is Element => node.type === 'element'
const isContent = (node: RootContent): node is ElementContent => node.type !== 'doctype'

/** Paragraphs without markup, for a text that cannot be read as Markdown. */
const plainParagraphs = (content: string): RootContent[] =>
  content.split(/(?:\r\n?|\n){2,}/).map((value) => element('p', {}, [{ type: 'text', value }]))

/** The elements of a Markdown text. Raw HTML is left out. The ids of footnotes begin with that of the block. */
function readMarkdown({ id, content }: BlockText): RootContent[] {
  try {
    checkText(content)
    // The limit comes last, so that it counts before every other construct looks at the text.
    const tree = unified().use(remarkParse).use(remarkGfm).use(limitedReading).parse(content)
    checkTree(tree)
    return unified()
      .use(remarkRehype, { clobberPrefix: `block-${id}-` })
      .runSync(tree).children
  } catch (error) {
    // The stack of the parser overflows for some texts that are nested too deeply.
    if (error instanceof TooIntricate || error instanceof RangeError) return plainParagraphs(content)
    throw error
  }
}

const attribute = ({ attributes }: BlockText, name: string) =>
  (attributes as Readonly<Record<string, unknown>> | null)?.[name]

/** The heading of a text that is one: each paragraph becomes a heading of the level in the attributes, or of level 2. */
function headings(block: BlockText): RootContent[] {
  const level = attribute(block, 'level')
  const known = typeof level === 'number' && Number.isInteger(level) && level >= 1 && level <= 6
  const tagName = `h${known ? level : 2}`
  return readMarkdown(block).map((node) =>
    isElement(node) && /^(p|h[1-6])$/.test(node.tagName) ? { ...node, tagName } : node,
  )
}

/** A quotation, which the text itself may mark as one. */
function quotation(block: BlockText): RootContent[] {
  const read = readMarkdown(block)
  const elements = read.filter(isElement)
  const [first] = elements
  if (first?.tagName === 'blockquote' && elements.length === 1) return read
  return [element('blockquote', {}, read.filter(isContent))]
}

function code(block: BlockText): RootContent[] {
  const language = attribute(block, 'language')
  const known = typeof language === 'string' && /^[\w+#.-]{1,40}$/.test(language)
  const properties = known ? { className: [`language-${language}`] } : {}
  return [element('pre', {}, [element('code', properties, [{ type: 'text', value: block.content }])])]
}

const readers: Readonly<Record<string, (block: BlockText) => RootContent[]>> = {
  HEADING: headings,
  QUOTE: quotation,
  CODE: code,
  DIVIDER: () => [element('hr', {})],
}

/** What a block shows as a tree of HTML, by its kind. Its links and pictures have the targets that the text gives. */
export const blockTree = (block: BlockText): Root => ({
  type: 'root',
  children: (readers[block.kind] ?? readMarkdown)(block),
})
