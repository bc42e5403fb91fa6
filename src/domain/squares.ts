import type { MediaDescription } from './media-description.ts'
import { type Focus, focusKey, type Recipe, recipeNamed, type Size } from './thumbnails.ts'

/** The name of the recipe for squares. */
const square = 'square'

/**
 * Focal points are rounded to this part of the width and height, so that media items with the same bytes share squares,
 * and their number is limited.
 */
const steps = 20

type Focused = Pick<MediaDescription, 'focalX' | 'focalY'>

/** The focal point of a media item in steps; the middle if nobody has set one. */
const focusOf = ({ focalX, focalY }: Focused): Focus => ({
  x: Math.round((focalX ?? 0.5) * steps),
  y: Math.round((focalY ?? 0.5) * steps),
})

/** The recipe for the square of a media item. Increase the version whenever you change it, also `cutOf`. */
export const squareOf = (media: Focused) => ({
  ...{ name: square, version: 1, maxSide: 320, quality: { webp: 78, avif: 55 } },
  focus: focusOf(media),
})

/** The recipe for a variant of a media item; undefined if there is no such variant. */
export const recipeFor = (variant: string, media: Focused): Recipe | undefined =>
  variant === square ? squareOf(media) : recipeNamed(variant)

export const isVariant = (name: string) => name === square || recipeNamed(name) !== undefined

/** Different recipes for the squares of media items with the same bytes. */
export const squaresOf = (media: readonly Focused[]): Recipe[] => [
  ...new Map(media.map(squareOf).map((recipe) => [focusKey(recipe.focus), recipe])).values(),
]

/** The largest square of a picture around a focal point, moved so that all of it is in the picture. */
export function cutOf({ width, height }: Size, { x, y }: Focus) {
  const side = Math.min(width, height)
  const startOf = (length: number, step: number) =>
    Math.min(Math.max(0, Math.round((length * step) / steps - side / 2)), length - side)
  return { left: startOf(width, x), top: startOf(height, y), width: side, height: side }
}

/**
 * Adds the focal point to the signed path of a square, so that caches do not show the square of an earlier one. It
 * chooses nothing: the server takes the focal point from the media item.
 */
export const squarePath = (path: string, media: Focused) => `${path}&focus=${focusKey(focusOf(media))}`

/** The signed path of a variant, as the API returns it. */
export const variantPath = (path: string, variant: string | undefined, media: Focused) =>
  variant === square ? squarePath(path, media) : path
