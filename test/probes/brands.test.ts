import sharp from 'sharp'
import { expect, test } from 'vitest'
import { removeTemporaryFolders } from '../support/builders.ts'
import { defaultLimits, pictureFile, probed, seen } from '../support/media/probed.ts'

removeTemporaryFolders()

/** An AVIF whose major brand is another; that of all AVIFs stays among the compatible ones. */
async function avifOf(brand: string) {
  const bytes = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#cc0000' } })
    .avif({ effort: 0 })
    .toBuffer()
  bytes.write(brand, 8, 'latin1')
  return bytes
}

test.each(['avif', 'mif1', 'miaf', 'msf1', 'isom'])('an AVIF of the brand %s is decoded', async (brand) => {
  const bytes = await avifOf(brand)
  expect((await pictureFile(bytes)).mimeType).toBe('image/avif')
  expect(await probed(bytes)).toMatchObject({ width: 300, height: 200 })
  const [red = 0, green = 0, blue = 0] = (await seen(bytes)).at(150, 100)
  expect([Math.abs(red - 204) < 4, green < 4, blue < 4]).toEqual([true, true, true])
})

test.each([
  [{ imagePixels: 59_999 }, 59_999, 'more than'],
  [{ decoderBytes: 59_999 * 20 }, 59_999, 'too much memory'],
])('an AVIF of another brand has the same limits: %j', async (limits, limit, words) => {
  expect(await probed(await avifOf('miaf'), { ...defaultLimits, ...limits })).toMatchObject({
    __typename: 'TooManyPixels',
    limit,
    message: expect.stringContaining(words) as string,
  })
})
