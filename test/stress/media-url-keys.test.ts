import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { type Db, openDb } from '../../src/db/client.ts'
import { longestMediaUrlMs, MediaUrlInvalid } from '../../src/domain/media-url.ts'
import { type MediaUrls, newId } from '../../src/usecases/context.ts'
import { openMediaUrls } from '../../src/usecases/media/media-urls.ts'
import { rotateMediaUrlKeys } from '../../src/usecases/media/rotate-media-url-keys.ts'
import { useDatabase } from '../support/database.ts'
import { claimOf, withClaims } from '../support/media/signed-url.ts'

const database = useDatabase()
const clock = { ms: Date.now() }
const now = () => new Date(clock.ms)

/** What one server of several knows of the keys. */
const server = (db: Db = database.db, refreshMs?: number) =>
  openMediaUrls({ db, now }, { hours: 1, windowHours: 1 }, refreshMs)
const rotate = (revoke = false, databaseNow = () => Promise.resolve(now())) =>
  rotateMediaUrlKeys({ db: database.db, now, databaseNow }, { revoke })
const keyCount = () => database.db.prisma.mediaUrlKey.count()

const media = { id: newId(), workspaceId: newId(), trashed: false }

async function given(by: MediaUrls) {
  const path = await by.sign(media)
  return { id: media.id, path, query: queryOf(path), keyId: claimOf(path).keyId }
}

const queryOf = (path: string) => Object.fromEntries(new URL(path, 'http://localhost').searchParams)

/** The URL with another key. */
const withKey = ({ path }: { path: string }, keyId: string) => ({
  id: media.id,
  query: queryOf(withClaims(new URL(path, 'http://localhost').href, { keyId })),
})

const valid = expect.objectContaining(media) as unknown
const invalid = expect.any(MediaUrlInvalid) as unknown
const isRetired = ({ keyId }: { keyId: string }) =>
  database.db.prisma.mediaUrlKey.findUnique({ where: { id: keyId } }).then((key) => key?.retiredAt !== null)

/** How many statements the pool runs during `work`. */
async function statementCount(work: () => Promise<unknown>) {
  const { pool } = database.db
  const query = Reflect.get(pool, 'query') as (...args: unknown[]) => unknown
  let count = 0
  Reflect.set(pool, 'query', (...args: unknown[]) => {
    count += 1
    return Reflect.apply(query, pool, args)
  })
  try {
    await work()
  } finally {
    Reflect.set(pool, 'query', query)
  }
  return count
}

beforeEach(() => database.db.pool.query('truncate media_url_keys'))

test('servers that start at once make one key, with which each verifies what the others signed', async () => {
  const pools = Array.from({ length: 8 }, () => openDb(database.connection, 2, () => {}))
  const servers = pools.map((db) => server(db))
  const urls = await Promise.all(servers.map(given))
  expect(await keyCount()).toBe(1)
  expect(new Set(urls.map(({ path }) => path)).size).toBe(1)
  for (const each of servers) for (const url of urls) expect(await each.verify(url)).toEqual(valid)
  await Promise.all(pools.map((db) => db.close()))
})

test('only one key can sign, whoever writes it', async () => {
  await given(server())
  const second = { id: 'second', secret: new Uint8Array(32), createdAt: now() }
  await expect(database.db.prisma.mediaUrlKey.create({ data: second })).rejects.toThrow(/unique/i)
})

test('the keys are read once for many URLs', async () => {
  const one = server()
  const url = await given(one)
  const count = await statementCount(async () => {
    for (let index = 0; index < 100; index += 1) await one.verify(await given(one))
  })
  expect(count).toBe(0)
  expect(await one.verify(url)).toEqual(valid)
})

test('after a rotation the new key signs, and what the old one signed stays valid until it expires', async () => {
  const [one, two] = [server(), server()]
  const old = await given(one)
  expect(await two.verify(old)).toEqual(valid)

  await rotate()
  // A server that starts now signs with the new key; one that does not know it yet learns of it by the URL.
  const fresh = await given(server())
  expect(fresh.keyId).not.toBe(old.keyId)
  for (const each of [one, two, server()]) {
    expect(await each.verify(fresh)).toEqual(valid)
    expect(await each.verify(old)).toEqual(valid)
  }
  expect(await isRetired(await given(one))).toBe(false)

  clock.ms += 3 * 3_600_000
  for (const each of [one, two]) expect(await each.verify(old)).toMatchObject({ code: 'MEDIA_URL_EXPIRED' })
  clock.ms -= 3 * 3_600_000
})

test('after a revocation no server takes what was signed before, a few seconds later at the latest', async () => {
  const refreshMs = 500
  const [one, two] = [server(database.db, refreshMs), server(database.db, refreshMs)]
  const old = await given(one)
  expect(await two.verify(old)).toEqual(valid)
  const { id, removedCount } = await rotate(true)
  expect(removedCount).toBe(1)
  expect(await server().verify(old)).toEqual(invalid)
  await delay(refreshMs)
  for (const each of [one, two]) {
    expect(await each.verify(old)).toEqual(invalid)
    const fresh = await given(each)
    expect(fresh.keyId).toBe(id)
    expect(await each.verify(fresh)).toEqual(valid)
  }
})

test('URLs with made-up keys make the keys be read once a second at most', async () => {
  const one = server()
  const url = await given(one)
  const forged = Array.from({ length: 500 }, (_, index) => withKey(url, `made-up-${index}`))
  const startedAt = Date.now()
  const count = await statementCount(async () => {
    for (const answer of await Promise.all(forged.map((each) => one.verify(each)))) {
      expect(answer).toEqual(invalid)
    }
  })
  expect(count).toBeGreaterThan(0)
  expect(count).toBeLessThanOrEqual((Date.now() - startedAt) / 1000 + 1)
})

test('a new key is taken also while others ask for made-up ones', async () => {
  const one = server()
  const url = await given(one)
  const forge = () => one.verify(withKey(url, 'made-up'))
  const first = forge()
  await rotate()
  const fresh = await given(server())
  const [, taken] = await Promise.all([forge(), one.verify(fresh), forge(), first])
  expect(taken).toEqual(valid)
})

test('two rotations at once leave one key that signs', async () => {
  await given(server())
  await Promise.all([rotate(), rotate(), rotate(), rotate(true)])
  expect(await database.db.prisma.mediaUrlKey.count({ where: { retiredAt: null } })).toBe(1)
})

test('a key is forgotten when nothing it signed can be valid any more', async () => {
  await given(server())
  await rotate()
  clock.ms += longestMediaUrlMs - 1
  await rotate()
  expect(await keyCount()).toBe(3)
  clock.ms += 2
  // By the clock of the database it is not over.
  expect((await rotate(false, () => Promise.resolve(new Date(clock.ms - 2)))).removedCount).toBe(0)
  expect((await rotate()).removedCount).toBe(1)
  clock.ms -= longestMediaUrlMs + 1
})

test('a database that fails for a moment is asked again', async () => {
  const db = openDb(database.connection, 1, () => {})
  const one = server(db)
  await db.pool.query(`set lock_timeout = 1`)
  const blocker = await database.db.pool.connect()
  try {
    await blocker.query('begin')
    await blocker.query('lock table media_url_keys')
    await expect(given(one)).rejects.toThrow(/timeout/)
  } finally {
    await blocker.query('rollback')
    blocker.release()
  }
  await db.pool.query(`set lock_timeout = 0`)
  expect(await one.verify(await given(one))).toEqual(valid)
  await db.close()
})
