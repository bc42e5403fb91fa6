import { isUnionType } from 'graphql'
import type pg from 'pg'
import type { Ctx } from '../../../src/usecases/context.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { ask } from '../api.ts'
import { bulkId, fillLibrary } from '../bulk.ts'
import type { Client } from '../client.ts'
import { currentSchema } from '../schema.ts'
import { sortKeyOf } from '../sort-keys.ts'

const deletion = 'deletion { id itemCount reason restoredAt item { __typename id } }'
const entities = 'entities { __typename id tags { id } }'

/** What is asked of each member of the tags' unions. */
const selections: Readonly<Record<string, string>> = {
  InvalidInput: 'message issues { path message }',
  NotFound: 'message entity id',
  NameTaken: 'message existing { id name }',
  TagCycle: 'message',
  TagTooDeep: 'message limit',
  TooManyAliases: 'message limit tag { id }',
  EqualChildren: 'message moreCount pairs { source { id name } target { id } }',
  AddTagAliasSuccess: 'tag { ...T }',
  RemoveTagAliasSuccess: 'tag { ...T }',
  TooManyTags: 'message limit taggable { __typename id }',
  VersionConflict: 'message current { __typename id ... on Tag { name version } }',
  IdempotencyKeyReused: 'message idempotencyKey',
  AlreadyInTrash: 'message deletion { id }',
  CreateTagSuccess: 'tag { ...T }',
  UpdateTagSuccess: 'tag { ...T }',
  MoveTagSuccess: 'tag { ...T }',
  MergeTagsSuccess: `tag { ...T } ${deletion}`,
  TrashItemSuccess: `item { id ... on Tag { ...T } } ${deletion}`,
  AttachTagsSuccess: `attachedCount tags { ...T } ${entities}`,
  DetachTagsSuccess: `detachedCount tags { ...T } ${entities}`,
}

const schema = currentSchema()

/** The members of a mutation's union, each with what is asked of it. */
export function membersOf(mutation: string) {
  const union = schema.getType(`${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Result`)
  if (!isUnionType(union)) throw new Error(`${mutation} gives no union.`)
  return union.getTypes().map(({ name }) => {
    const fields = selections[name]
    if (fields === undefined) throw new Error(`Nothing is asked of ${name}.`)
    return `... on ${name} { ${fields} }`
  })
}

/** Everything of a tag but its lists. */
export const tagFields = `fragment T on Tag {
  id name description color icon level parent { id } ancestors { id } hasChildren aliases usageCount
  usage { total bookshelves books blocks } subtreeUsage { total bookshelves books blocks }
  version createdAt updatedAt trash { reason deletion { id } }
}`

/** Calls one of the tags' mutations and gives its whole answer. */
export async function mutate(client: Client, name: string, input: Record<string, unknown>) {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
  const members = membersOf(name)
  const fragment = members.some((member) => member.includes('...T')) ? tagFields : ''
  const text = `mutation ($input: ${type}!) { answer: ${name}(input: $input) { __typename ${members.join(' ')} } } ${fragment}`
  return (await ask<{ answer: Record<string, unknown> & { __typename: string } }>(client, text, { input }))
    .answer
}

/** Calls mutations and notes which members of their unions were given. */
export function notingMutations(client: () => Client) {
  const seen = new Set<string>()
  return {
    answer: async (name: string, input: Record<string, unknown>) => {
      const found = await mutate(client(), name, input)
      seen.add(`${name}: ${found.__typename}`)
      return found
    },
    unseen: (mutations: readonly string[]) =>
      mutations
        .flatMap((name) => membersOf(name).map((member) => `${name}: ${/on (\w+)/.exec(member)?.[1] ?? ''}`))
        .filter((member) => !seen.has(member)),
  }
}

export interface TreeSize {
  readonly tags: number
  /** How many of them are at the top. */
  readonly top: number
  /** How many are directly below each, until there are no more. */
  readonly below: number
}

/** Fills a workspace with a tree of tags by one statement. */
export async function fillTags(pool: pg.Pool, workspaceId: string, { tags, top, below }: TreeSize) {
  const text = `with recursive tree as (
      select n, '{}'::uuid[] as path from generate_series(1, ${top}) n
      union all
      select child, path || ${bulkId(6, 'n')} from tree cross join lateral
        generate_series(${top} + 1 + (n - 1) * ${below}, least(${top} + n * ${below}, ${tags})) child)
    insert into tags (workspace_id, id, parent_id, ancestor_ids, name, name_key, sort_key, color, created_at, updated_at, created_by, updated_by)
    select $1::uuid, ${bulkId(6, 'n')}, path[cardinality(path)], path, 'Tag ' || n, 'tag ' || n,
      ${sortKeyOf("'Tag ' || n")}, '#64748b', now(),
      now() - (n % 5000) * interval '1 second', 'owner', 'owner'
    from tree`
  await pool.query(text, [workspaceId])
}

