import { expect, test } from 'vitest'
import type { Db } from '../../src/db/client.ts'
import { useDatabase } from '../support/database.ts'
import { sqlOfPrismaSchema } from '../support/prisma-schema.ts'
import { useScratchDatabases } from '../support/scratch.ts'
import { referencesToPeople, tablesOfPeople } from '../support/people.ts'

const database = useDatabase()
const scratch = useScratchDatabases()

const queries = {
  // Prisma takes null for an empty list and cannot say that a list is never null; a test of its own does.
  columns: `
    select table_name, column_name, udt_name, is_nullable = 'YES' and data_type <> 'ARRAY' as nullable, column_default, datetime_precision, character_maximum_length
    from information_schema.columns where table_schema = 'public' and table_name <> '_prisma_migrations'
    order by table_name, column_name`,
  enums: `
    select typname, string_agg(enumlabel, ', ' order by enumsortorder) as labels
    from pg_enum join pg_type on pg_type.oid = enumtypid join pg_namespace on pg_namespace.oid = typnamespace
    where nspname = 'public' group by typname order by typname`,
  keys: `
    select conrelid::regclass::text as table_name, contype, pg_get_constraintdef(oid) as definition
    from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'f')
      and conrelid <> coalesce(to_regclass('_prisma_migrations'), 0)
    order by 1, 2, 3`,
  // Partial and functional indexes are more than Prisma can say; that a column is unique it can.
  uniqueColumns: `
    select indrelid::regclass::text as table_name, array(
      select attname::text from unnest(indkey) with ordinality as key (number, place)
      join pg_attribute on attrelid = indrelid and attnum = key.number order by place) as columns
    from pg_index join pg_class on pg_class.oid = indexrelid
    where relnamespace = 'public'::regnamespace and indisunique and indpred is null and indexprs is null
      and indrelid <> coalesce(to_regclass('_prisma_migrations'), 0)
    order by 1, 2`,
}

async function shapeOf({ pool }: Db, name: keyof typeof queries) {
  const { rows } = await pool.query<Record<string, unknown>>(queries[name])
  return rows
}

const described: { db?: Db } = {}

async function describedDatabase() {
  if (described.db) return described.db
  const { db, connection } = await scratch()
  await db.pool.query(await sqlOfPrismaSchema(connection))
  described.db = db
  return db
}

test.each([
  ['columns', 110],
  ['enums', 5],
  ['keys', 30],
  ['uniqueColumns', 15],
] as const)('the migrated database has the %s that schema.prisma describes', async (name, atLeast) => {
  const migrated = await shapeOf(database.db, name)
  expect(migrated.length).toBeGreaterThanOrEqual(atLeast)
  expect(migrated).toEqual(await shapeOf(await describedDatabase(), name))
})

test('no list is null', async () => {
  const { rows } = await database.db.pool.query(
    `select table_name, column_name from information_schema.columns
     where table_schema = 'public' and data_type = 'ARRAY' and is_nullable = 'YES'`,
  )
  expect(rows).toEqual([])
})

test('every table belongs to a workspace, by its key and by what it refers to', async () => {
  const { rows } = await database.db.pool.query<{ table_name: string; definition: string }>(
    `select conrelid::regclass::text as table_name, pg_get_constraintdef(oid) as definition from pg_constraint
     where connamespace = 'public'::regnamespace and contype in ('p', 'f')`,
  )
  // The keys that sign URLs of media prove who made a URL; the workspace is in what they sign.
  const free = ['workspaces', '_prisma_migrations', 'media_url_keys', 'removal_runs', ...tablesOfPeople]
  const odd = rows.filter(
    ({ table_name: table, definition }) =>
      !free.includes(table) &&
      !/\((workspace_id|workspace_id, .*)\)/.test(definition) &&
      !referencesToPeople.test(definition),
  )
  expect(odd).toEqual([])
})

test('every foreign key can be followed backwards by an index', async () => {
  const { rows } = await database.db.pool.query(
    `select conrelid::regclass::text as table_name, pg_get_constraintdef(con.oid) as definition
     from pg_constraint con
     where connamespace = 'public'::regnamespace and contype = 'f' and not exists (
       select from pg_index where indrelid = conrelid
         and (string_to_array(indkey::text, ' ')::int2[])[1:cardinality(conkey)] @> conkey)`,
  )
  expect(rows).toEqual([])
})
