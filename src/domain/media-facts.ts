import { documentTypes } from './document-types.ts'
import { hasSoundOnly } from './thumbnails.ts'

/** What reading a file found, as its blob stores it. */
interface StoredFacts {
  readonly mimeType: string
  readonly width: number | null
  readonly height: number | null
  readonly placeholder: string | null
  readonly dominantColor: string | null
  readonly probeStatus: string | null
}

export const isVideo = ({ mimeType }: Pick<StoredFacts, 'mimeType'>) => mimeType.startsWith('video/')
export const isPicture = ({ mimeType }: Pick<StoredFacts, 'mimeType'>) => mimeType.startsWith('image/')
export const isRecording = ({ mimeType }: Pick<StoredFacts, 'mimeType'>) => mimeType.startsWith('audio/')
export const isPdf = ({ mimeType }: Pick<StoredFacts, 'mimeType'>) => mimeType === documentTypes.pdf

/** The statuses of videos and recordings that nothing has read yet: the column or the program was missing, or the program was slow. */
const unreadStatuses: readonly (string | null)[] = [null, 'UNAVAILABLE', 'TIMED_OUT']

/** Whether reading the original may give what its blob lacks. Videos and recordings need `ffprobe`. */
export function isUnread(blob: StoredFacts, { ffprobe }: { readonly ffprobe: string | null }): boolean {
  // A picture in which nothing is visible has no dominant colour: it is read once more than needed.
  if (isPicture(blob))
    return [blob.width, blob.height, blob.placeholder, blob.dominantColor].some((fact) => fact === null)
  return (isVideo(blob) || isRecording(blob)) && ffprobe !== null && unreadStatuses.includes(blob.probeStatus)
}

/** Whether a frame of the video, or the first page of the PDF, may give the thumbnails that it lacks. */
export function lacksPoster(
  blob: StoredFacts,
  { ffmpeg, pdftoppm }: Readonly<Record<'ffmpeg' | 'pdftoppm', string | null>>,
): boolean {
  if (blob.placeholder !== null) return false
  return isPdf(blob) ? pdftoppm !== null : isVideo(blob) && ffmpeg !== null && !hasSoundOnly(blob)
}

/** Whether a new reading of a video or recording says less than the earlier one, because the program was missing, slow or failed. */
export const saysLess = (before: string | null, after: string) =>
  (before === 'READ' || before === 'NO_DURATION') && after !== 'READ' && after !== 'NO_DURATION'
