import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { NoPicture } from '../../src/domain/thumbnails.ts'
import { drawFirstPage } from '../../src/probes/pdf.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { pdfOf } from '../support/media/documents.ts'
import { programs } from '../support/programs.ts'

removeTemporaryFolders()
const withPoppler = test.skipIf(programs.pdftoppm === null)

async function drawn(bytes: Buffer, options: Partial<Parameters<typeof drawFirstPage>[1]> = {}) {
  const path = join(await temporaryFolder(), 'document')
  await writeFile(path, bytes)
  return drawFirstPage(path, { ...programs, ...options })
}

withPoppler.each([
  ['of a page', {}, 904, 1280],
  ['of a page on its side', { width: 842, height: 595 }, 1280, 904],
  ['of a page of 5 metres', { width: 14_400, height: 14_400 }, 1280, 1280],
  ['of a page of 350 kilometres', { width: 1e9, height: 1e9 }, 1280, 1280],
  ['of a page that is thinner than a pixel', { width: 14_400, height: 1 }, 1280, 1],
  ['of 10,000 pages', { pages: 10_000 }, 904, 1280],
] as const)('a picture %s fits the largest thumbnail', async (_case, pdf, width, height) => {
  const picture = await drawn(pdfOf(pdf))
  if (picture instanceof NoPicture) throw new Error(picture.message)
  expect(Math.abs(picture.width - width)).toBeLessThanOrEqual(1)
  expect(picture.height).toBeCloseTo(height, -0.5)
  const { pixels, channels } = picture
  const { dominant } = await sharp(pixels, {
    raw: { width: picture.width, height: picture.height, channels },
  })
    .extract({ left: 0, top: picture.height - 1, width: 1, height: 1 })
    .stats()
  expect(dominant.r).toBeGreaterThan(200)
})

withPoppler('a PDF that is damaged, cut off or encrypted has no picture', async () => {
  const pages = pdfOf()
  const encrypted = pdfOf({
    trailer: `/ID [<00><00>] /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4
      /O <${'11'.repeat(32)}> /U <${'22'.repeat(32)}> >>`,
  })
  for (const bytes of [pages.subarray(0, 60), Buffer.from('%PDF-1.7\n'), encrypted])
    expect(await drawn(bytes)).toMatchObject({ why: 'no frame' })
})

const largeImage = '/W 100000 /H 100000 /CS /RGB /BPC 8'

withPoppler.each([
  ['a drawing of 400,000 steps', 'q 0 0 595 842 re f 0 0 m 595 842 l S Q\n'.repeat(400_000)],
  ['a picture of 10 gigapixels', `q 595 0 0 842 0 0 cm BI ${largeImage} ID x EI Q`],
])('a PDF with %s is given up in time', async (_case, content) => {
  const started = performance.now()
  expect(await drawn(pdfOf({ content }), { timeLimitMs: 500 })).toMatchObject({
    why: 'slow',
    message: expect.stringContaining('more than 0.5 seconds') as string,
  })
  expect(performance.now() - started).toBeLessThan(5_000)
})

test.each([null, '/no/such/pdftoppm'])('without the program (%s) there is no picture', async (pdftoppm) => {
  expect(await drawn(pdfOf(), { pdftoppm })).toMatchObject({ why: 'no program' })
})
