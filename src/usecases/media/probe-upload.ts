import { Failure } from '../../domain/failure.ts'
import { maxBytesOf, mediaType, UnreadableFile } from '../../domain/media-types.ts'
import type { SlotPolicy } from '../../domain/slots.ts'
import { FileTooLarge } from '../../domain/upload-limits.ts'
import { probePicture } from '../../probes/image.ts'
import { sniffType } from '../../probes/sniff.ts'
import { probeVideo } from '../../probes/video.ts'
import type { ReceivedFile } from '../../storage/file-storage.ts'
import type { Ctx } from '../context.ts'

/** How many bytes to receive of a file that begins with `head`. Types that the slot does not take are refused later. */
export async function receiptLimit({ limits }: Ctx, { takes }: SlotPolicy, head: Uint8Array) {
  const type = mediaType(await sniffType(head), takes)
  if (!(type instanceof Failure)) return maxBytesOf(type, limits)
  return takes === 'pictures' ? limits.imageBytes : limits.videoBytes
}

/** The facts of a received file as its blob stores them, or why the slot does not take it. */
export async function probeUpload(ctx: Ctx, { takes }: SlotPolicy, received: ReceivedFile) {
  if (received.sizeBytes === 0) return new UnreadableFile('empty')
  const type = mediaType(await sniffType(received.head), takes)
  if (type instanceof Failure) return type
  const { mimeType, extension, isVideo } = type
  const limitBytes = maxBytesOf(type, ctx.limits)
  if (received.sizeBytes > limitBytes) return new FileTooLarge(limitBytes)
  const file = { ...received, mimeType }
  if (isVideo) {
    const facts = await probeVideo(file, { ...ctx.programs, timeLimitMs: ctx.limits.programMs })
    return { mimeType, extension, orientation: null, placeholder: null, dominantColor: null, ...facts }
  }
  const facts = await probePicture(file, ctx.limits)
  return facts instanceof Failure
    ? facts
    : { mimeType, extension, durationMs: null, probeStatus: null, ...facts }
}
