import { expect, test } from 'vitest'
import { blockHtml } from '../../src/domain/markdown/block-html.ts'
import { blockTree } from '../../src/domain/markdown/block-tree.ts'
import { namedIn } from '../../src/domain/markdown/named-items.ts'
import { textLimits } from '../../src/domain/text.ts'

const id = '01900000-0000-7000-8000-00000000000a'
const longest = textLimits.content

/** A text of the maximum length. */
const full = (unit: string, first = '') =>
  (first + unit.repeat(Math.ceil(longest / unit.length))).slice(0, longest)
const lines = (line: (at: number) => string) =>
  full(Array.from({ length: 2_000 }, (_, at) => line(at)).join('\n') + '\n')

/** The HTML of a text, and the seconds of processor time that it took, together with finding what it names. */
function convert(content: string) {
  const before = process.cpuUsage()
  const block = { id, kind: 'TEXT', content, attributes: {} }
  const named = namedIn(block)
  const html = blockHtml(blockTree(block), new Map())
  const { user } = process.cpuUsage(before)
  return { html, named, seconds: user / 1_000_000 }
}

// Without limits, some of these take minutes and others overflow the stack. With them, about a second.
const mostSeconds = 15

test.each(
  Object.entries({
    'quotations in quotations': full('>'),
    'the same with blanks': full('> '),
    'lists in lists': full('- '),
    'numbered lists in lists': full('1. '),
    'quotations and lists': full('> - '),
    footnotes: full('[^a]: '),
    'lists by indentation': lines((at) => `${' '.repeat((at % 400) * 2)}- a`),
    emphasis: full('*a_ '),
    'strong emphasis': full('**a *b '),
    'all emphasis': full('***a** b* '),
    strikethrough: full('~a~~b'),
    brackets: '['.repeat(longest / 2) + ']'.repeat(longest / 2),
    'open brackets': full('['),
    pictures: full('!['),
    'links in links': full('[a]('),
    'references to nothing': full('[a][b'),
    'everything at once': full('[![*_`<a> '),
    backticks: full(Array.from({ length: 450 }, (_, at) => `${'`'.repeat(at)}a`).join('')),
    'underlined headings': full('a\n=\n'),
    'short lists': full('- a\n* b\n'),
    'short tasks': full('- [ ] a\n'),
    'short quotations': full('>a\n\n'),
    'short tables': full('|a|\n|-|\n|b|\n\n'),
    'wide tables': full('|-', `${'|a'.repeat(longest / 4)}\n`),
    'definitions of footnotes': full('[^a]: a\n'),
    'open tags': full('<a b="', 'a '),
    'open comments': full('<!-- ', 'a '),
    'open titles': full("[a](b 'c ", 'a '),
    entities: full('&a;'),
    addresses: full('a@b.c '),
    'one long target that is used often': full('[a] ', `[a]: /${'u'.repeat(longest / 2)}\n\n`),
    fences: full('```\na\n```\n'),
    'empty lines': full('\n'),
    tabs: full('\t'),
    backslashes: full('\\'),
  }),
)('%s take no longer than other texts', (_what, content) => {
  expect(content).toHaveLength(longest)
  const naming = `[a](book:${id})\n\n`
  const { html, seconds } = convert(naming + content.slice(naming.length))
  expect(seconds).toBeLessThan(mostSeconds)
  expect(html.length).toBeLessThan(20_000_000)
})

test.each(
  Object.entries({
    paragraphs: full(
      'Some ordinary text with *emphasis*, `code` and [a link](https://example.org/x "t").\n\n',
    ),
    'one paragraph': full(
      'Some ordinary text with *emphasis*, `code` and [a link](https://example.org/x).\n',
    ),
    'a list': full('- Some ordinary text with *emphasis* and [a link](https://example.org/x "t").\n'),
    'a table': full('|some *text*|[a](https://example.org)|`code`|\n', '|a|b|c|\n|-|-|-|\n'),
    sections: full(
      '# Heading\n\nA *paragraph* of some words that go on for a while.\n\n```js\nconst a = [1, 2]\n```\n\n' +
        '- one item of a list\n  - and another one\n\n> a quotation of some words that go on too\n\n',
    ),
    'underlined headings': full('Heading\n=======\n\nSome *words* of a paragraph that is long enough.\n\n'),
    links: full('[a *book*](book:01900000-0000-7000-8000-00000000000b) '),
  }),
)('the longest text of %s is read as Markdown', (_what, content) => {
  const { html, named } = convert(`[the first](book:${id})\n\n${content}`.slice(0, longest))
  expect(html).toContain('<em>')
  expect(named[0]).toEqual({ type: 'BOOK', id, text: 'the first' })
})

test('a text that is too intricate is shown without markup and names nothing', () => {
  const { html, named } = convert(`[a](book:${id}) <b>\n\n${'> '.repeat(50)}a\n\nb`)
  expect(named).toEqual([])
  expect(html).toBe(`<p>[a](book:${id}) &#x3C;b></p><p>${'> '.repeat(50)}a</p><p>b</p>`)
})