/** Gives each of a table's rows up to `each` of the tags: the first ones far more often than the others. */
export async function tagRows(
  pool: pg.Pool,
  workspaceId: string,
  table: 'bookshelves' | 'books' | 'blocks',
  { each, tags }: { readonly each: number; readonly tags: number },
) {
  const type = { bookshelves: 'BOOKSHELF', books: 'BOOK', blocks: 'BLOCK' }[table]
  const random = '((row.n * 7919 + k * 104729) % 10007) / 10007.0'
  const text = `insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
    select $1::uuid, ${bulkId(6, `(1 + floor(power(${random}, 3) * ${tags}))::int`)}, '${type}', row.id, now()
    from (select id, row_number() over (order by id) as n from ${table} where workspace_id = $1::uuid) row
    cross join generate_series(1, ${each}) k
    on conflict do nothing`
  await pool.query(text, [workspaceId])
}

const live = `select id from bookshelves where workspace_id = $1::uuid and deletion_id is null
  union all select id from books where workspace_id = $1::uuid and deletion_id is null
  union all select id from blocks where workspace_id = $1::uuid and deletion_id is null`

/** What the counts of each tag must be, by what is in the tables. */
export const recounted = `select tags.id, count(*) filter (where entity_type = 'BOOKSHELF')::int as bookshelves,
    count(*) filter (where entity_type = 'BOOK')::int as books,
    count(*) filter (where entity_type = 'BLOCK')::int as blocks, count(found.tag_id)::int as total
  from tags left join (select tag_id, entity_type from tag_associations join (${live}) entity on entity.id = entity_id
    where workspace_id = $1::uuid) found on found.tag_id = tags.id
  where tags.workspace_id = $1::uuid group by tags.id`

/** Sets the counts of tags that were attached by SQL. */
export async function countTags(pool: pg.Pool, workspaceId: string) {
  // PostgreSQL takes a workspace that it has not seen yet for empty, and would compare everything with everything.
  await pool.query('analyze bookshelves, books, blocks, tags, tag_associations')
  const text = `update tags set bookshelf_count = found.bookshelves, book_count = found.books,
      block_count = found.blocks, usage_count = found.total
    from (${recounted}) found where tags.workspace_id = $1::uuid and tags.id = found.id`
  await pool.query(text, [workspaceId])
}

const tables = ['bookshelves', 'books', 'blocks'] as const
export type TaggedTable = (typeof tables)[number]

export interface KnownTag {
  readonly id: string
  readonly path: readonly string[]
  readonly live: boolean
}

/** A live bookshelf, book or block with the ids of all tags it was given, live or not. */
export interface KnownRow {
  readonly id: string
  readonly table: TaggedTable
  readonly row: Readonly<Record<string, unknown>>
  readonly tagIds: readonly string[]
}

/** All tags of a workspace and all that is live in it, for working out in memory what a query must give. */
export async function knownLibrary(pool: pg.Pool, workspaceId: string) {
  const { rows: tags } = await pool.query<KnownTag>(
    `select id, ancestor_ids || id as path, deletion_id is null as live from tags where workspace_id = $1 order by id`,
    [workspaceId],
  )
  const rows: KnownRow[] = []
  for (const table of tables) {
    const found = await pool.query<Omit<KnownRow, 'table'>>(
      `select id, to_jsonb(${table}) as row, array(select tag_id from tag_associations
         where workspace_id = $1 and entity_id = ${table}.id) as "tagIds"
       from ${table} where workspace_id = $1 and deletion_id is null order by id`,
      [workspaceId],
    )
    rows.push(...found.rows.map((one) => ({ ...one, table })))
  }
  return { tags, rows, liveTags: new Map(tags.filter(({ live }) => live).map((tag) => [tag.id, tag])) }
}

export type KnownLibrary = Awaited<ReturnType<typeof knownLibrary>>

/** True when a row has the tag, or with descendants one below it. */
export const hasKnownTag = ({ liveTags }: KnownLibrary, row: KnownRow, id: string, below: boolean) =>
  row.tagIds.some((tagId) => {
    const tag = liveTags.get(tagId)
    return tag !== undefined && (below ? tag.path.includes(id) : tag.id === id)
  })

/** Numbers from 0 to 1 that look random and are the same in every run. */
export function seeded(seed: number) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Fills a workspace: 12 bookshelves, 60 books, 360 blocks and 40 tags on three levels; some of each are in the trash. */
export async function fillTaggedLibrary(ctx: Ctx): Promise<KnownLibrary> {
  const { pool, prisma } = ctx.db
  const { workspaceId } = ctx.actor
  await fillLibrary(pool, workspaceId, { shelves: 12, books: 5, blocks: 6, images: 0 })
  await fillTags(pool, workspaceId, { tags: 40, top: 5, below: 3 })
  for (const [index, table] of tables.entries())
    await tagRows(pool, workspaceId, table, { each: 4 - index, tags: 40 })
  await countTags(pool, workspaceId)
  const where = { workspaceId, deletionId: null }
  const some = { where, orderBy: { id: 'asc' }, skip: 7, take: 2 } as const
  for (const { id } of await prisma.tag.findMany({ ...some, skip: 3, take: 4 }))
    await trashItem(ctx, { kind: 'TAG', id })
  for (const { id } of await prisma.book.findMany(some)) await trashItem(ctx, { kind: 'BOOK', id })
  for (const { id } of await prisma.block.findMany(some)) await trashItem(ctx, { kind: 'BLOCK', id })
  return knownLibrary(pool, workspaceId)
}
