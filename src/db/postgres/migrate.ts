import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type pg from 'pg'
import type { Db } from '../client.ts'

const folder = new URL('../../../prisma/migrations/', import.meta.url)

/** An arbitrary number that nothing else in the database locks. */
const migrationLock = 7_221_301

const historyTable = `create table if not exists _prisma_migrations (
  id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
  logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0)`

interface Migration {
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

async function migrations(): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(new URL(`${name}/migration.sql`, folder), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

async function applied(client: pg.Pool | pg.PoolClient) {
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    'select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null',
  )
  return new Map(rows.map((row) => [row.migration_name, row]))
}

/**
 * Applies pending migrations, each in its own transaction, and returns their names. Maintains Prisma's history table,
 * so that Prisma's tools can take over. Safe if many servers start at once.
 */
export async function migrate(db: Db): Promise<string[]> {
  const client = await db.pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock])
    await client.query(historyTable)
    const done = await applied(client)
    const names: string[] = []
    for (const { name, sql, checksum } of await migrations()) {
      const before = done.get(name)
      if (before && before.checksum !== checksum) {
        throw new Error(
          `Migration ${name} was changed after it was applied. Restore the file, or use another database.`,
        )
      }
      if (before) continue
      await client.query('begin')
      await client.query(sql)
      await client.query(
        `insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
         values ($1, $2, $3, now(), 1)`,
        [randomUUID(), checksum, name],
      )
      await client.query('commit')
      names.push(name)
    }
    return names
  } finally {
    // Closing the connection rolls back an open transaction and releases the lock.
    client.release(true)
  }
}

/** The names of the pending migrations. */
export async function pendingMigrations(db: Db): Promise<string[]> {
  const done = await applied(db.pool)
  return (await migrations()).map(({ name }) => name).filter((name) => !done.has(name))
}
