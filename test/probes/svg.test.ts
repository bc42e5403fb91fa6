import { expect, test } from 'vitest'
import { removeTemporaryFolders } from '../support/builders.ts'
import { defaultLimits, probed, seen } from '../support/media/probed.ts'

removeTemporaryFolders()

const red = '<rect width="100%" height="100%" fill="#cc0000"/>'
const svg = (attributes: string, inner = red) =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${inner}</svg>`)

test.each([
  ['an icon', 'width="24" height="24" viewBox="0 0 24 24"', 24, 24, 1280, 1280],
  ['a poster of 139 megapixels', 'width="9933" height="14043"', 9933, 14_043, 905, 1280],
  ['a plan of 2,500 megapixels', 'width="50000" height="50000"', 50_000, 50_000, 1280, 1280],
  ['one without a unit', 'viewBox="0 0 120 80"', 120, 80, 1280, 853],
  ['one as wide as its page', 'width="100%" height="100%" viewBox="0 0 24 12"', 24, 12, 1280, 640],
  // These have no size in pixels that means anything: that of the drawing is taken.
  ['a unit square', 'viewBox="0 0 0.6 0.4"', 1280, 853, 1280, 853],
  ['a speck', "width='0.09mm' height='0.06mm'", 1280, 853, 1280, 853],
  ['a galaxy', 'width="1e12" height="5e11"', 1280, 640, 1280, 640],
])(
  '%s (%s) is drawn as large as the largest recipe',
  async (_case, attributes, width, height, wide, high) => {
    expect(await probed(svg(attributes))).toMatchObject({ width, height, dominantColor: '#cc0000' })
    const picture = await seen(svg(attributes))
    expect([picture.width, picture.height]).toEqual([wide, high])
    expect(picture.at(Math.floor(wide / 2), Math.floor(high / 2))).toEqual([204, 0, 0])
  },
)

test('the edges of an icon are as sharp as those of a large drawing', async () => {
  const half = '<rect width="12" height="24" fill="#cc0000"/>'
  const { at } = await seen(
    svg('width="24" height="24"', half + '<rect x="12" width="12" height="24" fill="#fff"/>'),
  )
  expect([at(638, 600), at(641, 600)]).toEqual([
    [204, 0, 0],
    [255, 255, 255],
  ])
})

test.each<[string, Buffer]>([
  [
    'a comment that resembles its root',
    Buffer.concat([Buffer.from('<!-- <svg width="0"> -->'), svg('viewBox="0 0 .6 .4"')]),
  ],
  ['a value with a bracket', svg('data-note="a > b" viewBox="0 0 .6 .4"')],
  [
    'UTF-16',
    Buffer.from(
      `\ufeff<?xml version="1.0" encoding="UTF-16"?>${svg('viewBox="0 0 .6 .4"').toString()}`,
      'utf16le',
    ),
  ],
  [
    'a prefix',
    Buffer.from(
      `<svg:svg xmlns:svg="http://www.w3.org/2000/svg" viewBox="0 0 .6 .4"><svg:rect width="1" height="1" fill="#cc0000"/></svg:svg>`,
    ),
  ],
])('a small SVG with %s is drawn, too', async (_case, bytes) => {
  expect(await probed(bytes)).toMatchObject({ width: 1280, height: 853, dominantColor: '#cc0000' })
})

const wide = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')

test('an SVG in UTF-16 shows its letters and shapes', async () => {
  const text = `<?xml version="1.0" encoding="UTF-16"?>${svg('width="60" height="40"', `<title>Größe</title>${red}`).toString()}`
  for (const bytes of [wide(text), wide(text).swap16()])
    expect(await probed(bytes)).toMatchObject({ width: 60, height: 40, dominantColor: '#cc0000' })
})

const entities = Array.from({ length: 12 }, (_, index) => {
  const inner = index === 0 ? 'lol' : `&e${index - 1};`.repeat(10)
  return `<!ENTITY e${index} "${inner}">`
})

test.each<[string, Buffer, string, RegExp]>([
  [
    '257 elements in each other',
    svg('width="9" height="9"', '<g>'.repeat(257) + '</g>'.repeat(257)),
    'TOO_COMPLEX',
    /256 elements/,
  ],
  [
    'more than a million elements',
    svg('width="9" height="9"', '<g/>'.repeat(1_000_001)),
    'TOO_COMPLEX',
    /1,000,000 elements/,
  ],
  [
    'a value of more than 10 MB',
    svg('width="9" height="9"', `<path d="${'M0 0'.repeat(2_600_000)}"/>`),
    'TOO_COMPLEX',
    /10,000,000 bytes/,
  ],
  [
    'entities that would fill the memory',
    Buffer.from(`<!DOCTYPE svg [${entities.join('')}]>${svg('', '<text>&e11;</text>').toString()}`),
    'TOO_COMPLEX',
    /entities/,
  ],
  ['no size', svg('width="0" height="0"'), 'DAMAGED', /no width or no height/],
  ['no height', svg('viewBox="0 0 5 0"'), 'DAMAGED', /no width or no height/],
  ['no end', svg('width="9" height="9"').subarray(0, -3), 'DAMAGED', /damaged/],
])('an SVG with %s is refused for what it is', async (_case, bytes, reason, message) => {
  expect(await probed(bytes)).toMatchObject({
    unreadableReason: reason,
    message: expect.stringMatching(message) as string,
  })
})

test('an SVG that takes too long says how long it may take', async () => {
  const steps = '<feTurbulence numOctaves="99"/><feGaussianBlur stdDeviation="500"/>'.repeat(60_000)
  const slow = svg(
    'width="60" height="40"',
    `<filter id="f">${steps}</filter><rect width="60" height="40" filter="url(#f)"/>`,
  )
  expect(await probed(slow, { ...defaultLimits, programMs: 2_000 })).toMatchObject({
    unreadableReason: 'TOO_SLOW',
    message: expect.stringContaining('more than 2 seconds') as string,
  })
})
