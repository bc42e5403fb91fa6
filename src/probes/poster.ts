import { NoPicture, largestSide } from '../domain/thumbnails.ts'
import { decodeFrame, type DecodedPicture } from './image.ts'
import { programMs, runProgram } from './programs.ts'
import { inTurn } from './turns.ts'
import { openOnly, type VideoFile } from './video.ts'

export interface PosterOptions {
  /** The absolute path of ffmpeg; null when there is none. */
  readonly ffmpeg: string | null
  /** Null when it is unknown. */
  readonly durationMs: number | null
  readonly timeLimitMs?: number
}

const memoryBytes = 2 * 1024 ** 3
const outputBytes = 32 * 1024 * 1024

/** Many videos begin in black. Further in costs more where a video has few places to jump to. */
const latestMs = 5_000

/** Pixels as wide as high, and no more of them than the largest recipe needs. */
const scale = [
  "scale=w='max(1,trunc(iw*sar))':h=ih",
  'setsar=1',
  `scale=w='min(iw,${largestSide})':h='min(ih,${largestSide})':force_original_aspect_ratio=decrease`,
].join(',')

/** A frame that stands for a video: from a tenth of its length on, at most some seconds in, else the first there is. */
export async function takePoster(
  file: VideoFile,
  options: PosterOptions,
): Promise<DecodedPicture | NoPicture> {
  const { ffmpeg, durationMs, timeLimitMs = programMs } = options
  if (ffmpeg === null) return new NoPicture('no program')
  const limits = { milliseconds: timeLimitMs, memoryBytes, outputBytes }
  const atMs = Math.min((durationMs ?? 0) / 10, latestMs)
  for (const startMs of atMs > 0 ? [atMs, 0] : [0]) {
    const seek = startMs > 0 ? ['-ss', (startMs / 1000).toFixed(3)] : []
    const args = ['-nostdin', '-v', 'quiet', '-threads', '1', ...seek, ...openOnly(file), ...oneFrame]
    const run = await inTurn(() => runProgram(ffmpeg, args, limits))
    if (run.outcome === 'UNAVAILABLE') return new NoPicture('no program')
    if (run.outcome === 'TIMED_OUT') return new NoPicture('slow')
    if (run.outcome === 'ENDED' && run.output.length > 0) return decodeFrame(run.output)
  }
  return new NoPicture('no frame')
}

const oneFrame = [
  ...['-map', '0:V:0', '-frames:v', '1', '-vf', scale, '-threads', '1'],
  ...['-f', 'image2pipe', '-c:v', 'png', 'pipe:1'],
]
