import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { bodyOf, useServedPicture } from '../support/media/served-picture.ts'

const database = useDatabase()
const api = useApi(database)
const { upload, here: picture, get } = useServedPicture(api)

const here = () => ({ ...picture(), etag: `"${createHash('sha256').update(picture().bytes).digest('hex')}"` })

test('the original comes back byte for byte, with all that a browser must know of it', async () => {
  const { bytes, etag } = here()
  const response = await get()
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    etag,
    'content-type': 'image/jpeg',
    'content-length': `${bytes.length}`,
    'accept-ranges': 'bytes',
    'cache-control': expect.stringMatching(/^public, max-age=\d+, immutable$/) as string,
    'x-content-type-options': 'nosniff',
    'last-modified': expect.stringMatching(/ GMT$/) as string,
    'content-disposition': 'inline; filename=picture.jpg',
  })
  expect((await bodyOf(response)).equals(bytes)).toBe(true)
})

const ofConnection = ['date', 'x-request-id', 'connection', 'keep-alive']

test('HEAD tells the same without the bytes', async () => {
  const [whole, head] = [await get(), await fetch(here().url, { method: 'HEAD' })]
  const headers = (response: Response) =>
    Object.fromEntries([...response.headers].filter(([name]) => !ofConnection.includes(name)))
  expect(head.status).toBe(200)
  expect(headers(head)).toEqual(headers(whole))
  expect(await bodyOf(head)).toHaveLength(0)
})

test('HEAD heeds no range: only GET has ranges', async () => {
  const head = await fetch(here().url, { method: 'HEAD', headers: { range: 'bytes=0-9' } })
  expect(head.status).toBe(200)
  expect(head.headers.get('content-length')).toBe(`${here().bytes.length}`)
})

