import type { Db } from '../src/db/client.ts'
import { indexTags, type NamedTag } from '../src/db/tags/tag-index.ts'
import { transact } from '../src/db/client.ts'
import { nameKey } from '../src/domain/tag-tree.ts'
import { randomNumbers } from '../test/support/random.ts'
import { nameMaker, usageMaker } from './tag-names.ts'
import { sortKeyOf } from '../test/support/sort-keys.ts'

export const otherWorkspaces = 10
const tagsOfOthers = 5_000
const blocksOfLibrary = 50_000
const batchSize = 5_000

/** Gives ids that look like and sort as those that are given out. */
const idOf = (kind: number, workspace: number, place: number) =>
  `${place.toString(16).padStart(8, '0')}-000${kind}-7000-8000-${workspace.toString(16).padStart(12, '0')}`

export const workspaceOf = (workspace: number) => idOf(0, workspace, 1)
export const tagIdOf = (place: number) => idOf(1, 0, place)

const insertTags = `insert into tags
    (workspace_id, id, parent_id, ancestor_ids, name, name_key, sort_key, color, block_count, usage_count, created_at, updated_at, created_by, updated_by)
  select $1, id, parent, ancestors::uuid[], name, key, ${sortKeyOf('name')}, '#64748b', uses, uses, now(), now(), 'owner', 'owner'
  from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::int[])
    as tag (id, parent, ancestors, name, key, uses)`

const insertBlocks = `insert into blocks (workspace_id, id, book_id, content, position, written_at, written_by, created_at, updated_at, created_by, updated_by)
  select $1, id, $2, 'Block', 'a' || n, now(), 'owner', now(), now(), 'owner', 'owner' from unnest($3::uuid[]) with ordinality as block (id, n)`

/** Each block gets a tag that follows how often tags are used, and one of any, which most likely has no other. */
const insertAssociations = `insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
  select $1, tag, 'BLOCK', block, now() from unnest($2::uuid[], $3::uuid[]) as pair (tag, block)
  on conflict do nothing`

const countBlocks = `update tags set block_count = counted.blocks, usage_count = counted.blocks
  from (select tag_id, count(*) as blocks from tag_associations where workspace_id = $1 group by tag_id) counted
  where workspace_id = $1 and id = counted.tag_id`

export interface SeededTags {
  /** The names, by the tags' places. */
  readonly names: readonly string[]
}

/**
 * The tags of one workspace on three levels. With `blocks` they are used by blocks, and their counts are those of the blocks;
 * without, they only say that they are used.
 */
async function seedWorkspace(
  db: Db,
  workspace: number,
  tags: number,
  blocks: number,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<SeededTags> {
  const workspaceId = workspaceOf(workspace)
  const [name, usage, random] = [
    nameMaker(workspace + 1),
    usageMaker(workspace + 1, tags),
    randomNumbers(workspace + 1),
  ]
  const names: string[] = []
  const taken = new Set<string>()
  const paths: string[][] = []
  const [tops, middles] = [Math.ceil(tags / 100), Math.ceil(tags / 10)]
  await db.pool.query(
    `insert into workspaces (id, name, sort_key, created_at, updated_at, created_by, updated_by) values ($1, 'Workspace', '', now(), now(), 'owner', 'owner')`,
    [workspaceId],
  )
  for (let at = 0; at < tags; at += batchSize) {
    signal.throwIfAborted()
    const batch = Array.from({ length: Math.min(batchSize, tags - at) }, (_, index) => {
      const place = at + index
      const above =
        place < tops
          ? null
          : place < middles
            ? Math.floor(random() * tops)
            : tops + Math.floor(random() * (middles - tops))
      const ancestors = above === null ? [] : [...(paths[above] ?? []), idOf(1, workspace, above)]
      paths.push(ancestors)
      let [made, again] = [name(), 1]
      while (taken.has(`${above} ${nameKey(made)}`)) made = `${name()} ${(again += 1)}`
      taken.add(`${above} ${nameKey(made)}`)
      names.push(made)
      return { id: idOf(1, workspace, place), ancestors, name: made, usage: blocks > 0 ? 0 : usage() }
    })
    await db.pool.query(insertTags, [
      workspaceId,
      batch.map(({ id }) => id),
      batch.map(({ ancestors }) => ancestors.at(-1) ?? null),
      batch.map(({ ancestors }) => `{${ancestors.join(',')}}`),
      batch.map((tag) => tag.name),
      batch.map((tag) => nameKey(tag.name)),
      batch.map((tag) => tag.usage),
    ])
    const named = batch.map((tag): NamedTag => ({ id: tag.id, names: [tag.name] }))
    await transact(db, (tx) => indexTags(tx, workspaceId, named))
    if (at % 50_000 === 0 && tags > 50_000) progress(`${at} of ${tags} tags`)
  }
  if (blocks > 0) await useTags(db, workspace, tags, blocks, progress)
  return { names }
}

async function useTags(
  db: Db,
  workspace: number,
  tags: number,
  blocks: number,
  progress: (line: string) => void,
) {
  const workspaceId = workspaceOf(workspace)
  const random = randomNumbers(99)
  const [shelfId, bookId] = [idOf(2, workspace, 0), idOf(3, workspace, 0)]
  await db.pool.query(
    `insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at, created_by, updated_by)
     values ($1, $2, 'Shelf', '', 'a', now(), now(), 'owner', 'owner')`,
    [workspaceId, shelfId],
  )
  await db.pool.query(
    `insert into books (workspace_id, id, bookshelf_id, title, sort_key, position, created_at, updated_at, created_by, updated_by)
     values ($1, $2, $3, 'Book', '', 'a', now(), now(), 'owner', 'owner')`,
    [workspaceId, bookId, shelfId],
  )
  const ids = Array.from({ length: blocks }, (_, place) => idOf(4, workspace, place))
  await db.pool.query(insertBlocks, [workspaceId, bookId, ids])
  const place = (part: number) => Math.min(tags - 1, Math.floor(part * tags))
  // The n-th most used tag has about 1/n of the uses of the first: a place is as likely as its logarithm's step is wide.
  const pairs = ids.flatMap((id) => [
    [idOf(1, workspace, Math.floor(tags ** random()) - 1), id],
    [idOf(1, workspace, place(random())), id],
  ])
  await db.pool.query(insertAssociations, [
    workspaceId,
    pairs.map(([tag]) => tag),
    pairs.map(([, block]) => block),
  ])
  await db.pool.query(countBlocks, [workspaceId])
  progress(`${blocks} blocks are tagged`)
}

/** Fills an empty database: one workspace with so many tags, which blocks have, and others beside it. */
export async function seedTags(
  db: Db,
  tags: number,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<SeededTags> {
  const index = `select indexdef from pg_indexes where indexname = 'tag_search_terms_idx'`
  const { rows } = await db.pool.query<{ indexdef: string }>(index)
  // Made at the end, which is faster.
  await db.pool.query('drop index tag_search_terms_idx')
  const seeded = await seedWorkspace(db, 0, tags, blocksOfLibrary, progress, signal)
  for (let other = 1; other <= otherWorkspaces; other += 1) {
    await seedWorkspace(db, other, tagsOfOthers, 0, progress, signal)
  }
  progress('making the index of the search')
  const client = await db.pool.connect()
  try {
    await client.query("set maintenance_work_mem = '1GB'")
    await client.query(rows[0]?.indexdef ?? '')
    await client.query('vacuum analyze')
  } finally {
    client.release(true)
  }
  return seeded
}
