import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, inject } from 'vitest'
import { type Db, openDb } from '../../src/db/client.ts'
import { startProxy } from './proxy.ts'

/** A database of this test file alone, a copy of the migrated template, or of another one that has no connections. */
export function useDatabase({ poolSize = 10, template = (): string => 'wordloom' } = {}) {
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
    await asOwner(`create database ${name} template ${template()} strategy file_copy`)
    opened.db = openDb(connection(name), poolSize, () => {})
  })
  afterAll(async () => {
    await opened.db?.close()
    await asOwner(`drop database ${name} with (force)`)
  })
  return {
    name,
    /** Ends all connections, so that copies can be made of it. */
    end: async () => {
      await opened.db?.close()
      delete opened.db
      await asOwner(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    },
    get db(): Db {
      if (!opened.db) throw new Error('The database is there from beforeAll on.')
      return opened.db
    },
    get connection() {
      return connection(name)
    },
  }
}

/** The same database behind a proxy, on which the way to it can break. Its limit is `answerMs`. */
export function useWayTo(database: ReturnType<typeof useDatabase>, answerMs: number) {
  const opened: { db?: Db; proxy?: Awaited<ReturnType<typeof startProxy>> } = {}
  const proxy = () => {
    if (!opened.proxy) throw new Error('The proxy is there from beforeAll on.')
    return opened.proxy
  }
  const connection = () => ({ ...database.connection, host: '127.0.0.1', port: proxy().port })
  beforeAll(async () => {
    const { host, port } = database.connection
    opened.proxy = await startProxy(`${host}/.s.PGSQL.${port}`)
    opened.db = openDb(connection(), 4, () => {}, answerMs)
  })
  afterAll(async () => {
    opened.proxy?.close()
    await opened.db?.close()
  })
  return {
    get db(): Db {
      if (!opened.db) throw new Error('The database is there from beforeAll on.')
      return opened.db
    },
    get connection() {
      return connection()
    },
    get proxy() {
      return proxy()
    },
  }
}
