import { expect, test } from 'vitest'
import { blockHtml, type Target } from '../../src/domain/markdown/block-html.ts'
import { blockTree } from '../../src/domain/markdown/block-tree.ts'

const id = '01900000-0000-7000-8000-00000000000a'
const other = '01900000-0000-7000-8000-00000000000b'

interface Written {
  readonly kind?: string
  readonly attributes?: unknown
  readonly targets?: Readonly<Record<string, Target>>
}

const html = (content: string, { kind = 'TEXT', attributes = {}, targets = {} }: Written = {}) =>
  blockHtml(blockTree({ id, kind, content, attributes }), new Map(Object.entries(targets)))

const picture = (url: string, width: number, height: number) => ({ url, width, height })
const file = {
  mimeType: 'image/jpeg',
  fileName: 'map.jpg',
  altText: 'A map',
  url: 'https://host/media/a?signature=1',
  pictures: [picture('https://host/m', 640, 320), picture('https://host/p', 1280, 640)],
}
const about = (type: string, of = id) => `data-item-type="${type}" data-item-id="${of}"`

test.each([
  ['TEXT', {}, 'a *b*', '<p>a <em>b</em></p>'],
  ['HEADING', { level: 3 }, 'a *b*', '<h3>a <em>b</em></h3>'],
  ['HEADING', {}, 'a', '<h2>a</h2>'],
  ['HEADING', { level: 99 }, 'a', '<h2>a</h2>'],
  ['HEADING', { level: '3' }, '# a', '<h2>a</h2>'],
  ['LIST', {}, '- a\n- b', '<ul>\n<li>a</li>\n<li>b</li>\n</ul>'],
  ['QUOTE', {}, 'a', '<blockquote><p>a</p></blockquote>'],
  ['QUOTE', {}, '> a', '<blockquote>\n<p>a</p>\n</blockquote>'],
  [
    'CODE',
    { language: 'c++' },
    '<b> & "c"',
    '<pre><code class="language-c++">&#x3C;b> &#x26; "c"</code></pre>',
  ],
  ['CODE', { language: '"><script>' }, '*a*', '<pre><code>*a*</code></pre>'],
  ['CODE', null, '', '<pre><code></code></pre>'],
  ['IMAGE', {}, 'A *caption*', '<p>A <em>caption</em></p>'],
  ['DIVIDER', {}, 'not shown', '<hr>'],
  ['UNKNOWN', {}, 'a', '<p>a</p>'],
])('a block of kind %s with %j', (kind, attributes, content, expected) => {
  expect(html(content, { kind, attributes })).toBe(expected)
})

test('tables, task lists, strikethrough and footnotes are written as GFM has them', () => {
  expect(html('| a | b |\n| - | :-: |\n| 1 | 2 |')).toContain('<td align="center">2</td>')
  expect(html('- [x] a')).toContain(
    '<li class="task-list-item"><input type="checkbox" checked disabled> a</li>',
  )
  expect(html('~~a~~')).toBe('<p><del>a</del></p>')
  const note = html('a[^1]\n\n[^1]: b')
  expect(note).toContain(`href="#block-${id}-fn-1"`)
  expect(note).toContain(`<li id="block-${id}-fn-1">`)
})

test('a picture of a media item has its signed URLs and its size', () => {
  expect(html(`![](media:${id} "t")`, { targets: { [`MEDIA ${id}`]: { media: file } } })).toBe(
    `<p><img ${about('MEDIA')} src="https://host/p" srcset="https://host/m 640w, https://host/p 1280w" ` +
      'sizes="(min-width: 1280px) 1280px, 100vw" width="1280" height="640" alt="A map" title="t" loading="lazy"></p>',
  )
  expect(html(`![Mine](/media/${id})`, { targets: { [`MEDIA ${id}`]: { media: file } } })).toContain(
    'alt="Mine"',
  )
})

test.each([
  ['video/mp4', file.pictures, 'video', 'poster="https://host/p" width="1280" height="640"'],
  ['audio/mpeg', [], 'audio', 'controls preload="metadata" aria-label="A map"'],
  ['application/pdf', [], 'a', `href="${file.url}">A map</a>`],
  ['image/gif', file.pictures, 'img', `src="${file.url}" width="1280"`],
])('a file of type %s in the place of a picture', (mimeType, pictures, tag, part) => {
  const shown = html(`![](media:${id})`, {
    targets: { [`MEDIA ${id}`]: { media: { ...file, mimeType, pictures } } },
  })
  expect(shown).toContain(`<${tag} ${about('MEDIA')}`)
  expect(shown).toContain(part)
})

test('links lead to the file of a media item, and to a place in the page for other items', () => {
  const targets = { [`MEDIA ${id}`]: { media: file }, [`BOOK ${other}`]: { name: 'Rockets' } }
  expect(html(`[a](media:${id})`, { targets })).toBe(`<p><a ${about('MEDIA')} href="${file.url}">a</a></p>`)
  expect(html(`[a *b*](book:${other})`, { targets })).toBe(
    `<p><a ${about('BOOK', other)} href="#book:${other}">a <em>b</em></a></p>`,
  )
  expect(html(`[](book:${other}) ![](book:${other})`, { targets }).split('>Rockets</a>')).toHaveLength(3)
  const inside = html(`[![a](media:${id})](book:${other})`, { targets })
  expect(inside).toContain(`href="#book:${other}"><img ${about('MEDIA')} src="https://host/p"`)
})

test('broken references keep their text and say why', () => {
  const targets = { [`BOOK ${id}`]: { broken: 'TRASHED' as const } }
  expect(html(`[a *b*](book:${id})`, { targets })).toBe(
    `<p><span ${about('BOOK')} data-broken="TRASHED">a <em>b</em></span></p>`,
  )
  expect(html(`![alt](media:${id})`)).toBe(`<p><span ${about('MEDIA')} data-broken="MISSING">alt</span></p>`)
  expect(html(`[](tag:${id})`)).toContain(`data-broken="MISSING">tag:${id}</span>`)
})

test('links and pictures of other sites are told nothing', () => {
  expect(html('[a](https://example.org)')).toContain('rel="nofollow noopener noreferrer"')
  expect(html('![a](https://example.org/a.png)')).toContain('referrerpolicy="no-referrer"')
})

test('raw HTML is left out, and its text with it when it would run', () => {
  expect(html('<script>alert(1)</script>\n\na <b onclick="x()">b</b>')).toBe('<p>a b</p>')
  expect(html('<img src=x onerror=alert(1)>')).toBe('')
})

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java&#10;script:alert(1)',
  'data:text/html,x',
  'vbscript:x',
])('%s is no target', (target) => {
  const shown = html(`[a](${target}) ![b](${target}) [c]\n\n[c]: ${target}`)
  expect(shown).not.toMatch(/(href|src)="(java|data|vb)/i)
  expect(shown).not.toMatch(/href="[^"]*script/i)
})

test('text that looks like HTML stays text', () => {
  expect(html('`<script>`')).toBe('<p><code>&#x3C;script></code></p>')
  expect(html('![" onerror="alert(1)](https://example.org/x.png)')).toContain(
    'alt="&#x22; onerror=&#x22;alert(1)"',
  )
})
