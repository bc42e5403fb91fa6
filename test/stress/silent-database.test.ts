import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Db, openDb, snapshot, transact } from '../../src/db/client.ts'
import { openSessionLocks, type SessionLocks } from '../../src/db/postgres/session-locks.ts'
import { sql } from '../../src/db/sql.ts'
import { DatabaseUnavailable } from '../../src/domain/database-unavailable.ts'
import { useDatabase } from '../support/database.ts'
import { untilWaiting } from '../support/waiting.ts'
import { startProxy } from '../support/proxy.ts'

const database = useDatabase()

/** Short, so that the tests are; long enough for a busy machine to answer in time. */
const answerMs = 2_000

let proxy: Awaited<ReturnType<typeof startProxy>>
let db: Db
let locks: SessionLocks

beforeEach(async () => {
  const { host, port, user, database: name } = database.connection
  proxy = await startProxy(`${host}/.s.PGSQL.${port}`)
  const connection = { host: '127.0.0.1', port: proxy.port, user, database: name }
  db = openDb(connection, 3, () => {}, answerMs)
  locks = openSessionLocks(connection, () => {}, answerMs)
})
afterEach(async () => {
  proxy.close()
  await db.close()
  await locks.close()
})

/** What is asked of the database in every way there is. */
const ways: readonly [string, () => Promise<unknown>][] = [
  ['a statement', () => db.query(sql`select 1`)],
  ["a statement of Prisma's", () => db.prisma.workspace.findMany()],
  ['a transaction', () => transact(db, (tx) => tx.query(sql`select 1`))],
  ["a transaction of Prisma's statements", () => transact(db, (tx) => tx.workspace.findMany())],
  ['a snapshot', () => snapshot(db, (tx) => tx.workspace.findMany())],
  ['a connection of the pool', () => db.pool.query('select 1')],
  ['a lock', async () => (await locks.take('one', 0, () => {}))?.free()],
]

const doAll = () => Promise.allSettled(ways.map(([, work]) => work()))

/** The ways whose outcome is not that the database is unavailable. */
const othersIn = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  outcomes.flatMap((outcome, index) => {
    if (outcome.status === 'rejected' && outcome.reason instanceof DatabaseUnavailable) return []
    return [[ways[index]?.[0], outcome]]
  })

const expectAllWell = async () => {
  for (const [, work] of ways) await work()
}

test('a database that stops answering fails everything that waits, and works again when it answers', async () => {
  await expectAllWell()
  proxy.hang()
  expect(othersIn(await doAll())).toEqual([])
  // Now there are no connections, and none can be opened.
  expect(othersIn(await doAll())).toEqual([])
  proxy.up()
  await expect
    .poll(() =>
      db.query(sql`select 1`).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true)
  await expectAllWell()
})

test('a transaction whose answers stop in the middle fails, and gives its connection back', async () => {
  const inTheMiddle = () =>
    transact(db, async (tx) => {
      await tx.query(sql`select 1`)
      proxy.silence()
      await tx.query(sql`select 2`)
    })
  for (let round = 0; round < 4; round += 1)
    await expect(inTheMiddle()).rejects.toBeInstanceOf(DatabaseUnavailable)
  await expectAllWell()
})

test('one connection that loses a statement is replaced, while the others work', async () => {
  await db.query(sql`select 1`)
  proxy.silence()
  await expect(db.query(sql`select 1`)).rejects.toBeInstanceOf(DatabaseUnavailable)
  await expectAllWell()
})

test('those who wait for a free connection do not wait longer than those who have one', async () => {
  await db.query(sql`select 1`)
  proxy.hang()
  const many = await Promise.allSettled(Array.from({ length: 30 }, () => db.query(sql`select 1`)))
  expect(many.filter(({ status }) => status === 'fulfilled')).toEqual([])
})

test('those who wait for a free connection for too long hear that the database is busy', async () => {
  const crowded = openDb(database.connection, 1, () => {}, 500)
  const held = await crowded.pool.connect()
  await expect(crowded.query(sql`select 1`)).rejects.toThrow('Raise DATABASE_POOL_SIZE')
  held.release()
  expect(await crowded.query(sql`select 1 as one`)).toEqual([{ one: 1 }])
  await crowded.close()
})

