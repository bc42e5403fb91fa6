import { largestSide, NoPicture } from '../domain/thumbnails.ts'
import { decodeFrame, type DecodedPicture } from './image.ts'
import { programMs, runProgram } from './programs.ts'
import { inTurn } from './turns.ts'

interface DrawOptions {
  /** The absolute path of pdftoppm; null if it is not installed. */
  readonly pdftoppm: string | null
  readonly timeLimitMs?: number
}

const memoryBytes = 1024 ** 3
const outputBytes = 32 * 1024 * 1024

/** The first page as viewers show it, fitted into the largest recipe whatever size it declares. */
const firstPage = [
  ...['-q', '-png', '-singlefile', '-f', '1', '-l', '1'],
  ...['-cropbox', '-scale-to', String(largestSide)],
]

/** Draws the first page of a PDF, or says why there is no picture of it. */
export async function drawFirstPage(
  path: string,
  { pdftoppm, timeLimitMs = programMs }: DrawOptions,
): Promise<DecodedPicture | NoPicture> {
  if (pdftoppm === null) return new NoPicture('no program')
  const limits = { milliseconds: timeLimitMs, memoryBytes, outputBytes }
  const run = await inTurn(() => runProgram(pdftoppm, [...firstPage, path], limits))
  if (run.outcome === 'UNAVAILABLE') return new NoPicture('no program')
  if (run.outcome === 'TIMED_OUT') return NoPicture.after(timeLimitMs)
  return run.outcome === 'ENDED' && run.output.length > 0
    ? decodeFrame(run.output, null)
    : new NoPicture('no frame')
}
