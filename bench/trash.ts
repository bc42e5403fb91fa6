import { generateNKeysBetween } from 'fractional-indexing'
import { performance } from 'node:perf_hooks'
import pg from 'pg'
import type { Db } from '../src/db/client.ts'
import { rowsById } from '../src/db/lookup.ts'
import { type TrashFilter, trashPage } from '../src/db/trash/trash-lists.ts'
import { soughtName } from '../src/domain/deletion-names.ts'
import { Failure } from '../src/domain/failure.ts'
import { deletionOrder } from '../src/db/orders.ts'
import { newId, systemActor } from '../src/usecases/context.ts'
import { restoreDeletion } from '../src/usecases/trash/restore.ts'
import { trashItem } from '../src/usecases/trash/trash.ts'
import { fillTrash, trashedRows } from '../test/support/trash/filled-trash.ts'
import { benchPurge } from './purge.ts'
import { randomNumbers } from '../test/support/random.ts'
import { type Question, timingsOf, timingTable, type TimingOptions, withDatabase } from './timing.ts'
import { sortKeyOf } from '../test/support/sort-keys.ts'

const workspaceId = '01900000-0000-7000-8000-000000000001'
const [bookCount, blocksPerBook] = [2_000, 20]

/** What trashing and restoring need of a context. */
type TrashCtx = Parameters<typeof trashItem>[0]

const ctxOf = (db: Db): TrashCtx =>
  ({
    db,
    actor: systemActor(workspaceId),
    limits: { retentionDays: 30 },
    now: () => new Date(),
    requestId: newId(),
  }) as unknown as TrashCtx

/** A shelf of 2,000 books with covers and 40,000 blocks, of which every fourth book and every tenth block has a tag. */
async function seedShelf({ pool }: Db): Promise<string> {
  const id = newId()
  const places = (count: number) => generateNKeysBetween(null, null, count)
  const run = (text: string, ...values: unknown[]) => pool.query(text, [workspaceId, ...values])
  await run(
    `insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at, created_by, updated_by) values ($1, $2, 'Shelf', '', 'a0', now(), now(), 'owner', 'owner')`,
    id,
  )
  await run(
    `insert into books (workspace_id, id, bookshelf_id, title, sort_key, position, created_at, updated_at, created_by, updated_by)
     select $1, gen_random_uuid(), $2, 'Book ' || n, ${sortKeyOf("'Book ' || n")}, position, now(), now(), 'owner', 'owner' from unnest($3::text[]) with ordinality as place (position, n)`,
    id,
    places(bookCount),
  )
  await run(
    `insert into blocks (workspace_id, id, book_id, content, position, written_at, written_by, created_at, updated_at, created_by, updated_by)
     select $1, gen_random_uuid(), id, 'Block ' || n, place.position, now(), 'owner', now(), now(), 'owner', 'owner'
     from books, unnest($2::text[]) with ordinality as place (position, n) where workspace_id = $1`,
    places(blocksPerBook),
  )
  await run(
    `insert into blobs (workspace_id, id, storage_key, sha256, size_bytes, mime_type, extension, ref_count, created_at)
     select $1, id, 'files/' || id, encode(sha256(id::text::bytea), 'hex'), 250000, 'image/jpeg', 'jpg', 1, now() from books where workspace_id = $1`,
  )
  await run(
    `insert into media (workspace_id, id, blob_id, book_id, role, position, file_name, sort_key, category, size_bytes, mime_type, created_by, created_at, updated_at, updated_by)
     select $1, gen_random_uuid(), id, id, 'COVER', 'a0', 'cover.jpg', 'cover.jpg', 'upload', 250000, 'image/jpeg', 'owner', now(), now(), 'owner' from books where workspace_id = $1`,
  )
  await run(
    `insert into tags (workspace_id, id, ancestor_ids, name, name_key, sort_key, color, created_at, updated_at, created_by, updated_by)
     select $1, gen_random_uuid(), '{}', 'Tag ' || n, 'tag ' || n, ${sortKeyOf("'Tag ' || n")}, '#64748b', now(), now(), 'owner', 'owner' from generate_series(1, 100) as n`,
  )
  await run(
    `with numbered as (select id, row_number() over (order by id) as n from tags where workspace_id = $1),
       things as (select 'BOOK' as type, id, row_number() over () as n from books where workspace_id = $1
         union all select 'BLOCK', id, row_number() over () from blocks where workspace_id = $1)
     insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
     select $1, numbered.id, things.type::taggable_type, things.id, now() from things
     join numbered on numbered.n = things.n % 100 + 1 where things.n % case things.type when 'BOOK' then 4 else 10 end = 0`,
  )
  await run(
    `update tags set book_count = counted.books, block_count = counted.blocks, usage_count = counted.books + counted.blocks
     from (select tag_id, count(*) filter (where entity_type = 'BOOK') as books, count(*) filter (where entity_type = 'BLOCK') as blocks
       from tag_associations where workspace_id = $1 group by tag_id) counted where workspace_id = $1 and id = counted.tag_id`,
  )
  await pool.query('vacuum analyze')
  return id
}

