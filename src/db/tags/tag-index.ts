import { soundOf, tokensOf } from '../../domain/pinyin.ts'
import { linesOf, plainName, wordsOf } from '../../domain/tag-names.ts'
import { deletionTerms, termHasher, termsOfName } from '../../domain/tag-terms.ts'
import type { Tx } from '../client.ts'
import { sql } from '../sql.ts'

/** A tag with its name, followed by its aliases. */
export interface NamedTag {
  readonly id: string
  readonly names: readonly string[]
}

/** A B-tree entry must be smaller than a third of a page; the rest of the entry needs little. */
const maxIndexedBytes = 2_000

/** The rows of the tag search, as columns of arrays. */
export function searchColumns(workspaceId: string, tags: readonly NamedTag[]) {
  const hash = termHasher(workspaceId)
  const rows = tags.map(({ id, names }) => {
    const plains = names.map(plainName)
    const sounds = plains.map(tokensOf)
    const terms = plains.flatMap((plain, at) => termsOfName(plain, sounds[at] ?? []))
    return { id, names: linesOf(plains), sounds: soundOf(sounds), terms: hash(terms) }
  })
  const fits = rows.map(({ names, sounds }) => Buffer.byteLength(names + sounds) <= maxIndexedBytes)
  return {
    ids: rows.map(({ id }) => id),
    names: rows.map(({ names }) => names),
    sounds: rows.map(({ sounds }) => sounds),
    // As text, because SQL arrays of arrays must be rectangular.
    terms: rows.map(({ terms }) => `{${terms.join(',')}}`),
    indexedNames: rows.map(({ names }, at) => (fits[at] ? names : null)),
    indexedSounds: rows.map(({ sounds }, at) => (fits[at] ? sounds : null)),
  }
}

/** The words of names under each form with one letter removed, in the same order for all writers. */
export function wordColumns(tags: readonly NamedTag[]) {
  const words = new Set(tags.flatMap(({ names }) => names.flatMap((name) => wordsOf(plainName(name)))))
  const rows = [...words].sort().flatMap((word) => deletionTerms(word).map((near) => ({ word, near })))
  return { words: rows.map(({ word }) => word), nears: rows.map(({ near }) => near) }
}

/** Indexes the tags under exactly these names. */
export async function indexTags(tx: Tx, workspaceId: string, tags: readonly NamedTag[]) {
  if (tags.length === 0) return
  const { ids, names, sounds, terms, indexedNames, indexedSounds } = searchColumns(workspaceId, tags)
  await tx.execute(sql`
    insert into tag_search (workspace_id, tag_id, names, sounds, terms)
    select ${workspaceId}::uuid, id::uuid, names, sounds, terms::int[]
    from unnest(${ids}::text[], ${names}::text[], ${sounds}::text[], ${terms}::text[])
      as tag (id, names, sounds, terms)
    on conflict (workspace_id, tag_id) do update
    set names = excluded.names, sounds = excluded.sounds, terms = excluded.terms`)
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
