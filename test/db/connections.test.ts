import { expect, test } from 'vitest'
import { openDb } from '../../src/db/client.ts'
import { sql } from '../../src/db/sql.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()

test('no connection compiles statements, whatever the settings of the database are', async () => {
  await database.db.pool.query(`alter database ${database.connection.database} set jit = on`)
  const db = openDb(database.connection, 3, () => {})
  try {
    const asked = Array.from({ length: 3 }, () =>
      db.query<{ jit: string }>(sql`select current_setting('jit') as jit from pg_sleep(0.05)`),
    )
    expect((await Promise.all(asked)).flat().map(({ jit }) => jit)).toEqual(['off', 'off', 'off'])
  } finally {
    await db.close()
  }
})
