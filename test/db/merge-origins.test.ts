import { expect, test } from 'vitest'
import { migrate } from '../../src/db/postgres/migrate.ts'
import { useScratchDatabases } from '../support/scratch.ts'

const scratch = useScratchDatabases()

const id = (number: number) => `00000000-0000-7000-8000-00000000000${number}`
const [a, b, c, z] = [id(1), id(2), id(3), id(4)]
const [ofA, ofB, lost] = [id(1), id(2), id(3)]
const [intoB, intoC, undone] = [id(5), id(6), id(7)]

/** The tables of tags as they were before, with the merges of A into B and of B into C, and one that is undone. */
const before = `
  alter table tag_associations drop column merged_from, add column merge_id uuid;
  alter table tag_aliases drop column merged_from, drop column name_key, add column merge_id uuid;
  alter table tag_merges drop column source_id, add column deletion_id uuid;
  alter table tag_merges add constraint tag_merges_pkey primary key (workspace_id, deletion_id);
  delete from _prisma_migrations where migration_name like '%_merge_origins';
  insert into deletions (workspace_id, id, kind, item_id, item_count, name, deleted_at, deleted_by, path, purge_after,
      restored_at)
    select id, deletion, 'TAG', item, 1, 'Tag', now(), 'owner', '{}', now(), restored
    from (select id from workspaces) as workspace,
      (values ('${intoB}'::uuid, '${a}'::uuid, null::timestamptz), ('${intoC}', '${b}', null),
      ('${undone}', '${z}', now())) as one (deletion, item, restored);
  insert into tags (workspace_id, id, ancestor_ids, name, name_key, sort_key, color, created_at, updated_at,
      created_by, updated_by, deletion_id)
    select id, tag, '{}', name, lower(name), lower(name), '#336699', now(), now(), 'owner', 'owner', deletion
    from (select id from workspaces) as workspace,
      (values ('${a}'::uuid, 'A', '${intoB}'::uuid), ('${b}', 'B', '${intoC}'), ('${c}', 'C', null),
      ('${z}', 'Z', null)) as one (tag, name, deletion);
  insert into tag_merges (workspace_id, deletion_id, target_id, moved_child_ids)
    select id, deletion, target, '{}'
    from (select id from workspaces) as workspace,
      (values ('${intoB}'::uuid, '${b}'::uuid), ('${intoC}', '${c}'), ('${undone}', '${c}'))
      as one (deletion, target);
  insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at, created_by, updated_by)
    select workspace.id, shelf.id, 'Shelf', 'shelf', 'a' || shelf.id, now(), now(), 'owner', 'owner'
    from (select id from workspaces) as workspace, unnest('{${ofA},${ofB},${lost}}'::uuid[]) as shelf (id);
  insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, merge_id, created_at)
    select id, tag, 'BOOKSHELF', shelf, merge, now()
    from (select id from workspaces) as workspace,
      (values ('${a}'::uuid, '${ofA}'::uuid, null::uuid), ('${b}', '${ofA}', '${intoB}'),
      ('${c}', '${ofA}', '${intoC}'), ('${b}', '${ofB}', null), ('${c}', '${ofB}', '${intoC}'),
      ('${c}', '${lost}', '${intoC}')) as one (tag, shelf, merge);
  insert into tag_aliases (workspace_id, id, tag_id, name, merge_id, created_at)
    select id, gen_random_uuid(), tag, name, merge, now()
    from (select id from workspaces) as workspace,
      (values ('${b}'::uuid, 'A', '${intoB}'::uuid), ('${c}', 'A', '${intoC}'), ('${c}', 'B', '${intoC}'),
      ('${c}', 'By hand', null)) as one (tag, name, merge)`

test('merges from before become those of their sources, and what they brought names the tag it comes from', async () => {
  const { db } = await scratch()
  await migrate(db)
  await db.pool.query(before)
  expect(await migrate(db)).toEqual(['20261201000020_merge_origins'])

  const merges = await db.prisma.tagMerge.findMany({ orderBy: { sourceId: 'asc' } })
  expect(merges).toMatchObject([
    { sourceId: a, targetId: b },
    { sourceId: b, targetId: c },
  ])
  const associations = await db.prisma.tagAssociation.findMany({
    orderBy: [{ tagId: 'asc' }, { entityId: 'asc' }],
  })
  expect(associations.map(({ tagId, entityId, mergedFrom }) => [tagId, entityId, mergedFrom])).toEqual([
    [a, ofA, []],
    [b, ofA, [a]],
    [b, ofB, []],
    [c, ofA, [a]],
    [c, ofB, [b]],
    // The source has it no more, so nothing can take it back.
    [c, lost, []],
  ])
  const aliases = await db.prisma.tagAlias.findMany({ orderBy: [{ tagId: 'asc' }, { name: 'asc' }] })
  expect(aliases.map(({ tagId, name, mergedFrom }) => [tagId, name, mergedFrom])).toEqual([
    [b, 'A', a],
    [c, 'A', a],
    [c, 'B', b],
    [c, 'By hand', null],
  ])
})
