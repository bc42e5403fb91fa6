import { type DocumentName, documentNames, documentTypes } from './document-types.ts'
import { Failure } from './failure.ts'
import type { Exceeded } from './picture-cost.ts'

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

/** The kinds of files that a slot accepts. `any`: pictures, videos and documents. */
export type TakenTypes = 'pictures' | 'videos' | 'any'

/** The MIME types that a slot accepts. The configuration says which documents are among them. */
export function supportedTypes(taken: TakenTypes, documents: readonly DocumentName[]): string[] {
  const pictures = Object.keys(pictureExtensions)
  const videos = Object.keys(videoExtensions)
  if (taken === 'any') return [...pictures, ...videos, ...documents.map((name) => documentTypes[name])]
  return taken === 'pictures' ? pictures : videos
}

export class UnsupportedFileType extends Failure {
  readonly __typename = 'UnsupportedFileType'
  readonly message: string
  readonly detectedType: string | null
  readonly supportedTypes: string[]

  constructor(detectedType: string | null, supported: readonly string[]) {
    super()
    this.detectedType = detectedType
    this.supportedTypes = [...supported]
    const found = detectedType ? `This file is ${detectedType}` : 'This file is of an unknown type'
    this.message = `${found}, judging by its bytes. This slot accepts ${this.supportedTypes.join(', ')}.`
  }
}

/** Why a file cannot be read, as clients see it. */
export type UnreadableReason =
  'EMPTY' | 'INCOMPLETE' | 'DAMAGED' | 'UNSUPPORTED_CODING' | 'TOO_SLOW' | 'TOO_COMPLEX'

const again = 'upload it again.'
const simpler = `Save a simpler version and ${again}`
const count = (limit: number) => limit.toLocaleString('en-GB')

const unreadable = {
  empty: ['EMPTY', () => `The file is empty. Choose the file and ${again}`],
  incomplete: [
    'INCOMPLETE',
    () => `The file ends before the picture does, so a part of it got lost. Get the whole file and ${again}`,
  ],
  archive: [
    'INCOMPLETE',
    () =>
      `The archive ends before its list of files, so a part of it got lost. Get the whole file and ${again}`,
  ],
  damaged: ['DAMAGED', () => `The picture is incomplete or damaged. Open it, save a new copy and ${again}`],
  metadata: [
    'DAMAGED',
    () => `The camera metadata (EXIF) of the picture is damaged. Save a copy without it and ${again}`,
  ],
  coding: [
    'UNSUPPORTED_CODING',
    () =>
      `The server does not know the coding of this picture, although it knows its type. Save it anew and ${again}`,
  ],
  slow: [
    'TOO_SLOW',
    (seconds: number) => `Decoding the picture takes more than ${seconds} seconds. ${simpler}`,
  ],
  killed: ['TOO_COMPLEX', () => `The decoder ran out of memory or crashed at this picture. ${simpler}`],
  'no size': ['DAMAGED', () => `The SVG has no width or no height. Give it a size or a viewBox and ${again}`],
  depth: [
    'TOO_COMPLEX',
    (limit: number) => `The SVG nests more than ${count(limit)} elements in each other. ${simpler}`,
  ],
  elements: ['TOO_COMPLEX', (limit: number) => `The SVG has more than ${count(limit)} elements. ${simpler}`],
  references: [
    'TOO_COMPLEX',
    (limit: number) => `Drawing the SVG takes more than ${count(limit)} references to elements. ${simpler}`,
  ],
  entities: ['TOO_COMPLEX', () => `The entities of the SVG multiply its text. ${simpler}`],
  text: [
    'TOO_COMPLEX',
    (limit: number) => `The SVG has a value or comment of more than ${count(limit)} bytes. ${simpler}`,
  ],
} as const satisfies Record<string, readonly [UnreadableReason, (limit: number) => string]>

export type UnreadableWhy = keyof typeof unreadable

export class UnreadableFile extends Failure {
  readonly __typename = 'UnreadableFile'
  readonly message: string
  readonly unreadableReason: UnreadableReason

  constructor(why: UnreadableWhy, limit = 0) {
    super()
    const [reason, message] = unreadable[why]
    this.unreadableReason = reason
    this.message = message(limit)
  }
}

/** The largest SVG, in bytes. The server reads it into memory, and the parser into more. */
export const maxSvgBytes = 10 * 1024 ** 2

/** The size in bytes up to which files of a type are received. */
export const maxBytesOf = (
  { mimeType, form }: Pick<MediaType, 'mimeType' | 'form'>,
  limits: Readonly<Record<'imageBytes' | 'videoBytes' | 'documentBytes', number>>,
) => {
  if (form === 'document') return limits.documentBytes
  if (form === 'video') return limits.videoBytes
  return mimeType === 'image/svg+xml' ? Math.min(maxSvgBytes, limits.imageBytes) : limits.imageBytes
}

const megapixels = (pixels: number) => `${Number((pixels / 1_000_000).toPrecision(3))} megapixels`

export class TooManyPixels extends Failure {
  readonly __typename = 'TooManyPixels'
  readonly message: string
  readonly limit: number

  constructor({ limit, cause }: Exceeded) {
    super()
    this.limit = limit
    const most = megapixels(limit)
    const found =
      cause === 'pixels'
        ? `The picture has more than ${most}, which is the limit.`
        : `Decoding the picture takes too much memory. The limit for pictures saved in this way is ${most}.`
    this.message = `${found} Scale it down${cause === 'memory' ? ' or save it in another format' : ''} and ${again}`
  }
}

interface MediaType {
  readonly mimeType: string
  readonly extension: string
  /** A recording of sound is a document. */
  readonly form: 'picture' | 'video' | 'document'
}

const typesByForm = {
  picture: pictureExtensions,
  video: videoExtensions,
  document: Object.fromEntries(documentNames.map((name) => [documentTypes[name], name])),
} as const satisfies Record<MediaType['form'], Readonly<Record<string, string>>>

const forms = ['picture', 'video', 'document'] as const

/**
 * The type of a file for a slot, or why the slot does not accept it. `detected` comes from the bytes; the type that the
 * client claims does not matter. Files that are stored already may be of any of the types.
 */
export function mediaType(
  detected: string | null,
  taken: TakenTypes,
  documents: readonly DocumentName[] = documentNames,
): MediaType | UnsupportedFileType {
  const supported = supportedTypes(taken, documents)
  if (detected === null || !supported.includes(detected)) return new UnsupportedFileType(detected, supported)
  const form = forms.find((one) => Object.hasOwn(typesByForm[one], detected))
  const extension = form && typesByForm[form][detected]
  if (form === undefined || extension === undefined) throw new Error(`${detected} has no extension.`)
  return { mimeType: detected, extension, form }
}

/** The MIME types that a filter names, in lower case. `image/*` becomes the beginning `image/`. */
export const typesNamed = (names: readonly string[]): string[] =>
  names
    .map((name) => name.trim().toLowerCase())
    .filter((name) => /^[a-z0-9.+-]+\/([a-z0-9.+-]+|\*)$/.test(name))
    .map((name) => name.replace(/\*$/, ''))
