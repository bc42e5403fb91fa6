import { documentTypes } from './document-types.ts'
import { Failure } from './failure.ts'

/** The formats of thumbnails. AVIF is smaller, but takes some eight times the work. */
export type PictureFormat = 'webp' | 'avif'

/**
 * A recipe for thumbnails. Its name is part of URLs and storage keys: increase the version whenever you change the
 * recipe.
 */
export interface Recipe {
  readonly name: string
  readonly version: number
  /** The longest side in pixels; smaller pictures are not enlarged, except vectors. */
  readonly maxSide: number
  /** Quality, 1 to 100. */
  readonly quality: Readonly<Record<PictureFormat, number>>
  /** The focal point of a square. Other recipes show the whole picture. */
  readonly focus?: Focus
}

/** A focal point in steps, as the keys of squares name it. */
export interface Focus {
  readonly x: number
  readonly y: number
}

/** All thumbnails of the whole picture, smallest first. Clients cannot make the server compute another size. */
export const recipes: readonly Recipe[] = [
  { name: 'small', version: 2, maxSide: 150, quality: { webp: 78, avif: 55 } },
  { name: 'thumbnail', version: 3, maxSide: 320, quality: { webp: 78, avif: 55 } },
  { name: 'medium', version: 2, maxSide: 640, quality: { webp: 80, avif: 57 } },
  { name: 'preview', version: 3, maxSide: 1280, quality: { webp: 80, avif: 57 } },
]

/** A picture is decoded once, to this size, and all recipes use those pixels. */
export const largestSide = Math.max(...recipes.map(({ maxSide }) => maxSide))

export const mimeTypeOf: Readonly<Record<PictureFormat, string>> = { webp: 'image/webp', avif: 'image/avif' }

export const recipeNamed = (name: string) => recipes.find((recipe) => recipe.name === name)

/** A focal point in keys and URLs, e.g. `10-07`. */
export const focusKey = ({ x, y }: Focus) => [x, y].map((step) => String(step).padStart(2, '0')).join('-')

/**
 * The recipe as stored in rows, with its version, e.g. `thumbnail-3`, or `square-1-10-07` with its focal point. Storage
 * keys add the format.
 */
export const recipeKey = ({ name, version, focus }: Recipe) =>
  `${name}-${version}${focus ? `-${focusKey(focus)}` : ''}`

export interface Size {
  readonly width: number
  readonly height: number
}

/** The size of the thumbnail of an original. Vectors are drawn as large as the recipe permits. */
export function thumbnailSize(
  { width, height, mimeType }: Size & { readonly mimeType: string },
  maxSide: number,
): Size {
  const full = maxSide / Math.max(width, height)
  const scale = mimeType === 'image/svg+xml' ? full : Math.min(1, full)
  const side = (length: number) => Math.max(1, Math.round(length * scale))
  return { width: side(width), height: side(height) }
}

/** Whether thumbnails exist. Those of a video, recording or PDF are made later, which also leaves a placeholder. */
export const hasPicture = (of: { readonly mimeType: string; readonly placeholder: string | null }) =>
  of.mimeType.startsWith('image/') || of.placeholder !== null

/**
 * Whether a client with this `Accept` header supports AVIF. Wildcards do not count: clients without AVIF send them too.
 */
export function acceptsAvif(accept: string | undefined): boolean {
  const found = accept?.split(',').find((range) => /^\s*image\/avif\s*(;|$)/i.test(range))
  return found !== undefined && !/;\s*q=0(\.0*)?\s*(;|$)/i.test(found)
}

/** Whether thumbnails can exist. Those of a recording show its cover art. */
export const canHavePicture = ({ mimeType }: { readonly mimeType: string }) =>
  /^(image|video|audio)\//.test(mimeType) || mimeType === documentTypes.pdf

/** Whether a recording, or a video as far as it could be read, has no picture to take but cover art. */
export const hasSoundOnly = (of: {
  readonly mimeType: string
  readonly probeStatus: string | null
  readonly width: number | null
}) =>
  of.mimeType.startsWith('audio/') ||
  (of.width === null && ['READ', 'NO_DURATION', 'INCOMPLETE'].includes(of.probeStatus ?? ''))

/** Why no thumbnail can be made. */
type NoPictureReason = 'no program' | 'no frame' | 'slow' | 'not yet' | 'sound only' | 'no thumbnails'

const noPictureMessages: Readonly<Record<NoPictureReason, string>> = {
  'no program': 'The server lacks the program that makes thumbnails of files of this type.',
  'no frame': 'No thumbnail can be made of this file. It is damaged, encrypted or in an unknown format.',
  slow: 'Making a thumbnail of the file took too long.',
  'sound only': 'This file has sound only, so it has no thumbnail.',
  'not yet': 'The thumbnail of the file does not exist yet. Try again in a moment.',
  'no thumbnails': 'Files of this type have no thumbnails.',
}

export class NoPicture extends Failure {
  readonly __typename = 'NoPicture'
  readonly message: string
  readonly why: NoPictureReason

  /** `message` explains more than the reason does. */
  constructor(why: NoPictureReason, message = noPictureMessages[why]) {
    super()
    this.why = why
    this.message = message
  }

  static after(timeLimitMs: number): NoPicture {
    const seconds = timeLimitMs / 1000
    return new NoPicture(
      'slow',
      `Making a thumbnail of the file took too long: more than ${seconds} seconds.`,
    )
  }
}