test('a statement that takes long is left alone, also when it waits for a lock', async () => {
  const held = await database.db.pool.connect()
  await held.query('begin')
  await held.query('select pg_advisory_xact_lock(1)')
  const slow = db.query<{ done: number }>(sql`select 1 as done from pg_sleep(${(2 * answerMs) / 1000}::int)`)
  const waits = transact(db, (tx) => tx.query(sql`select 2 as done from pg_advisory_xact_lock(1)`))
  await untilWaiting(database.db, 1, waits)
  expect(await slow).toEqual([{ done: 1 }])
  await held.query('rollback')
  held.release()
  expect(await waits).toEqual([{ done: 2 }])
})

test.each([
  ['broken', () => proxy.cut()],
  ['gone', () => proxy.down()],
])('a connection that is %s in the middle of a statement fails it', async (_what, end) => {
  await db.query(sql`select 1`)
  const asked = [
    db.query(sql`select pg_sleep(600)`),
    transact(db, (tx) => tx.query(sql`select pg_sleep(600)`)),
    transact(db, (tx) => tx.$queryRaw`select 1 from pg_sleep(600)`),
  ]
  const outcomes = Promise.allSettled(asked)
  await expect.poll(async () => (await database.db.pool.query(sleepers)).rowCount).toBe(3)
  end()
  for (const outcome of await outcomes)
    expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(DatabaseUnavailable) as Error })
  proxy.up()
  await expectAllWell()
  await database.db.pool.query(`select pg_terminate_backend(pid) from (${sleepers}) as sleeper`)
})

const sleepers = `select pid from pg_stat_activity where query like '%pg_sleep(600)%' and state = 'active'
  and pid <> pg_backend_pid() and datname = current_database()`

test.each(['53300', '53400', '57P01', '57P02', '57P03', '25006', '57014', '55P03', '58030', '08006'])(
  'the error %s of PostgreSQL says that the database is unavailable',
  async (code) => {
    const raise = `do $$ begin raise exception 'no' using errcode = '${code}'; end $$`
    const asked = [
      db.pool.query(raise),
      transact(db, (tx) => tx.$executeRawUnsafe(raise)),
      db.prisma.$executeRawUnsafe(raise),
    ]
    for (const outcome of await Promise.allSettled(asked)) {
      const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined
      expect(reason).toBeInstanceOf(DatabaseUnavailable)
      expect(String(reason)).toContain(code)
    }
  },
)

test.each(['23505', '22P02', '42601', '40001'])('the error %s of PostgreSQL does not', async (code) => {
  const raise = `do $$ begin raise exception 'no' using errcode = '${code}'; end $$`
  const error: unknown = await db.pool.query(raise).catch((reason: unknown) => reason)
  expect(error).not.toBeInstanceOf(DatabaseUnavailable)
})

test('after a standby refused a write, the next request gets another connection', async () => {
  const processOf = async () => (await db.query<{ pid: number }>(sql`select pg_backend_pid() as pid`))[0]?.pid
  const before = await processOf()
  await db.pool.query(`begin read only; create table t()`).catch(() => null)
  await db.pool.query('rollback')
  expect(await processOf()).not.toBe(before)
})

test('a database that takes no connection is unavailable, whatever its reason', async () => {
  const { connection } = database
  const connections = [
    { ...connection, host: '127.0.0.1', port: 1 },
    { ...connection, database: 'no_such_database' },
    { ...connection, user: 'nobody_here' },
    { connectionString: 'postgres://nobody@no-such-host.invalid/none' },
  ]
  for (const wrong of connections) {
    const closed = openDb(wrong, 2, () => {}, answerMs)
    await expect(closed.prisma.workspace.findMany()).rejects.toBeInstanceOf(DatabaseUnavailable)
    await expect(closed.query(sql`select 1`)).rejects.toBeInstanceOf(DatabaseUnavailable)
    await closed.close()
  }
})