test.each([
  ['the first bytes', 'bytes=0-9', (size: number) => [0, 9, size]],
  ['one byte', 'bytes=5-5', () => [5, 5]],
  ['from a byte on', 'bytes=100-', (size: number) => [100, size - 1]],
  ['the last bytes', 'bytes=-10', (size: number) => [size - 10, size - 1]],
  ['more than there is', 'bytes=10-99999999999', (size: number) => [10, size - 1]],
  ['more of the end than there is', 'bytes=-99999999999', (size: number) => [0, size - 1]],
] as const)('a range of %s is answered with just that', async (_what, range, of) => {
  const { bytes, etag } = here()
  const [start = 0, end = 0] = of(bytes.length)
  const response = await get({ range })
  expect(response.status).toBe(206)
  expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/${bytes.length}`)
  expect(response.headers.get('content-length')).toBe(`${end - start + 1}`)
  expect(response.headers.get('etag')).toBe(etag)
  expect((await bodyOf(response)).equals(bytes.subarray(start, end + 1))).toBe(true)
})

test.each([
  ['beyond the end', 'bytes=99999999-'],
  ['of no bytes of the end', 'bytes=-0'],
])('a range %s is refused with the size there is', async (_what, range) => {
  const response = await get({ range })
  expect(response.status).toBe(416)
  expect(response.headers.get('content-range')).toBe(`bytes */${here().bytes.length}`)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('content-type')).toContain('application/json')
  expect(await response.json()).toMatchObject({
    errors: [{ message: expect.stringContaining('bytes') as string }],
  })
})

test.each([
  ['several ranges', 'bytes=0-1,5-6'],
  ['another unit', 'items=0-5'],
  ['no unit', '0-5'],
  ['words', 'bytes=abc'],
  ['an end before the start', 'bytes=9-5'],
  ['a dash alone', 'bytes=-'],
  ['nothing', 'bytes='],
  ['a number and more', 'bytes=0-5x'],
  ['a sign', 'bytes=+1-5'],
  ['two dashes', 'bytes=1-2-3'],
])('a range header of %s is answered with the whole', async (_what, range) => {
  const response = await get({ range })
  expect(response.status).toBe(200)
  expect((await bodyOf(response)).equals(here().bytes)).toBe(true)
})

test('a part is sent only to who has the rest of the same bytes', async () => {
  const range = 'bytes=0-9'
  expect((await get({ range, 'if-range': here().etag })).status).toBe(206)
  for (const other of ['"other"', `W/${here().etag}`, new Date(0).toUTCString()]) {
    expect((await get({ range, 'if-range': other })).status).toBe(200)
  }
})

test.each([
  ['the tag', (tag: string) => tag, 304],
  ['the tag, weakened by a proxy', (tag: string) => `W/${tag}`, 304],
  ['the tag among others', (tag: string) => `"a", ${tag}`, 304],
  ['any tag', () => '*', 304],
  ['another tag', () => '"other"', 200],
])('who has %s is told so without the bytes (%#)', async (_what, of, status) => {
  const response = await get({ 'if-none-match': of(here().etag) })
  expect(response.status).toBe(status)
  expect(response.headers.get('etag')).toBe(here().etag)
  expect(response.headers.get('cache-control')).toContain('immutable')
  if (status === 304) expect(await bodyOf(response)).toHaveLength(0)
})

test('what a client has goes before the range it asks for', async () => {
  expect((await get({ range: 'bytes=0-9', 'if-none-match': here().etag })).status).toBe(304)
})

test.each([
  ['thumbnail', 320],
  ['preview', 1280],
])(
  'the variant %s is a WebP of at most %d pixels a side, made once, with a tag of its own',
  async (variant, side) => {
    const { id, workspace, etag } = here()
    const url = `${api.url}/media/${id}/${variant}?workspace=${workspace.ctx.actor.workspaceId}`
    const [first, second] = await Promise.all([get({}, url), get({}, url)])
    const bytes = await bodyOf(first)
    const { format, width, height } = await sharp(bytes).metadata()
    expect(format).toBe('webp')
    expect(Math.max(width, height)).toBeLessThanOrEqual(side)
    expect((await bodyOf(second)).equals(bytes)).toBe(true)
    expect(first.headers.get('content-type')).toBe('image/webp')
    expect(first.headers.get('content-disposition')).toBe('inline; filename=picture.jpg.webp')
    expect(first.headers.get('etag')).not.toBe(etag)
    expect((await get({ 'if-none-match': first.headers.get('etag') ?? '' }, url)).status).toBe(304)
    expect((await get({ range: 'bytes=0-3' }, url)).status).toBe(206)
  },
)

test.each([
  ['picture.jpg', 'inline; filename=picture.jpg'],
  ['Ёлка 书 😀.jpg', `filename*=UTF-8''${encodeURIComponent('Ёлка 书 😀.jpg')}`],
  ['a "quoted"; name.jpg', String.raw`filename="a \"quoted\"; name.jpg"`],
  ['100%25.jpg', "filename*=UTF-8''100%2525.jpg"],
  ["l'été (1)*.jpg", "filename*=UTF-8''l%27%C3%A9t%C3%A9%20%281%29%2A.jpg"],
])('a file named %s is downloaded by that name', async (fileName, expected) => {
  const { url } = await upload(here().workspace, await photograph(), fileName)
  expect((await get({}, url)).headers.get('content-disposition')).toContain(expected)
  const attached = (await get({}, `${url}&download`)).headers.get('content-disposition')
  expect(attached).toMatch(/^attachment; /)
  expect(attached).toContain(expected.replace('inline; ', ''))
})

test('a name with line ends cannot add a header', async () => {
  const { url } = await upload(here().workspace, await photograph(), 'a\r\nset-cookie: b=c.jpg')
  const { headers } = await get({}, url)
  expect(headers.get('set-cookie')).toBeNull()
  expect(headers.get('content-disposition')).toBe('inline; filename="aset-cookie: b=c.jpg"')
})
