import { createRequire } from 'node:module'
import { z } from 'zod'
import { runProgram } from './programs.ts'
import { inTurn } from './turns.ts'

/** A rendered SVG. */
interface Drawing {
  /** The size that the SVG declares. */
  readonly width: number
  readonly height: number
  readonly png: Buffer
}

// Node reserves far more address space than it uses.
const memoryBytes = 8 * 1024 ** 3
const outputBytes = 64 * 1024 ** 2

/**
 * The script reads the file and passes on bytes, because with a file name libvips would let the SVG reach the files
 * beside it.
 */
const script = `
const [sharpPath, path, maxSide, maxPixels] = process.argv.slice(1)
const sharp = require(sharpPath)
sharp.concurrency(1)
const print = (facts, png = '') => process.stdout.write(Buffer.concat([Buffer.from(JSON.stringify(facts) + '\\n'), Buffer.from(png)]))
const draw = async () => {
  const image = sharp(require('node:fs').readFileSync(path), { failOn: 'error', limitInputPixels: Number(maxPixels) })
  const { width, height } = await image.metadata()
  const inside = { fit: 'inside', withoutEnlargement: true }
  const png = await image.resize(Number(maxSide), Number(maxSide), inside).png({ compressionLevel: 1 }).toBuffer()
  print({ width, height }, png)
}
draw().catch(({ message }) => print({ error: message }))
`

const answer = z.union([z.object({ width: z.number(), height: z.number() }), z.object({ error: z.string() })])

/**
 * Renders an SVG in a separate process that can be killed: a few lines of SVG can cause days of work, and nothing stops
 * the thread that does it. Throws the errors of sharp.
 */
export async function drawSvg(
  path: string,
  maxSide: number,
  maxPixels: number,
  timeLimitMs: number,
): Promise<Drawing> {
  const sharpPath = createRequire(import.meta.url).resolve('sharp')
  const args = ['-e', script, sharpPath, path, String(maxSide), String(maxPixels)]
  const limits = { milliseconds: timeLimitMs, memoryBytes, outputBytes }
  const run = await inTurn(() => runProgram(process.execPath, args, limits))
  if (run.outcome === 'UNAVAILABLE')
    throw Object.assign(new Error('Node could not be started.'), { code: 'ENOENT' })
  if (run.outcome === 'TIMED_OUT') throw new Error('timeout')
  if (run.outcome !== 'ENDED' || run.output.length === 0) throw new Error('The SVG could not be rendered.')
  const end = run.output.indexOf('\n')
  const facts = answer.parse(JSON.parse(run.output.subarray(0, end).toString()))
  if ('error' in facts) throw new Error(facts.error)
  return { ...facts, png: run.output.subarray(end + 1) }
}
