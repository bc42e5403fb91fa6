import { expect, test } from 'vitest'
import { transact, type Tx } from '../../src/db/client.ts'
import { literal, sql } from '../../src/db/sql.ts'
import { NotFound } from '../../src/domain/failure.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { buildCtx, buildShelf, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
removeTemporaryFolders()

const jobs = async (blobId: string) => {
  const { rows } = await database.db.pool.query(`select from jobs where payload->>'blobId' = $1`, [blobId])
  return rows.length
}

async function renameAndEnqueue(ctx: Ctx, tx: Tx, id: string, name: string) {
  const { workspaceId } = ctx.actor
  await tx.bookshelf.update({ where: { workspaceId_id: { workspaceId, id } }, data: { name } })
  await ctx.queue.enqueue(tx, 'render-thumbnails', { workspaceId, blobId: id })
}

const nameOf = async ({ actor: { workspaceId } }: Ctx, id: string) =>
  (await database.db.prisma.bookshelf.findUniqueOrThrow({ where: { workspaceId_id: { workspaceId, id } } }))
    .name

test('what is returned is committed, with the jobs', async () => {
  const ctx = await buildCtx(database.db)
  const { id } = await buildShelf(ctx)
  const result = await transact(ctx.db, async (tx) => {
    await renameAndEnqueue(ctx, tx, id, 'New')
    return 'done'
  })
  expect([result, await nameOf(ctx, id), await jobs(id)]).toEqual(['done', 'New', 1])
})

test('a returned failure takes everything back, with the jobs', async () => {
  const ctx = await buildCtx(database.db)
  const { id, name } = await buildShelf(ctx)
  const failure = new NotFound('Bookshelf', id)
  const result = await transact(ctx.db, async (tx) => {
    await renameAndEnqueue(ctx, tx, id, 'New')
    return failure
  })
  expect([result, await nameOf(ctx, id), await jobs(id)]).toEqual([failure, name, 0])
})

test('a thrown error takes everything back, with the jobs, and is not tried again', async () => {
  const ctx = await buildCtx(database.db)
  const { id, name } = await buildShelf(ctx)
  let attempts = 0
  const work = transact(ctx.db, async (tx) => {
    attempts += 1
    await renameAndEnqueue(ctx, tx, id, 'New')
    throw new Error('bug')
  })
  await expect(work).rejects.toThrow('bug')
  expect([attempts, await nameOf(ctx, id), await jobs(id)]).toEqual([1, name, 0])
})

test('others see nothing of it before it is committed', async () => {
  const ctx = await buildCtx(database.db)
  const { id, name } = await buildShelf(ctx)
  await transact(ctx.db, async (tx) => {
    await renameAndEnqueue(ctx, tx, id, 'New')
    expect([await nameOf(ctx, id), await jobs(id)]).toEqual([name, 0])
  })
  expect([await nameOf(ctx, id), await jobs(id)]).toEqual(['New', 1])
})

/** Two transactions that take the same two locks in opposite orders, each when the other has its first one. */
async function crosswise(ctx: Ctx, change: (tx: Tx, id: string) => Promise<unknown>) {
  const [one, other] = [(await buildShelf(ctx)).id, (await buildShelf(ctx)).id]
  const attempts = { count: 0 }
  let open = () => {}
  const bothHold = new Promise<void>((resolve) => (open = resolve))
  let holding = 0
  const run = (first: string, second: string) =>
    transact(ctx.db, async (tx) => {
      attempts.count += 1
      await change(tx, first)
      holding += 1
      if (holding >= 2) open()
      await bothHold
      await change(tx, second)
    })
  await Promise.all([run(one, other), run(other, one)])
  return { attempts: attempts.count, ids: [one, other] }
}

test.each([
  [
    "Prisma's own statements",
    (ctx: Ctx) => (tx: Tx, id: string) =>
      tx.bookshelf.update({
        where: { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id } },
        data: { version: { increment: 1 } },
      }),
  ],
  [
    'SQL',
    () => (tx: Tx, id: string) =>
      tx.execute(sql`update bookshelves set version = version + 1 where id = ${id}::uuid`),
  ],
])('a deadlock of %s is tried again until both are done', async (_what, change) => {
  const ctx = await buildCtx(database.db)
  const { attempts, ids } = await crosswise(ctx, change(ctx))
  expect(attempts).toBeGreaterThan(2)
  const rows = await database.db.prisma.bookshelf.findMany({ where: { id: { in: ids } } })
  expect(rows.map(({ version }) => version)).toEqual([3, 3])
})

test('a conflict that does not end is told after some attempts', async () => {
  const { db } = database
  let attempts = 0
  const work = transact(db, async (tx) => {
    attempts += 1
    await tx.execute(sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`)
  })
  await expect(work).rejects.toThrow('again')
  expect(attempts).toBe(5)
})

test.each([
  ['a unique violation', '23505'],
  ['a broken connection', '08006'],
])('%s is told at once', async (_what, code) => {
  let attempts = 0
  const work = transact(database.db, async (tx) => {
    attempts += 1
    await tx.execute(sql`do $$ begin raise exception 'no' using errcode = ${literal(code)}; end $$`)
  })
  await expect(work).rejects.toThrow()
  expect(attempts).toBe(1)
})

test('more transactions at once than there are connections wait for their turn', async () => {
  const ctx = await buildCtx(database.db)
  const { id } = await buildShelf(ctx)
  const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id } }
  const work = () =>
    transact(ctx.db, (tx) => tx.bookshelf.update({ where, data: { version: { increment: 1 } } }))
  await Promise.all(Array.from({ length: 50 }, work))
  expect((await database.db.prisma.bookshelf.findUniqueOrThrow({ where })).version).toBe(51)
})

test('what is sent after a transaction is over is refused, not run on whatever has the connection then', async () => {
  const ctx = await buildCtx(database.db)
  const { id, name } = await buildShelf(ctx)
  const left = await transact(ctx.db, async (tx) => {
    await tx.query(sql`select 1`)
    return tx
  })
  await expect(
    left.execute(sql`update bookshelves set name = 'Late' where id = ${id}::uuid`),
  ).rejects.toThrow('The transaction is over')
  expect(await nameOf(ctx, id)).toBe(name)
})

test('SQL sees what the transaction wrote through Prisma, and is taken back with it', async () => {
  const ctx = await buildCtx(database.db)
  const { id, name } = await buildShelf(ctx)
  const { workspaceId } = ctx.actor
  const seen: unknown[] = []
  await transact(ctx.db, async (tx) => {
    await tx.bookshelf.update({ where: { workspaceId_id: { workspaceId, id } }, data: { name: 'By Prisma' } })
    seen.push(await tx.query(sql`select name from bookshelves where id = ${id}::uuid`))
    seen.push(await tx.execute(sql`update bookshelves set name = 'By SQL' where id = ${id}::uuid`))
    seen.push(
      await tx.bookshelf.findUnique({
        where: { workspaceId_id: { workspaceId, id } },
        select: { name: true },
      }),
    )
    return new NotFound('Bookshelf', id)
  })
  expect(seen).toEqual([[{ name: 'By Prisma' }], 1, { name: 'By SQL' }])
  expect(await nameOf(ctx, id)).toBe(name)
})
