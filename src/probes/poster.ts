import { NoPicture, largestSide } from '../domain/thumbnails.ts'
import { decodeFrame, type DecodedPicture } from './image.ts'
import { programMs, runProgram } from './programs.ts'
import { inTurn } from './turns.ts'
import { openOnly, videoColours, type VideoFile } from './video.ts'

interface PosterOptions {
  /** The absolute path of ffmpeg; null if it is not installed. */
  readonly ffmpeg: string | null
  /** The same of ffprobe, which knows the colours. */
  readonly ffprobe: string | null
  /** Null if it is unknown. */
  readonly durationMs: number | null
  readonly timeLimitMs?: number
}

const memoryBytes = 2 * 1024 ** 3
const outputBytes = 32 * 1024 * 1024

/** Many videos begin in black. Seeking further costs more in videos with few keyframes. */
const latestMs = 5_000

/** Makes pixels square and limits the frame to the size of the largest recipe. */
const scale = [
  "scale=w='max(1,trunc(iw*sar))':h=ih",
  'setsar=1',
  `scale=w='min(iw,${largestSide})':h='min(ih,${largestSide})':force_original_aspect_ratio=decrease`,
].join(',')

/**
 * A representative frame of a video: at a tenth of its duration, but at most some seconds in; if there is none, the
 * first frame. The cover art of a recording.
 */
export async function takePoster(
  file: VideoFile,
  options: PosterOptions,
): Promise<DecodedPicture | NoPicture> {
  const { ffmpeg, durationMs, timeLimitMs = programMs } = options
  if (ffmpeg === null) return new NoPicture('no program')
  const limits = { milliseconds: timeLimitMs, memoryBytes, outputBytes }
  const isRecording = file.mimeType.startsWith('audio/')
  const atMs = isRecording ? 0 : Math.min((durationMs ?? 0) / 10, latestMs)
  for (const startMs of atMs > 0 ? [atMs, 0] : [0]) {
    const seek = startMs > 0 ? ['-ss', (startMs / 1000).toFixed(3)] : []
    const opened = ['-nostdin', '-v', 'quiet', '-threads', '1', ...seek, ...openOnly(file)]
    const args = [...opened, '-map', isRecording ? '0:v:0' : '0:V:0', ...oneFrame]
    const run = await inTurn(() => runProgram(ffmpeg, args, limits))
    if (run.outcome === 'UNAVAILABLE') return new NoPicture('no program')
    if (run.outcome === 'TIMED_OUT') return NoPicture.after(timeLimitMs)
    if (run.outcome === 'ENDED' && run.output.length > 0) {
      return decodeFrame(run.output, await videoColours(file, options))
    }
  }
  return new NoPicture('no frame')
}

const oneFrame = [
  ...['-frames:v', '1', '-vf', scale, '-threads', '1'],
  ...['-f', 'image2pipe', '-c:v', 'png', 'pipe:1'],
]
