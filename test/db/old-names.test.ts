import { readdir, readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import type { Db } from '../../src/db/client.ts'
import { sortKey } from '../../src/domain/sort-key.ts'
import { nameKey, NameTaken } from '../../src/domain/tag-tree.ts'
import { type Ctx, newId } from '../../src/usecases/context.ts'
import { continueNameKeys, storeNameKeys } from '../../src/usecases/search/name-keys.ts'
import { checkTagNames } from '../../src/usecases/tags/check-tags.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { createTag, moveTag, updateTag } from '../../src/usecases/tags/tags.ts'
import { restoreItem } from '../../src/usecases/trash/restore-item.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { buildCtx, buildTag, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { useScratchDatabases } from '../support/scratch.ts'

const scratch = useScratchDatabases()
removeTemporaryFolders()

const folder = new URL('../../prisma/migrations/', import.meta.url)
const ours = '20261201000030_sort_keys'
const shelfNames = ['Zebra', 'Éclair', 'Chapter 10', 'Chapter 2', '银行', 'x'.repeat(200)]

async function apply(db: Db, isWanted: (name: string) => boolean) {
  const names = (await readdir(folder)).filter((name) => /^\d/.test(name) && isWanted(name)).sort()
  for (const name of names) {
    await db.pool.query(await readFile(new URL(`${name}/migration.sql`, folder), 'utf8'))
  }
}

/** A key of the time before: case, width and the amount of space made no difference, invisible characters did. */
const oldKey = (name: string) => name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()

interface Old {
  db: Db
  workspaceId: string
  /** The ids of the tags, by what they are. */
  tags: Record<string, string>
}

/** A library that an old server made: siblings whose names differ only in what nobody sees, live and in the trash. */
async function oldLibrary(): Promise<Old> {
  const { db } = await scratch()
  await apply(db, (name) => name < ours)
  const workspaceId = newId()
  const run = (text: string, ...values: unknown[]) => db.pool.query(text, [workspaceId, ...values])
  await run(`insert into workspaces (id, name, created_at, updated_at) values ($1, 'Öl', now(), now())`)
  await run(
    `insert into bookshelves (workspace_id, id, name, position, created_at, updated_at)
     select $1, id, name, 'a' || id, now(), now() from unnest($2::uuid[], $3::text[]) as shelf (id, name)`,
    shelfNames.map(() => newId()),
    shelfNames,
  )
  const deletionId = newId()
  const made: Record<string, string> = {}
  const tag = async (
    what: string,
    name: string,
    parent: string | null = null,
    deletion: string | null = null,
  ) => {
    made[what] = newId()
    const parentId = parent === null ? null : made[parent]
    await run(
      `insert into tags (workspace_id, id, parent_id, ancestor_ids, name, name_key, color, created_at, updated_at, deletion_id)
       values ($1, $2, $3, $4, $5, $6, '#000000', now(), now(), $7)`,
      made[what],
      parentId,
      parentId === null ? [] : [parentId],
      name,
      oldKey(name),
      deletion,
    )
  }
  await tag('invisible', 'Read\u200bing')
  await tag('plain', 'Reading')
  await tag('marked', 'Reading\u200e')
  await tag('emoji', '❤\ufe0f')
  await tag('other', 'Persian')
  await tag('joined', 'می\u200cخواهم', 'other')
  await tag('unjoined', 'میخواهم', 'other')
  const trashed = newId()
  await run(
    `insert into deletions (workspace_id, id, kind, item_id, item_count, name, deleted_at, deleted_by, path, purge_after)
     values ($1, $2, 'TAG', $3, 3, 'Gone', now(), 'owner', '{}', now() + interval '1 day')`,
    deletionId,
    trashed,
  )
  await tag('gone', 'Gone', null, deletionId)
  await run('update deletions set item_id = $3 where workspace_id = $1 and id = $2', deletionId, made['gone'])
  await tag('goneA', 'Same', 'gone', deletionId)
  await tag('goneB', 'Sa\u00adme', 'gone', deletionId)
  await apply(db, (name) => name >= ours)
  return { db, workspaceId, tags: made }
}

interface Warning {
  readonly tagId?: string
}

const state: { old?: Old; ctx?: Ctx; warnings: Warning[] } = { warnings: [] }

function here() {
  const { old, ctx } = state
  if (!old || !ctx) throw new Error('It is there from beforeAll on.')
  return { ...old, ctx, id: (what: string) => old.tags[what] ?? '' }
}

const keys = async ({ db, workspaceId }: Old, table: string, name: string) => {
  const { rows } = await db.pool.query<{ name: string; key: string }>(
    `select ${name} as name, sort_key as key from ${table} where workspace_id = $1 order by sort_key, id`,
    [workspaceId],
  )
  return rows
}

beforeAll(async () => {
  const old = await oldLibrary()
  const ctx = await buildCtx(old.db)
  state.old = old
  state.ctx = { ...ctx, actor: { ...ctx.actor, workspaceId: old.workspaceId } }
})

test('until the job has run, names have the order of before and a total one, and a start enqueues the job', async () => {
  const { ctx, db } = here()
  const shelves = await keys(here(), 'bookshelves', 'name')
  expect(shelves.map(({ name }) => name)).toEqual([
    'Chapter 10',
    'Chapter 2',
    'x'.repeat(200),
    'Zebra',
    'Éclair',
    '银行',
  ])
  await continueNameKeys(ctx)
  const jobs = await db.pool.query(`select from jobs where name = 'store-name-keys'`)
  expect(jobs.rowCount).toBe(1)
})

test('the job sorts all names by the rules, also when two run at once, and changes nothing when it runs again', async () => {
  const { ctx, db, workspaceId } = here()
  const log = { ...ctx.log, warn: (fields: object) => void state.warnings.push(fields) }
  await Promise.all([storeNameKeys({ db, log }), storeNameKeys({ db, log })])
  const shelves = await keys(here(), 'bookshelves', 'name')
  expect(shelves.map(({ name }) => name)).toEqual([
    'Chapter 2',
    'Chapter 10',
    'Éclair',
    'x'.repeat(200),
    'Zebra',
    '银行',
  ])
  for (const { name, key } of [...shelves, ...(await keys(here(), 'tags', 'name'))])
    expect(key).toBe(sortKey(name))
  const workspace = await db.pool.query<{ sort_key: string }>(
    'select sort_key from workspaces where id = $1',
    [workspaceId],
  )
  expect(workspace.rows).toEqual([{ sort_key: sortKey('Öl') }])

  const before = await db.prisma.tag.findMany({ orderBy: { id: 'asc' } })
  await storeNameKeys({ db, log })
  expect(await db.prisma.tag.findMany({ orderBy: { id: 'asc' } })).toEqual(before)
  await db.pool.query(`delete from jobs`)
  await continueNameKeys(ctx)
  expect((await db.pool.query(`select from jobs`)).rowCount).toBe(0)
})

test('of siblings that look the same each keeps its name; the one that is as typed has the key, the others are reported', async () => {
  const { ctx, db, id, tags } = here()
  const rows = await db.prisma.tag.findMany({ where: { id: { in: Object.values(tags) } } })
  const keyOf = (what: string) => rows.find((row) => row.id === id(what))?.nameKey
  expect(keyOf('plain')).toBe('reading')
  expect(keyOf('invisible')).toBe(`reading\x01${id('invisible')}`)
  expect(keyOf('marked')).toBe(`reading\x01${id('marked')}`)
  expect(keyOf('emoji')).toBe('❤')
  expect(keyOf('joined')).toBe(nameKey('می\u200cخواهم'))
  expect(keyOf('unjoined')).toBe('میخواهم')
  expect(keyOf('goneB')).toBe(`same\x01${id('goneB')}`)
  expect(rows.find((row) => row.id === id('invisible'))?.name).toBe('Read\u200bing')
  expect(state.warnings.map(({ tagId }) => tagId).sort()).toEqual(
    [id('invisible'), id('marked'), id('goneB')].sort(),
  )
  expect(await checkTagNames(ctx)).toEqual([
    `tag ${id('invisible')} ("Read\u200bing"): its sibling ${id('plain')} has the same name; rename or merge one of them`,
    `tag ${id('marked')} ("Reading\u200e"): its sibling ${id('plain')} has the same name; rename or merge one of them`,
  ])
})

test('a new tag cannot have the name of a twin either, and a twin can be changed, renamed, merged and moved', async () => {
  const { ctx, id } = here()
  expect(await createTag(ctx, { name: 'READ\u2060ING' })).toBeInstanceOf(NameTaken)
  // A client sends all fields, the name as it is.
  const color = '#123456'
  const name = 'Read\u200bing'
  expect(succeeded(await updateTag(ctx, { tagId: id('invisible'), name, color }))).toMatchObject({
    name,
    color,
  })
  expect(await updateTag(ctx, { tagId: id('invisible'), name: 'reading' })).toBeInstanceOf(NameTaken)
  succeeded(await updateTag(ctx, { tagId: id('plain'), name: 'Writing' }))
  // Two twins are left: neither is free for a third one.
  expect(await createTag(ctx, { name: 'Reading' })).toBeInstanceOf(NameTaken)
  expect(
    await moveTag(ctx, {
      tagId: (await buildTag(ctx, { name: 'Reading', parentId: id('other') })).id,
      topLevel: true,
    }),
  ).toBeInstanceOf(NameTaken)
  succeeded(await mergeTags(ctx, { sourceTagId: id('marked'), targetTagId: id('invisible') }))
  expect(await checkTagNames(ctx)).toEqual([])
  succeeded(await updateTag(ctx, { tagId: id('invisible'), name: 'Reading' }))
})

test('a twin comes back from the trash with its parent, and alone only when its name is free', async () => {
  const { ctx, id } = here()
  const restore = (what: string) => restoreItem(ctx, { itemId: id(what) })
  succeeded(await restore('gone'))
  const names = await ctx.db.prisma.tag.findMany({ where: { parentId: id('gone'), deletionId: null } })
  expect(names.map((tag) => tag.name).sort()).toEqual(['Sa\u00adme', 'Same'].sort())
  succeeded(await trashItem(ctx, { kind: 'TAG', id: id('goneB') }))
  expect(await restore('goneB')).toMatchObject({ __typename: 'RestoreConflict' })
  succeeded(await updateTag(ctx, { tagId: id('goneA'), name: 'Another' }))
  succeeded(await restore('goneB'))
})
