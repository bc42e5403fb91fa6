import { createRequire } from 'node:module'
import { z } from 'zod'
import { runProgram } from './programs.ts'
import { inTurn } from './turns.ts'

/** A picture that another process has drawn: upright, in a PNG. */
export interface Drawing {
  /** The size that the picture declares, upright. */
  readonly width: number
  readonly height: number
  readonly orientation: number | null
  readonly png: Buffer
}

/** A picture for another process to draw. */
export interface ToDraw {
  readonly path: string
  /** The side of the square to fit it in. */
  readonly side: number
  /** Vectors are drawn as large as that; others are not enlarged. */
  readonly vectors: boolean
  readonly maxPixels?: number
  /** Whether to keep the numbers of its colours, at full depth. */
  readonly coded?: boolean
  /** The major brand to decode it by, instead of its own. */
  readonly brand?: string
  /** The encoding of a text that the decoder does not know. */
  readonly encoding?: string | undefined
  /** A part of a text, to replace with another. */
  readonly replace?: { readonly part: string; readonly by: string }
}

interface DrawLimits {
  readonly milliseconds: number
  /** The memory for the decoder, beside that of the process. */
  readonly decoderBytes: number
}

// Node reserves far more address space than it uses.
const nodeBytes = 8 * 1024 ** 3
const outputBytes = 64 * 1024 ** 2

/**
 * The script passes on the bytes of an SVG, because with a file name libvips would let the SVG reach the files beside
 * it. All texts are handled as Latin-1, which keeps every byte.
 */
const script = `
const [sharpPath, asked] = process.argv.slice(1)
const { path, side, vectors, maxPixels, coded = false, brand, encoding, replace } = JSON.parse(asked)
const sharp = require(sharpPath)
sharp.cache(false)
sharp.concurrency(1)
const print = (facts, png = '') => process.stdout.write(Buffer.concat([Buffer.from(JSON.stringify(facts) + '\\n'), Buffer.from(png)]))
const read = () => {
  let bytes = require('node:fs').readFileSync(path)
  if (brand) bytes.write(brand, 8, 'latin1')
  if (encoding) bytes = Buffer.from(new TextDecoder(encoding).decode(bytes).replace(/^<\\?xml[^>]*\\?>/, ''))
  if (replace) bytes = Buffer.from(bytes.toString('latin1').replace(replace.part, () => replace.by), 'latin1')
  return bytes
}
const draw = async () => {
  const options = { failOn: 'error', limitInputPixels: maxPixels ?? false, sequentialRead: true, ignoreIcc: coded }
  const image = sharp(vectors || brand ? read() : path, options)
  const { autoOrient, orientation = null } = await image.metadata()
  const inside = { fit: 'inside', withoutEnlargement: !vectors }
  const drawn = image.autoOrient().resize(side, side, inside).toColourspace(coded ? 'rgb16' : 'srgb')
  print({ ...autoOrient, orientation }, await drawn.png({ compressionLevel: 1 }).toBuffer())
}
draw().catch(({ message }) => print({ error: message }))
`

const answer = z.union([
  z.object({ width: z.number(), height: z.number(), orientation: z.number().nullable() }),
  z.object({ error: z.string() }),
])

/**
 * Draws a picture in a separate process, which has the memory for it and can be killed: a few lines of SVG can cause
 * days of work, and nothing stops the thread that does it. Throws the errors of sharp.
 */
export async function drawApart(picture: ToDraw, limits: DrawLimits): Promise<Drawing> {
  const sharpPath = createRequire(import.meta.url).resolve('sharp')
  const args = ['-e', script, sharpPath, JSON.stringify(picture)]
  const { milliseconds, decoderBytes } = limits
  const memoryBytes = nodeBytes + decoderBytes
  const run = await inTurn(() =>
    runProgram(process.execPath, args, { milliseconds, memoryBytes, outputBytes }),
  )
  if (run.outcome === 'UNAVAILABLE')
    throw Object.assign(new Error('Node could not be started.'), { code: 'ENOENT' })
  if (run.outcome === 'TIMED_OUT') throw new Error('timeout')
  if (run.outcome !== 'ENDED' || run.output.length === 0) throw new Error('The decoder was killed.')
  const end = run.output.indexOf('\n')
  const facts = answer.parse(JSON.parse(run.output.subarray(0, end).toString()))
  if ('error' in facts) throw new Error(facts.error)
  return { ...facts, png: run.output.subarray(end + 1) }
}
