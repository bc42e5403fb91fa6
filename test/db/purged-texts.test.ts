import { expect, test } from 'vitest'
import { purgedTexts } from '../../src/db/trash/purged-texts.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()

const file = 'src/db/trash/purged-texts.ts'

/** The columns with text of every table. An enum is no text: it has only words of the schema. */
async function textsByTable() {
  const { rows } = await database.db.pool.query<{ table: string; texts: string[] }>(
    `select tables.table_name as table,
       array_remove(array_agg(columns.column_name::text order by ordinal_position), null) as texts
     from information_schema.tables left join information_schema.columns on columns.table_schema = tables.table_schema
       and columns.table_name = tables.table_name
       and columns.udt_name in ('text', '_text', 'varchar', '_varchar', 'bpchar', 'json', 'jsonb', '_jsonb')
     where tables.table_schema = 'public' and tables.table_type = 'BASE TABLE'
       and tables.table_name <> '_prisma_migrations'
     group by tables.table_name`,
  )
  return new Map(rows.map(({ table, texts }) => [table, texts]))
}

test('it is decided of every table whether a purge removes its rows', async () => {
  const tables = [...(await textsByTable()).keys()].sort()
  const { left, removed, untouched } = purgedTexts
  const decided = [left, removed, untouched].flatMap(Object.keys).sort()
  expect(decided, `Every table stands once in ${file}, as left, removed or untouched.`).toEqual(tables)
})

test('it is decided of every text in a row that a purge leaves whether it is erased', async () => {
  const texts = await textsByTable()
  const undecided = Object.entries(purgedTexts.left).flatMap(([table, fates]) =>
    (texts.get(table) ?? [])
      .filter((column) => !Object.hasOwn(fates, column))
      .map((column) => `${table}.${column}`),
  )
  expect(undecided, `Say in ${file} whether a purge erases these texts or keeps them, and why.`).toEqual([])
  const unknown = Object.entries(purgedTexts.left).flatMap(([table, fates]) =>
    Object.keys(fates)
      .filter((column) => !texts.get(table)?.includes(column))
      .map((column) => `${table}.${column}`),
  )
  expect(unknown, `${file} names texts that no table has.`).toEqual([])
})

test.each(['upload_reservations', 'search_segments', 'search_backfills'])('%s has no text', async (table) => {
  expect((await textsByTable()).get(table)).toEqual([])
})
