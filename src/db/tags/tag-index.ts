import { soundOf, soundTerms, tokensOf } from '../../domain/pinyin.ts'
import { joinedName, linesOf, plainName, spellingTerms, wordsOf } from '../../domain/tag-names.ts'
import { deletionTerms, termHasher, termsOfName } from '../../domain/tag-terms.ts'
import type { Tx } from '../client.ts'
import { sql } from '../sql.ts'

/** A tag with its name, followed by its aliases. */
export interface NamedTag {
  readonly id: string
  readonly names: readonly string[]
}

/** The forms of a name that searches compare: the plain name, and that with its words joined if it has such. */
function formsOf(name: string): string[] {
  const plain = plainName(name)
  const joined = joinedName(plain)
  return joined === undefined ? [plain] : [plain, joined]
}

/** A B-tree entry must be smaller than a third of a page; the rest of the entry needs little. */
const maxIndexedBytes = 2_000

/** The rows of the tag search, as columns of arrays. */
export function searchColumns(workspaceId: string, tags: readonly NamedTag[]) {
  const hash = termHasher(workspaceId)
  const rows = tags.map(({ id, names }) => {
    const plains = names.map(plainName)
    const sounds = plains.map(tokensOf)
    const terms = [...names.flatMap(formsOf).flatMap(termsOfName), ...sounds.flatMap(soundTerms)]
    const spellings = hash(names.flatMap(spellingTerms))
    return { id, names: linesOf(plains), sounds: soundOf(sounds), spellings, terms: hash(terms) }
  })
  const fits = rows.map(({ names, sounds }) => Buffer.byteLength(names + sounds) <= maxIndexedBytes)
  return {
    ids: rows.map(({ id }) => id),
    names: rows.map(({ names }) => names),
    sounds: rows.map(({ sounds }) => sounds),
    // As text, because SQL arrays of arrays must be rectangular.
    spellings: rows.map(({ spellings }) => `{${spellings.join(',')}}`),
    terms: rows.map(({ terms }) => `{${terms.join(',')}}`),
    indexedNames: rows.map(({ names }, at) => (fits[at] ? names : null)),
    indexedSounds: rows.map(({ sounds }, at) => (fits[at] ? sounds : null)),
  }
}

/** The words of names under each form with one letter removed, in the same order for all writers. */
export function wordColumns(tags: readonly NamedTag[]) {
  const words = new Set(tags.flatMap(({ names }) => names.flatMap(formsOf).flatMap(wordsOf)))
  const rows = [...words].sort().flatMap((word) => deletionTerms(word).map((near) => ({ word, near })))
  return { words: rows.map(({ word }) => word), nears: rows.map(({ near }) => near) }
}

/** Indexes the tags under exactly these names. */
export async function indexTags(tx: Tx, workspaceId: string, tags: readonly NamedTag[]) {
  if (tags.length === 0) return
  const { ids, names, sounds, spellings, terms, indexedNames, indexedSounds } = searchColumns(
    workspaceId,
    tags,
  )
  await tx.execute(sql`
    insert into tag_search (workspace_id, tag_id, names, sounds, spellings, terms)
    select ${workspaceId}::uuid, id::uuid, names, sounds, spellings::int[], terms::int[]
    from unnest(${ids}::text[], ${names}::text[], ${sounds}::text[], ${spellings}::text[], ${terms}::text[])
      as tag (id, names, sounds, spellings, terms)
    on conflict (workspace_id, tag_id) do update set names = excluded.names, sounds = excluded.sounds,
      spellings = excluded.spellings, terms = excluded.terms`)
  await tx.execute(sql`
    update tags set search_names = named.names, search_sounds = named.sounds
    from unnest(${ids}::text[], ${indexedNames}::text[], ${indexedSounds}::text[]) as named (id, names, sounds)
    where workspace_id = ${workspaceId}::uuid and tags.id = named.id::uuid
      and (search_names, search_sounds) is distinct from (named.names, named.sounds)`)
  const { words, nears } = wordColumns(tags)
  await tx.execute(sql`
    insert into tag_words (workspace_id, near, word)
    select ${workspaceId}::uuid, near, word from unnest(${nears}::text[], ${words}::text[]) as one (near, word)
    on conflict do nothing`)
}
