import { Failure } from './failure.ts'

/** The supported picture types, by the MIME type detected from the bytes, with the extension for storage keys. */
const pictureExtensions: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/gif': 'gif',
  'image/svg+xml': 'svg',
}

/** The same for videos. */
const videoExtensions: Readonly<Record<string, string>> = {
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'video/quicktime': 'mov',
}

/** The MIME types that a slot accepts, by the kind of files it takes. */
export const supportedTypes = {
  pictures: Object.keys(pictureExtensions),
  videos: Object.keys(videoExtensions),
  both: [...Object.keys(pictureExtensions), ...Object.keys(videoExtensions)],
} as const satisfies Record<string, readonly string[]>

type TakenTypes = keyof typeof supportedTypes

export class UnsupportedFileType extends Failure {
  readonly __typename = 'UnsupportedFileType'
  readonly message: string
  readonly detectedType: string | null
  readonly supportedTypes: string[]

  constructor(detectedType: string | null, taken: TakenTypes) {
    super()
    this.detectedType = detectedType
    this.supportedTypes = [...supportedTypes[taken]]
    const found = detectedType ? `This file is ${detectedType}` : 'This file is of an unknown type'
    this.message = `${found}, judging by its bytes. This slot accepts ${this.supportedTypes.join(', ')}.`
  }
}

export class UnreadableFile extends Failure {
  readonly __typename = 'UnreadableFile'
  readonly message: string

  constructor(what: 'empty' | 'damaged' | 'slow') {
    super()
    this.message = {
      empty: 'The file is empty. Choose the file and upload it again.',
      damaged: 'The picture is incomplete or damaged. Open it, save a new copy and upload it again.',
      slow: 'The picture takes too long to decode. Save a simpler version and upload it again.',
    }[what]
  }
}

export class TooManyPixels extends Failure {
  readonly __typename = 'TooManyPixels'
  readonly message: string
  readonly limitPixels: number

  constructor(limitPixels: number) {
    super()
    this.limitPixels = limitPixels
    this.message = `The picture has more than ${limitPixels / 1_000_000} megapixels. Scale it down and upload it again.`
  }
}

interface MediaType {
  readonly mimeType: string
  readonly extension: string
  readonly isVideo: boolean
}

/**
 * The type of a file for a slot, or why the slot does not accept it. `sniffed` comes from the bytes; the type that the
 * client claims does not matter.
 */
export function mediaType(sniffed: string | null, taken: TakenTypes): MediaType | UnsupportedFileType {
  const extension = sniffed === null ? undefined : (pictureExtensions[sniffed] ?? videoExtensions[sniffed])
  if (sniffed === null || !extension || !supportedTypes[taken].some((type) => type === sniffed)) {
    return new UnsupportedFileType(sniffed, taken)
  }
  return { mimeType: sniffed, extension, isVideo: sniffed in videoExtensions }
}
