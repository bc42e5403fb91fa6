import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { type Db, openDb } from '../../src/db/client.ts'

const ignore = () => {}

/** Makes empty databases, as many as a test needs; they are dropped after the test file. */
export function useScratchDatabases() {
  const opened: { name: string; db: Db }[] = []
  const connection = (database: string) => ({
    host: inject('postgresSocket'),
    port: 5432,
    user: 'wordloom',
    database,
  })
  const asOwner = async (statement: string) => {
    const admin = new pg.Client(connection('postgres'))
    await admin.connect()
    await admin.query(statement)
    await admin.end()
  }
  afterAll(async () => {
    for (const { name, db } of opened) {
      await db.close()
      await asOwner(`drop database ${name} with (force)`)
    }
  })
  return async () => {
    const name = `scratch_${randomUUID().replaceAll('-', '')}`
    await asOwner(`create database ${name} template template0`)
    const db = openDb(connection(name), 10, ignore)
    opened.push({ name, db })
    return { db, connection: connection(name) }
  }
}
