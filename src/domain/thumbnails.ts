import { Failure } from './failure.ts'

/** What a thumbnail is encoded as. AVIF is smaller, and some eight times the work. */
export type PictureFormat = 'webp' | 'avif'

/** How a thumbnail is made. Its name is part of URLs and storage keys: change the version with the recipe. */
export interface Recipe {
  readonly name: string
  readonly version: number
  /** Longest side in pixels; smaller pictures are not enlarged. */
  readonly maxSide: number
  /** Quality, 1 to 100. */
  readonly quality: Readonly<Record<PictureFormat, number>>
}

/** Every thumbnail there is, from the smallest: nobody can make the server compute another size. */
export const recipes: readonly Recipe[] = [
  { name: 'small', version: 1, maxSide: 150, quality: { webp: 78, avif: 55 } },
  { name: 'thumbnail', version: 2, maxSide: 320, quality: { webp: 78, avif: 55 } },
  { name: 'medium', version: 1, maxSide: 640, quality: { webp: 80, avif: 57 } },
  { name: 'preview', version: 2, maxSide: 1280, quality: { webp: 80, avif: 57 } },
]

/** A picture is decoded to this size once, and all recipes are made of that. */
export const largestSide = Math.max(...recipes.map(({ maxSide }) => maxSide))

export const mimeTypeOf: Readonly<Record<PictureFormat, string>> = { webp: 'image/webp', avif: 'image/avif' }

export const recipeNamed = (name: string) => recipes.find((recipe) => recipe.name === name)

/** The recipe in rows, with its version, e.g. `thumbnail-2`. Storage keys have the format after it. */
export const recipeKey = (recipe: Recipe) => `${recipe.name}-${recipe.version}`

interface Size {
  readonly width: number
  readonly height: number
}

/** How large a picture becomes whose longest side is at most `maxSide`. */
export function fitInside({ width, height }: Size, maxSide: number): Size {
  const scale = Math.min(1, maxSide / Math.max(width, height))
  const side = (length: number) => Math.max(1, Math.round(length * scale))
  return { width: side(width), height: side(height) }
}

/** Whether there are thumbnails of it. Those of a video are made of a frame, which leaves a placeholder too. */
export const hasPicture = (of: { readonly mimeType: string; readonly placeholder: string | null }) =>
  of.mimeType.startsWith('image/') || of.placeholder !== null

/** Whether a client that sends this `Accept` takes AVIF. Wildcards do not count: clients send them that never heard of it. */
export function acceptsAvif(accept: string | undefined): boolean {
  const found = accept?.split(',').find((range) => /^\s*image\/avif\s*(;|$)/i.test(range))
  return found !== undefined && !/;\s*q=0(\.0*)?\s*(;|$)/i.test(found)
}

/** Why there is nothing that a thumbnail can be made of. */
export type NoPictureReason = 'no program' | 'no frame' | 'slow' | 'not yet'

const noPictureMessages: Readonly<Record<NoPictureReason, string>> = {
  'no program': 'The server has no ffmpeg, so it cannot make thumbnails of videos.',
  'no frame': 'No thumbnail can be made of this video. It is damaged or in an unknown format.',
  slow: 'Making a thumbnail of the video took too long.',
  'not yet': 'The thumbnail of the video does not exist yet. Try again in a moment.',
}

export class NoPicture extends Failure {
  readonly __typename = 'NoPicture'
  readonly message: string
  readonly why: NoPictureReason

  constructor(why: NoPictureReason) {
    super()
    this.why = why
    this.message = noPictureMessages[why]
  }
}
