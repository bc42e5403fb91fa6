import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, inject } from 'vitest'
import { type Db, openDb } from '../../src/db/client.ts'

/** A database of this test file alone, a copy of the migrated template. */
export function useDatabase({ poolSize = 10 } = {}) {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const connection = (database: string) => ({
    host: inject('postgresSocket'),
    port: 5432,
    user: 'wordloom',
    database,
  })
  const opened: { db?: Db } = {}
  const asOwner = async (statement: string) => {
    const admin = new pg.Client(connection('postgres'))
    await admin.connect()
    await admin.query(statement)
    await admin.end()
  }
  beforeAll(async () => {
    // Files that are copied take half the time of pages that are logged.
    await asOwner(`create database ${name} template wordloom strategy file_copy`)
    opened.db = openDb(connection(name), poolSize, () => {})
  })
  afterAll(async () => {
    await opened.db?.close()
    await asOwner(`drop database ${name} with (force)`)
  })
  return {
    get db(): Db {
      if (!opened.db) throw new Error('The database is there from beforeAll on.')
      return opened.db
    },
    get connection() {
      return connection(name)
    },
  }
}
