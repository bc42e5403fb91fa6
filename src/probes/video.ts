import { z } from 'zod'
import { type Colours, needsConversion } from '../domain/colours.ts'
import { documentTypes } from '../domain/document-types.ts'
import { programMs, type Run, runProgram } from './programs.ts'
import { isIncomplete } from './structure/structure.ts'
import { inTurn } from './turns.ts'

/** The outcome of reading a video or recording; the values are those of the column `probe_status`. */
type ProbeStatus = 'READ' | 'NO_DURATION' | 'INCOMPLETE' | 'UNREADABLE' | 'TIMED_OUT' | 'UNAVAILABLE'

interface VideoFacts {
  /**
   * The display size, after applying rotation and pixel aspect ratio. Null if unknown, or if the file has sound only.
   */
  readonly width: number | null
  readonly height: number | null
  /** Above 0. Null if it cannot be determined. */
  readonly durationMs: number | null
  readonly probeStatus: ProbeStatus
}

export interface VideoFile {
  readonly path: string
  /** Detected from the bytes. */
  readonly mimeType: string
  readonly sizeBytes: number
}

interface ProbeOptions {
  /** The absolute path of ffprobe; null if it is not installed. */
  readonly ffprobe: string | null
  readonly timeLimitMs?: number
}

const memoryBytes = 1024 ** 3
const outputBytes = 256 * 1024

/** The largest number that the columns can hold. */
const maxInteger = 2 ** 31 - 1

/** The demuxer of each type that is not MP4 or QuickTime. */
const demuxers: Readonly<Record<string, string>> = {
  'video/webm': 'matroska',
  'video/matroska': 'matroska',
  [documentTypes.mp3]: 'mp3',
  [documentTypes.ogg]: 'ogg',
  [documentTypes.wav]: 'wav',
  [documentTypes.flac]: 'flac',
}

/**
 * The arguments with which ffprobe and ffmpeg open a video or recording: only as its detected type, so that a disguised playlist
 * does nothing, and only that one file. A path instead of a pipe, because the index of an MP4 can be at its end.
 */
export function openOnly({ path, mimeType }: VideoFile): string[] {
  const demuxer = demuxers[mimeType]
  const format = demuxer === undefined ? ['-f', 'mov', '-enable_drefs', '0'] : ['-f', demuxer]
  return ['-protocol_whitelist', 'file', ...format, '-i', `file:${path}`]
}

/** Asks about the first stream of a kind. `V`: a real video stream, not the cover of an album. `a`: one of sound. */
const asking = (kind: 'V' | 'a', entries: string) => [
  ...['-v', 'quiet', '-threads', '1', '-print_format', 'json'],
  ...['-select_streams', kind, '-show_entries', entries],
]
const ofVideo = asking(
  'V',
  'stream=width,height,sample_aspect_ratio,duration:stream_tags=rotate:stream_side_data=rotation:format=duration',
)
const ofRecording = asking('a', 'stream=duration:format=duration')

/**
 * Reads the size and duration of a video, or the duration of a recording. Never throws because of the file: values that cannot be determined are null,
 * and the status says why.
 */
export async function probeVideo(file: VideoFile, options: ProbeOptions): Promise<VideoFacts> {
  const { ffprobe, timeLimitMs = programMs } = options
  if (ffprobe === null) return unread('UNAVAILABLE')
  const limits = { milliseconds: timeLimitMs, memoryBytes, outputBytes }
  const isRecording = file.mimeType.startsWith('audio/')
  const asked = [...(isRecording ? ofRecording : ofVideo), ...openOnly(file)]
  const facts = factsOf(await inTurn(() => runProgram(ffprobe, asked, limits)), isRecording)
  const { probeStatus } = facts
  const wasRead = probeStatus === 'READ' || probeStatus === 'NO_DURATION'
  return wasRead && (await isIncomplete(file.path, file.mimeType))
    ? { ...facts, probeStatus: 'INCOMPLETE' }
    : facts
}