/** How long it takes, and how many statements. */
async function measured<T>(work: () => Promise<T>) {
  const original = Reflect.get(pg.Client.prototype, 'query') as (...args: unknown[]) => unknown
  let statements = 0
  Reflect.set(pg.Client.prototype, 'query', function (this: pg.Client, ...args: unknown[]) {
    statements += 1
    return Reflect.apply(original, this, args)
  })
  const startedAt = performance.now()
  try {
    const result = await work()
    return { result, seconds: (performance.now() - startedAt) / 1000, statements }
  } finally {
    Reflect.set(pg.Client.prototype, 'query', original)
  }
}

function succeeded<T>(result: T): Exclude<T, Failure> {
  if (result instanceof Failure) throw new Error(result.message)
  return result as Exclude<T, Failure>
}

/** The floor: the same rows get their mark and lose it, by one statement for each table and nothing else. */
const marks = ['bookshelves', 'books', 'blocks', 'media']

async function floor({ pool }: Db, from: string | null, to: string | null) {
  const client = await pool.connect()
  try {
    await client.query('begin')
    for (const table of marks)
      await client.query(
        `update ${table} set deletion_id = $3 where workspace_id = $1 and deletion_id is not distinct from $2`,
        [workspaceId, from, to],
      )
    await client.query('commit')
  } finally {
    client.release()
  }
}

async function benchShelf(db: Db, rounds: number, { say, signal }: TimingOptions) {
  say('Filling a shelf of 2,000 books and 40,000 blocks')
  const id = await seedShelf(db)
  const ctx = ctxOf(db)
  const lines: { name: string; seconds: number; statements: number }[] = []
  for (let round = 1; round <= rounds; round += 1) {
    signal.throwIfAborted()
    const trashed = await measured(() => trashItem(ctx, { kind: 'BOOKSHELF', id }))
    const { deletion } = succeeded(trashed.result)
    const restored = await measured(() => restoreDeletion(ctx, { deletionId: deletion.id }))
    succeeded(restored.result)
    const marked = await measured(() => floor(db, null, deletion.id))
    const unmarked = await measured(() => floor(db, deletion.id, null))
    if (deletion.itemCount !== 1 + 2 * bookCount + bookCount * blocksPerBook)
      throw new Error(`The deletion holds ${deletion.itemCount} items.`)
    lines.push(
      { name: 'trash', ...trashed },
      { name: 'trash, floor', ...marked },
      { name: 'restore', ...restored },
      { name: 'restore, floor', ...unmarked },
    )
    await db.pool.query('vacuum analyze')
    say(`round ${round}: trash ${trashed.seconds.toFixed(2)} s, restore ${restored.seconds.toFixed(2)} s`)
  }
  const median = (name: string) => {
    const sorted = lines
      .filter((line) => line.name === name)
      .sort((one, other) => one.seconds - other.seconds)
    return sorted[Math.floor(sorted.length / 2)] ?? { seconds: NaN, statements: NaN }
  }
  console.log('\nA shelf of 2,000 books with covers and 40,000 blocks: 44,001 items\n')
  console.log('|  | seconds | statements | ratio to the floor |\n| --- | ---: | ---: | ---: |')
  for (const name of ['trash', 'restore']) {
    const [ours, theirs] = [median(name), median(`${name}, floor`)]
    console.log(
      `| ${name} | ${ours.seconds.toFixed(2)} | ${ours.statements} | ${(ours.seconds / theirs.seconds).toFixed(1)} |`,
    )
    console.log(`| ${name}, floor | ${theirs.seconds.toFixed(2)} | ${theirs.statements} |  |`)
  }
}

