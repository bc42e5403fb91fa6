import type { Root } from 'hast'
import rehypeSanitize, { type Options } from 'rehype-sanitize'
import rehypeStringify from 'rehype-stringify'
import { unified } from 'unified'

type Attributes = NonNullable<Options['attributes']>[string]

/** What every element that stands for an item of the library says of it. */
const item = ['dataItemType', 'dataItemId']
const played: Attributes = [...item, 'src', ['controls', true], ['preload', 'metadata'], 'ariaLabel']

/** The elements and attributes of HTML that is given out. Everything that is not named here is removed. */
const schema: Options = {
  tagNames: [
    ...['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote', 'ul', 'ol', 'li', 'pre', 'code', 'hr', 'br'],
    ...['em', 'strong', 'del', 'a', 'sup', 'span', 'section', 'input', 'img', 'video', 'audio'],
    ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ],
  attributes: {
    a: [
      ...item,
      ...['href', 'id', 'title', 'ariaLabel', 'dataFootnoteRef', 'dataFootnoteBackref'],
      ['className', 'data-footnote-backref'],
      ['rel', 'nofollow', 'noopener', 'noreferrer'],
    ],
    code: [['className', /^language-./]],
    h2: [['className', 'sr-only']],
    img: [
      ...[...item, 'src', 'srcSet', 'sizes', 'width', 'height', 'alt', 'title'],
      ['loading', 'lazy'],
      ['referrerPolicy', 'no-referrer'],
    ],
    video: [...played, 'poster', 'width', 'height'],
    audio: played,
    span: [...item, ['dataBroken', 'TRASHED', 'MISSING']],
    input: [['type', 'checkbox'], ['disabled', true], 'checked'],
    li: ['id', ['className', 'task-list-item']],
    ol: ['start', ['className', 'contains-task-list']],
    ul: [['className', 'contains-task-list']],
    section: ['dataFootnotes', ['className', 'footnotes']],
    td: ['align'],
    th: ['align'],
  },
  protocols: { href: ['http', 'https', 'mailto'], src: ['http', 'https'], poster: ['http', 'https'] },
  required: { input: { type: 'checkbox', disabled: true } },
  ancestors: Object.fromEntries(['thead', 'tbody', 'tr', 'th', 'td'].map((name) => [name, ['table']])),
  strip: ['script', 'style'],
  // Ids come from footnotes alone, and begin with that of the block already.
  clobber: [],
  allowComments: false,
  allowDoctypes: false,
}

const writer = unified().use(rehypeSanitize, schema).use(rehypeStringify)

/** A tree as HTML that cannot run anything. */
export const safeHtml = (tree: Root): string => writer.stringify(writer.runSync(tree))
