import { plainName } from './tag-names.ts'
import { gramLength, gramTerms, termHasher } from './tag-terms.ts'

/** The search data of a deletion's name: the normalised name, and its terms as numbers. */
export function searchedName(workspaceId: string, name: string): { nameFolded: string; nameTerms: number[] } {
  const nameFolded = plainName(name)
  const characters = Array.from(nameFolded)
  const terms = characters.flatMap((_, at) =>
    Array.from({ length: Math.min(gramLength, characters.length - at) }, (_, more) =>
      gramTerms(characters.slice(at, at + more + 1).join('')),
    ).flat(),
  )
  return { nameFolded, nameTerms: termHasher(workspaceId)(terms) }
}

/** A name search: a substring of the names, and terms that all matching names have. Null for an empty text. */
export function soughtName(workspaceId: string, text: string): { plain: string; terms: number[] } | null {
  const plain = plainName(text)
  return plain === '' ? null : { plain, terms: termHasher(workspaceId)(gramTerms(plain)) }
}