const words = [
  'Harbour',
  'Meadow',
  'Storm',
  'Lantern',
  'Orchard',
  'Winter',
  'Signal',
  'Paper',
  '港口',
  '机器学习',
  'Voyage',
  'Anchor',
]

/** Deletions of one block each, over a month, by ten people, with their blocks. */
async function seedTrash({ pool }: Db, count: number, { say, signal }: TimingOptions) {
  const bookId = newId()
  await pool.query(
    `with shelf as (insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at, created_by, updated_by)
       values ($1, gen_random_uuid(), 'Shelf', '', 'a1', now(), now(), 'owner', 'owner') returning id)
     insert into books (workspace_id, id, bookshelf_id, title, sort_key, position, created_at, updated_at, created_by, updated_by)
     select $1, $2, id, 'Book', '', 'a0', now(), now(), 'owner', 'owner' from shelf`,
    [workspaceId, bookId],
  )
  const random = randomNumbers(5)
  const word = () => words[Math.floor(random() * words.length)] ?? ''
  const rows = trashedRows(count, new Date(), (number) => ({
    kind: number % 50 === 0 ? 'BOOK' : 'BLOCK',
    name: `${word()} ${word()} ${Math.floor(random() * 5_000)}`,
    deletedBy: `person ${number % 10}`,
  }))
  const step = 100_000
  for (let from = 0; from < count; from += step) {
    signal.throwIfAborted()
    const some = rows.slice(from, from + step)
    await fillTrash(pool, workspaceId, some)
    await pool.query(
      `insert into blocks (workspace_id, id, book_id, content, position, deletion_id, written_at, written_by, created_at, updated_at, created_by, updated_by)
       select $1, id, $2, 'Trashed', 'a' || n, id, now(), 'owner', now(), now(), 'owner', 'owner'
       from unnest($3::uuid[], $4::int[]) as block (id, n)`,
      [workspaceId, bookId, some.map(({ id }) => id), some.map((_row, index) => from + index)],
    )
    say(`${from + some.length} of ${count} trashed rows`)
  }
  await pool.query('vacuum analyze')
}

const listed = (name: string, filter: TrashFilter, deep = false): Question => ({
  name,
  ask: async (db, round) => {
    // A page somewhere in the trash: further in with each round.
    const key = new Date(Date.now() - (round + 1) * 60_000 * 20).toISOString()
    const after = deep ? { key, id: 'ffffffff-ffff-7fff-bfff-ffffffffffff' } : null
    const page = { limit: 20, backward: false, after, before: null }
    const { rows } = await trashPage(db, workspaceId, filter, deletionOrder('DESC'), page)
    await rowsById(db, 'blocks', workspaceId, rows.map(({ itemId }) => itemId)) // prettier-ignore
    return rows.length
  },
})

const named = (name: string, text: string) => listed(name, { name: soughtName(workspaceId, text) })

const questions: readonly Question[] = [
  listed('newest first', {}),
  listed('a page further in', {}, true),
  listed('of one kind', { kinds: ['BOOK'] }),
  listed('by one person', { deletedBy: 'person 3' }),
  listed('of one day', {
    since: new Date(Date.now() - 3 * 86_400_000),
    before: new Date(Date.now() - 2 * 86_400_000),
  }),
  listed('expired', { expired: { is: true, now: new Date(Date.now() + 15 * 86_400_000) } }),
  named('a word that many names have', 'harbour'),
  named('a rare name', 'meadow 4321'),
  named('one Chinese character', '港'),
  named('a text that none has', 'qzxqzx'),
]

/** Trashing and restoring a large shelf, pages of a large trash, and a purge beside readers. */
export async function benchTrash(sizes: readonly number[], options: TimingOptions): Promise<void> {
  await withDatabase((db) => benchShelf(db, 5, options))
  const columns: { title: string; timings: Awaited<ReturnType<typeof timingsOf>> }[] = []
  for (const size of sizes) {
    await withDatabase(async (db) => {
      await seedTrash(db, size, options)
      columns.push({
        title: `${size.toLocaleString('en')} trashed`,
        timings: await timingsOf(db, questions, options),
      })
    })
  }
  console.log('\nA page of 20 of the trash, with the rows of its items\n')
  console.log(timingTable(columns))
  await benchPurge(options)
}
