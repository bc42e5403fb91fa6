import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { defaultWorkspaceId } from '../src/domain/access.ts'
import { post } from './cells.ts'
import { seed } from './seed.ts'
import { type Target, withTargets } from './targets.ts'

/** How many references are purged, in how many deletions. */
const [deletionCount, mediaPerDeletion] = [1_000, 100]
const readersAtOnce = 4
const secondsAlone = 20

const page = `query { bookshelves(first: 2) { nodes { name books(first: 20) { nodes { title cover { url }
  blocks(first: 5) { nodes { content } } } } } } }`
const empty = 'mutation { emptyTrash(input: { force: true }) { ... on EmptyTrashSuccess { job { id } } } }'
const jobOf = (id: string) =>
  `query { job(id: "${id}") { status failure progress { done total } result { ... on PurgeReport { itemCount deletionCount orphanedFileCount } } } }`

/** Blocks with 100 pictures each, each block trashed as a deletion of its own; every file has two references. */
async function seedReferences(db: pg.Client) {
  const values = [defaultWorkspaceId]
  const run = (text: string) => db.query(text, values)
  await db.query(`create temporary table trashed as select gen_random_uuid() as block_id,
    gen_random_uuid() as deletion_id, n from generate_series(1, ${deletionCount}) as n`)
  await run(`insert into deletions (workspace_id, id, kind, item_id, item_count, deleted_at, deleted_by, path, purge_after)
    select $1, deletion_id, 'BLOCK', block_id, ${mediaPerDeletion + 1}, now() - interval '1 day', 'owner', array['Shelf', 'Book'],
      now() + interval '29 days' from trashed`)
  await run(`insert into blocks (workspace_id, id, book_id, content, position, deletion_id, written_at, written_by, created_at, updated_at, created_by, updated_by)
    select $1, block_id, (select id from books where workspace_id = $1 limit 1), 'Trashed', 'z' || n, deletion_id, now(), 'owner', now(), now(), 'owner', 'owner'
    from trashed`)
  await run(`insert into blobs (workspace_id, id, storage_key, sha256, size_bytes, mime_type, extension, ref_count, created_at)
    select $1, id, 'files/' || id, encode(sha256(id::text::bytea), 'hex'), 250000, 'image/jpeg', 'jpg', 2, now()
    from (select gen_random_uuid() as id from generate_series(1, ${(deletionCount * mediaPerDeletion) / 2})) as new`)
  await run(`insert into media (workspace_id, id, blob_id, block_id, role, position, file_name, sort_key, category, size_bytes, mime_type, created_by, deletion_id, created_at, updated_at, updated_by)
    select $1, gen_random_uuid(), blob.id, block_id, 'IMAGE', 'a' || place.n, 'picture.jpg', 'picture.jpg', 'upload', 250000, 'image/jpeg', 'owner', deletion_id, now(), now(), 'owner'
    from trashed cross join generate_series(1, ${mediaPerDeletion}) as place (n)
    join (select id, row_number() over () as n from blobs where workspace_id = $1 and ref_count = 2) as blob
      on blob.n = ((trashed.n - 1) * ${mediaPerDeletion} + place.n - 1) / 2 + 1`)
  await run(
    `update workspaces set used_bytes = (select sum(size_bytes) from blobs where workspace_id = $1) where id = $1`,
  )
  await db.query('vacuum analyze')
}

const residentMegabytes = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN) / 1024

/** Readers ask for pages all the time until `until` holds; gives how long each answer took. */
async function readersUntil(target: Target, until: () => boolean) {
  const times: number[] = []
  const body = JSON.stringify({ query: page })
  const reader = async () => {
    while (!until()) {
      const startedAt = performance.now()
      await post(target, body)
      times.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: readersAtOnce }, reader))
  times.sort((one, other) => one - other)
  const at = (part: number) => times[Math.floor(times.length * part)] ?? NaN
  return { requests: times.length, p50: at(0.5), p99: at(0.99), max: times.at(-1) ?? NaN }
}

interface JobAnswer {
  readonly data: {
    readonly job: {
      readonly status: string
      readonly failure: string | null
      readonly result: { readonly itemCount: number; readonly orphanedFileCount: number } | null
    }
  }
}

/** Purges 100,000 references through the API while readers read, beside the same readers alone. */
export async function benchPurge({ say, signal }: { say: (line: string) => void; signal: AbortSignal }) {
  await withTargets(signal, async ({ targets: [, server], db }) => {
    await seed(db, 1)
    say('Filling the trash with 100,000 references to 50,000 files')
    await seedReferences(db)
    const warm = performance.now() + 3_000
    await readersUntil(server, () => performance.now() > warm)
    say(`Readers alone, ${secondsAlone} s`)
    const end = performance.now() + secondsAlone * 1000
    const memory = { alone: 0, purge: 0 }
    const alone = await readersUntil(server, () => {
      memory.alone = Math.max(memory.alone, residentMegabytes(server.pid))
      return signal.aborted || performance.now() > end
    })

    say('Readers while the trash is emptied')
    const startedAt = performance.now()
    const asked = JSON.parse(await post(server, JSON.stringify({ query: empty }))) as {
      data: { emptyTrash: { job: { id: string } } }
    }
    const progress = { done: false, seconds: NaN, answer: '' }
    const watching = (async () => {
      const query = JSON.stringify({ query: jobOf(asked.data.emptyTrash.job.id) })
      while (!progress.done && !signal.aborted) {
        await delay(100)
        memory.purge = Math.max(memory.purge, residentMegabytes(server.pid))
        const { job } = (JSON.parse(await post(server, query)) as JobAnswer).data
        progress.answer = JSON.stringify(job)
        if (job.status === 'DONE') progress.done = true
        else if (job.failure !== null) throw new Error(job.failure)
      }
      progress.seconds = (performance.now() - startedAt) / 1000
    })()
    const meanwhile = await readersUntil(server, () => progress.done || signal.aborted)
    await watching
    signal.throwIfAborted()
    const { rows } = await db.query<{ left: number }>(
      'select count(*)::int as left from media where deletion_id is not null',
    )
    if (rows[0]?.left !== 0) throw new Error(`The purge left ${rows[0]?.left} references: ${progress.answer}`)
    console.log(
      `\nPurging 100,000 references of 1,000 deletions: ${progress.seconds.toFixed(1)} s with ${readersAtOnce} readers at once; ` +
        `the server took at most ${memory.purge.toFixed(0)} MB of memory, with the readers alone ${memory.alone.toFixed(0)} MB\n`,
    )
    console.log('| readers | requests | p50 ms | p99 ms | longest ms |\n| --- | ---: | ---: | ---: | ---: |')
    for (const [name, times] of [
      ['alone', alone],
      ['during the purge', meanwhile],
    ] as const) {
      const { requests, p50, p99, max } = times
      console.log(`| ${name} | ${requests} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${max.toFixed(1)} |`)
    }
    console.log(
      `| **ratio** |  | ${(meanwhile.p50 / alone.p50).toFixed(2)} | ${(meanwhile.p99 / alone.p99).toFixed(2)} | ${(meanwhile.max / alone.max).toFixed(2)} |`,
    )
  })
}
