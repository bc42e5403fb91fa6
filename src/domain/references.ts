import { isUuid } from './text.ts'

/** The types of items that a text can name. */
export type ReferenceType = 'BOOKSHELF' | 'BOOK' | 'BLOCK' | 'CHECKPOINT' | 'TAG' | 'MEDIA'

/** The scheme of each type in a permanent reference, e.g. `book:{id}`. */
export const referenceSchemes: Readonly<Record<ReferenceType, string>> = {
  BOOKSHELF: 'bookshelf',
  BOOK: 'book',
  BLOCK: 'block',
  CHECKPOINT: 'checkpoint',
  TAG: 'tag',
  MEDIA: 'media',
}

export const referenceTypes = Object.keys(referenceSchemes) as ReferenceType[]

/** An item that a text names. It need not exist. */
export interface Reference {
  readonly type: ReferenceType
  readonly id: string
}

const typeOfScheme = new Map(referenceTypes.map((type) => [referenceSchemes[type], type]))

/**
 * The item that the target of a link or a picture names: `{scheme}:{id}`, or the path of a media item on this server,
 * also with the name of a variant and a query. Undefined for every other target.
 */
export function referenceOf(target: string): Reference | undefined {
  const path = /^\/media\/([^/?#]+)(?:\/\w+)?(?:[?#].*)?$/.exec(target)
  const [scheme = '', id = ''] = path ? ['media', path[1]] : target.split(':', 2)
  const type = typeOfScheme.get(scheme)
  return type && isUuid(id) && (path || target.length === scheme.length + 1 + id.length)
    ? { type, id }
    : undefined
}

/** Names one item, for comparisons. */
export const referenceKey = ({ type, id }: Reference) => `${type} ${id}`

const mention = new RegExp(`(?:(?:${[...typeOfScheme.keys()].join('|')}):|/media/)[0-9a-f]{8}-`)

/** False if a text certainly names nothing: nearly every text, which then need not be read as Markdown. */
export const mayName = (text: string) => mention.test(text)

/** The same as a regular expression of PostgreSQL. */
export const mentionPattern = mention.source.replaceAll('(?:', '(')

/** How many different items one text can name; later ones are links without a target. */
export const maxReferences = 1_000

/** How many characters of the text of a link are kept with a reference. */
export const maxReferenceText = 300