/** The names that ffprobe has for the code points that need a conversion. */
const primaries: Readonly<Record<string, number>> = { bt2020: 9, smpte431: 11, smpte432: 12 }
const transfers: Readonly<Record<string, number>> = { linear: 8, smpte2084: 16, 'arib-std-b67': 18 }
const colourAnswer = z.object({
  streams: z.tuple([
    z.object({ color_primaries: z.string().optional(), color_transfer: z.string().optional() }),
  ]),
})

/** The colours of a video, if they need a conversion to sRGB. Null also if they cannot be determined. */
export async function videoColours(file: VideoFile, options: ProbeOptions): Promise<Colours | null> {
  const { ffprobe, timeLimitMs = programMs } = options
  if (ffprobe === null) return null
  const limits = { milliseconds: timeLimitMs, memoryBytes, outputBytes }
  const asked = [...asking('V', 'stream=color_primaries,color_transfer'), ...openOnly(file)]
  const run = await inTurn(() => runProgram(ffprobe, asked, limits))
  const parsed = colourAnswer.safeParse(run.outcome === 'ENDED' ? parse(run.output) : undefined)
  if (!parsed.success) return null
  const [stream] = parsed.data.streams
  const colours = {
    primaries: primaries[stream.color_primaries ?? ''] ?? 1,
    transfer: transfers[stream.color_transfer ?? ''] ?? 1,
  }
  return needsConversion(colours) ? colours : null
}

const unread = (probeStatus: ProbeStatus): VideoFacts => ({
  width: null,
  height: null,
  durationMs: null,
  probeStatus,
})

const answer = z.object({
  streams: z.array(
    z.object({
      width: z.number().optional(),
      height: z.number().optional(),
      sample_aspect_ratio: z.string().optional(),
      duration: z.string().optional(),
      tags: z.object({ rotate: z.string().optional() }).optional(),
      side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
    }),
  ),
  format: z.object({ duration: z.string().optional() }),
})

type Stream = z.infer<typeof answer>['streams'][number]

function factsOf(run: Run, isRecording: boolean): VideoFacts {
  if (run.outcome === 'UNAVAILABLE' || run.outcome === 'TIMED_OUT') return unread(run.outcome)
  if (run.outcome !== 'ENDED') return unread('UNREADABLE')
  const parsed = answer.safeParse(parse(run.output))
  if (!parsed.success) return unread('UNREADABLE')
  const { streams, format } = parsed.data
  const [stream] = streams
  if (isRecording && !stream) return unread('UNREADABLE')
  const durationMs = milliseconds(format.duration) ?? milliseconds(stream?.duration)
  const probeStatus = durationMs === null ? 'NO_DURATION' : 'READ'
  return { ...(stream ? sizeOf(stream) : { width: null, height: null }), durationMs, probeStatus }
}

function parse(output: Buffer): unknown {
  try {
    return JSON.parse(output.toString())
  } catch {
    return undefined
  }
}

function milliseconds(seconds: string | undefined): number | null {
  const rounded = Math.round(Number(seconds) * 1000)
  return rounded > 0 && rounded <= maxInteger ? rounded : null
}

/** The display size: pixels can be wider than high, and upright videos of telephones contain a rotation. */
function sizeOf({ width = 0, height = 0, sample_aspect_ratio: ratio, tags, side_data_list: sides }: Stream) {
  const [wide = 1, high = 1] = ratio?.split(':').map(Number) ?? []
  const square = wide > 0 && high > 0 ? Math.round((width * wide) / high) : width
  const size = [square, height]
  const turn = sides?.find(({ rotation }) => rotation !== undefined)?.rotation ?? Number(tags?.rotate ?? 0)
  if (Math.abs(turn) % 180 === 90) size.reverse()
  const fits = size.every((side) => side > 0 && side <= maxInteger)
  return fits ? { width: size[0] ?? null, height: size[1] ?? null } : { width: null, height: null }
}
