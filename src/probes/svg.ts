import { largestSide } from '../domain/thumbnails.ts'
import { drawApart } from './draw-apart.ts'
import { FileBytes } from './structure/file-bytes.ts'
import { sizedRoot } from './svg-root.ts'
import { wideEncoding } from './xml-text.ts'

/** The root element of an SVG is in this many bytes. */
const headBytes = 64 * 1024

/** Draws an SVG as large as the largest recipe, whatever size it declares. Throws the errors of sharp. */
export async function drawSvg(path: string, { programMs }: { readonly programMs: number }) {
  const head = await FileBytes.of(path, async (file) => Buffer.from(await file.read(0, headBytes)))
  const encoding = wideEncoding(head)
  const picture = { path, side: largestSide, vectors: true, encoding }
  const limits = { milliseconds: programMs, decoderBytes: 0 }
  try {
    return await drawApart(picture, limits)
  } catch (error) {
    if (!(error instanceof Error && /bad dimensions|zero-sized/.test(error.message))) throw error
    const text = encoding ? new TextDecoder(encoding).decode(head) : head.toString('latin1')
    const replace = sizedRoot(text, largestSide)
    if (replace === null) throw error
    return await drawApart({ ...picture, replace }, limits)
  }
}
