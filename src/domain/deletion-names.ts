import { plainName } from './tag-names.ts'
import { gramLength, gramTerms, termHasher } from './tag-terms.ts'

/** What a deletion of an item of this name is found by: the name as it is compared, and its terms as numbers. */
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

/** What is looked for among names: a plain part of them, and terms that all that have it have. Null when it is nothing. */
export function soughtName(workspaceId: string, text: string): { plain: string; terms: number[] } | null {
  const plain = plainName(text)
  return plain === '' ? null : { plain, terms: termHasher(workspaceId)(gramTerms(plain)) }
}
