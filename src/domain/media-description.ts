import type { InvalidInput } from './failure.ts'
import { newFileName } from './file-name.ts'
import { InputCheck, textLimits, tooLong } from './text.ts'

/** What people say about a media item. */
export interface MediaDescription {
  readonly fileName: string
  readonly altText: string | null
  readonly caption: string | null
  /** The focal point. Both parts are null when there is none. */
  readonly focalX: number | null
  readonly focalY: number | null
  readonly category: string
}

/** What nobody has said yet about a new media item. */
export const undescribed = { altText: null, caption: null, focalX: null, focalY: null }

/** The description of a media item, without its other columns. */
export const descriptionOf = ({
  fileName,
  altText,
  caption,
  focalX,
  focalY,
  category,
}: MediaDescription): MediaDescription => ({ fileName, altText, caption, focalX, focalY, category })

/** A point of a picture, in parts of its width and height. */
export interface FocalPoint {
  readonly x: number
  readonly y: number
}

/** A description as a client gives it: what is undefined stays as it is. */
export interface GivenDescription {
  readonly fileName?: string | null | undefined
  readonly altText?: string | null | undefined
  readonly caption?: string | null | undefined
  readonly focalPoint?: FocalPoint | null | undefined
  readonly category?: string | null | undefined
}

/** The category of an upload that names none. */
export const defaultCategory = 'upload'

const categoryPattern = /^[\p{L}\p{N}][\p{L}\p{N}\p{M} _-]*$/u

/** A category as it is stored and compared: in lower case, with single spaces. */
export const plainCategory = (given: string) =>
  given.normalize('NFC').replace(/\s+/gu, ' ').trim().toLowerCase()

/** Whether a category can be stored. */
export const isPlainCategory = (category: string) => categoryPattern.test(category)

/** What is wrong with a category; undefined for a good one. */
function categoryProblem(given: string): string | undefined {
  const category = plainCategory(given)
  if (!isPlainCategory(category))
    return 'Use letters, digits, spaces, hyphens and underscores, and begin with a letter or digit.'
  return tooLong(category, textLimits.category)
}

/** Checks the category of an upload, which may name none. */
export function checkCategory(check: InputCheck, given: string | null | undefined) {
  const problem = given == null ? undefined : categoryProblem(given)
  if (problem !== undefined) check.refuse('category', problem)
}

/** Pixels of the largest pictures are finer, but nobody can point at them. */
const precision = 10_000
const rounded = (part: number) => Math.round(part * precision) / precision

function checkFocalPoint(check: InputCheck, point: FocalPoint | null | undefined) {
  for (const part of ['x', 'y'] as const) {
    const value = point?.[part] ?? 0
    if (!(value >= 0 && value <= 1)) check.refuse(`focalPoint.${part}`, 'Give a number from 0 to 1.')
  }
}

/** The new file name. Undefined when it stays as it is, or when `check` refuses it. */
function checkFileName(
  check: InputCheck,
  given: string | null | undefined,
  file: Parameters<typeof newFileName>[1],
): string | undefined {
  check.present('fileName', given)
  if (given == null) return undefined
  const renamed = newFileName(given, file)
  if ('name' in renamed) return renamed.name
  check.refuse('fileName', renamed.problem)
  return undefined
}

/** The fields of a description that a request changes, or why it is refused. */
export function changedDescription(
  given: GivenDescription,
  current: MediaDescription & Parameters<typeof newFileName>[1],
): Partial<MediaDescription> | InvalidInput {
  const check = new InputCheck()
  const { altText, caption, focalPoint, category } = given
  check.text('altText', altText, textLimits.altText)
  check.text('caption', caption, textLimits.caption)
  check.present('category', category)
  checkCategory(check, category)
  checkFocalPoint(check, focalPoint)
  const fileName = checkFileName(check, given.fileName, current)
  const wanted: { readonly [Name in keyof MediaDescription]: MediaDescription[Name] | undefined } = {
    fileName,
    altText,
    caption,
    focalX: focalPoint && rounded(focalPoint.x),
    focalY: focalPoint && rounded(focalPoint.y),
    category: category == null ? undefined : plainCategory(category),
  }
  const names = Object.keys(wanted) as (keyof MediaDescription)[]
  const changed = names.filter((name) => wanted[name] !== undefined && wanted[name] !== current[name])
  return check.failure() ?? Object.fromEntries(changed.map((name) => [name, wanted[name]]))
}
