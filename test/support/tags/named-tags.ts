import type pg from 'pg'
import { searchColumns, wordColumns } from '../../../src/db/tags/tag-index.ts'
import { newId } from '../../../src/usecases/context.ts'
import { sortKeyOf } from '../sort-keys.ts'

export interface NamedTag {
  readonly id?: string
  readonly name: string
  readonly aliases?: readonly string[]
  readonly usage: number
}

const tagsSql = `
  insert into tags (workspace_id, id, ancestor_ids, name, name_key, sort_key, color, bookshelf_count, usage_count, created_at,
    updated_at, created_by, updated_by, search_names, search_sounds)
  select $1, id, '{}', name, id::text, ${sortKeyOf('name')}, '#336699', usage, usage, now(), now(), 'owner', 'owner', names, sounds
  from unnest($2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[]) as tag (id, name, usage, names, sounds)`

const searchSql = `
  insert into tag_search (workspace_id, tag_id, names, sounds, spellings, terms)
  select $1, id, names, sounds, spellings::int[], terms::int[]
  from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[]) as tag (id, names, sounds, spellings, terms)`

const wordsSql = `
  insert into tag_words (workspace_id, near, word)
  select $1, near, word from unnest($2::text[], $3::text[]) as one (near, word) on conflict do nothing`

/**
 * Adds tags at the top of a workspace, as many as are given in one statement per table. They are counted as used by
 * nothing that is there.
 */
export async function fillNamedTags(pool: pg.Pool, workspaceId: string, tags: readonly NamedTag[]) {
  const rows = tags.map((tag) => ({
    ...tag,
    id: tag.id ?? newId(),
    names: [tag.name, ...(tag.aliases ?? [])],
  }))
  const { ids, names, sounds, spellings, terms, indexedNames, indexedSounds } = searchColumns(
    workspaceId,
    rows,
  )
  const own = rows.map(({ name }) => name)
  const usages = rows.map(({ usage }) => usage)
  await pool.query(tagsSql, [workspaceId, ids, own, usages, indexedNames, indexedSounds])
  await pool.query(searchSql, [workspaceId, ids, names, sounds, spellings, terms])
  const { words, nears } = wordColumns(rows)
  await pool.query(wordsSql, [workspaceId, nears, words])
  return ids
}
