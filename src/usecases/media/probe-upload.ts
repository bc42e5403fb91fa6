import { Failure } from '../../domain/failure.ts'
import { isRecording, isVideo } from '../../domain/media-facts.ts'
import { maxBytesOf, mediaType, UnreadableFile } from '../../domain/media-types.ts'
import type { SlotPolicy } from '../../domain/slots.ts'
import { FileTooLarge } from '../../domain/upload-limits.ts'
import { probePicture } from '../../probes/image.ts'
import { isDocument, sniffType, typeOf } from '../../probes/sniff.ts'
import { probeVideo } from '../../probes/video.ts'
import type { ReceivedFile } from '../../storage/file-storage.ts'
import type { Ctx } from '../context.ts'

/** How many bytes to receive of a file that begins with `head`. Types that the slot does not take are refused later. */
export async function receiptLimit({ limits }: Ctx, { takes }: SlotPolicy, head: Uint8Array) {
  const sniffed = await sniffType(head)
  if (takes === 'any' && isDocument(sniffed)) return limits.documentBytes
  const type = mediaType(sniffed, takes)
  if (!(type instanceof Failure)) return maxBytesOf(type, limits)
  return takes === 'pictures' ? limits.imageBytes : limits.videoBytes
}

/** The type of a received file, as exactly as the slot needs it. */
async function typeFor({ takes }: SlotPolicy, { head, path }: ReceivedFile, fileName: string | undefined) {
  const sniffed = await sniffType(head)
  return takes === 'pictures' ? sniffed : typeOf({ path, sniffed, fileName })
}

const nothingSeen = {
  ...{ width: null, height: null, orientation: null, placeholder: null, dominantColor: null },
  ...{ durationMs: null, probeStatus: null },
}

/** The facts of a received file as its blob stores them, or why the slot does not take it. */
export async function probeUpload(
  ctx: Ctx,
  policy: SlotPolicy,
  received: ReceivedFile,
  fileName: string | undefined,
) {
  if (received.sizeBytes === 0) return new UnreadableFile('empty')
  const detected = await typeFor(policy, received, fileName)
  if (detected instanceof Failure) return detected
  const type = mediaType(detected, policy.takes, ctx.limits.documents)
  if (type instanceof Failure) return type
  const { mimeType, extension, form } = type
  const limitBytes = maxBytesOf(type, ctx.limits)
  if (received.sizeBytes > limitBytes) return new FileTooLarge(limitBytes)
  const file = { ...received, mimeType }
  if (form === 'picture') {
    const facts = await probePicture(file, ctx.limits)
    return facts instanceof Failure ? facts : { ...nothingSeen, mimeType, extension, ...facts }
  }
  const isPlayed = isVideo(type) || isRecording(type)
  const facts = isPlayed ? await probeVideo(file, { ...ctx.programs, timeLimitMs: ctx.limits.programMs }) : {}
  return { ...nothingSeen, mimeType, extension, ...facts }
}
