import { expect, test } from 'vitest'
import { namedIn } from '../../src/domain/markdown/named-items.ts'
import { maxReferences, maxReferenceText, mayName, referenceOf } from '../../src/domain/references.ts'

const id = '01900000-0000-7000-8000-00000000000a'
const other = '01900000-0000-7000-8000-00000000000b'

const named = (content: string, kind = 'TEXT') => namedIn({ id, kind, content, attributes: {} })
const keys = (content: string, kind?: string) => named(content, kind).map((item) => `${item.type} ${item.id}`)

test.each([
  [`media:${id}`, 'MEDIA'],
  [`book:${id}`, 'BOOK'],
  [`block:${id}`, 'BLOCK'],
  [`bookshelf:${id}`, 'BOOKSHELF'],
  [`checkpoint:${id}`, 'CHECKPOINT'],
  [`tag:${id}`, 'TAG'],
  [`/media/${id}`, 'MEDIA'],
  [`/media/${id}/preview`, 'MEDIA'],
  [`/media/${id}?workspace=x&expires=1`, 'MEDIA'],
])('%s names an item', (target, type) => {
  expect(referenceOf(target)).toEqual({ type, id })
  expect(mayName(`[a](${target})`)).toBe(true)
})

test.each([
  `shelf:${id}`,
  `media:${id.toUpperCase()}`,
  `media:${id}x`,
  `media:${id}:x`,
  `media://${id}`,
  `Media:${id}`,
  `media: ${id}`,
  `https://example.org/media/${id}`,
  `/media/${id}/preview/x`,
  `media/${id}`,
  'media:nonsense',
  '',
])('%j names nothing', (target) => {
  expect(referenceOf(target)).toBeUndefined()
})

test('a text names items by links, pictures and definitions, each once and in its order', () => {
  const text = `[the *book*](book:${id}) ![a map](/media/${other}) <tag:${id}> [again](book:${id})

- [x] [![inner](media:${id})](block:${other})

| a |
| - |
| [cell][d] [^n] |

[^n]: [note](checkpoint:${id})

[d]: bookshelf:${id} "title"`
  expect(named(text)).toEqual([
    { type: 'BOOK', id, text: 'the book' },
    { type: 'MEDIA', id: other, text: 'a map' },
    { type: 'TAG', id, text: `tag:${id}` },
    { type: 'BLOCK', id: other, text: 'inner' },
    { type: 'MEDIA', id, text: 'inner' },
    { type: 'BOOKSHELF', id, text: 'cell' },
    { type: 'CHECKPOINT', id, text: 'note' },
  ])
})

test.each([
  ['code', `\`[a](book:${id})\``],
  ['a code block', `    [a](book:${id})`],
  ['raw HTML', `<a href="book:${id}">a</a><img src="media:${id}">`],
  ['plain text', `book:${id}`],
  ['a definition that nothing uses', `[d]: book:${id}`],
  ['an escaped bracket', `\\[a](book:${id})`],
  ['an escaped scheme', `[a](book&#58;${id})`],
])('%s names nothing', (_what, text) => expect(keys(text)).toEqual([]))

test('a program and a divider name nothing, whatever is in them', () => {
  const text = `[a](book:${id})`
  expect(['TEXT', 'HEADING', 'LIST', 'QUOTE', 'IMAGE', 'VIDEO'].map((kind) => keys(text, kind))).toEqual(
    Array<unknown>(6).fill([`BOOK ${id}`]),
  )
  expect([keys(text, 'CODE'), keys(text, 'DIVIDER')]).toEqual([[], []])
})

test('of many items a limited number counts, and of a long text its beginning', () => {
  const ids = Array.from(
    { length: maxReferences + 5 },
    (_, at) => `${String(at).padStart(8, '0')}${id.slice(8)}`,
  )
  expect(named(ids.map((one) => `[a](book:${one})`).join('\n\n'))).toHaveLength(maxReferences)
  expect(named(`[${'😀'.repeat(400)}](book:${id})`)).toEqual([
    { type: 'BOOK', id, text: '😀'.repeat(maxReferenceText) },
  ])
})
