import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { type FileTotal, type FilesInUse, usageOf, type WorkspaceUsage } from '../../src/domain/usage.ts'
import { usageRows } from '../../src/db/media/usage.ts'
import { Failure } from '../../src/domain/failure.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { checkMedia } from '../../src/usecases/media/check-media.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import { purgeTrash } from '../../src/usecases/trash/run-purge.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { collectGarbage } from '../../src/usecases/upkeep/collect-garbage.ts'
import { buildBlock, buildBook, buildCtx, imagesOf, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { randomChoices } from '../support/random.ts'
import { dayMs } from '../support/upkeep/collecting.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const sum = (totals: readonly FileTotal[]) => ({
  fileCount: totals.reduce((all, { fileCount }) => all + fileCount, 0),
  sizeBytes: totals.reduce((all, { sizeBytes }) => all + sizeBytes, 0n),
})
const inUse = ({ live, trashed, purging }: FilesInUse) => [live, trashed, purging]

async function usageIn({ db, actor: { workspaceId }, now }: Ctx): Promise<WorkspaceUsage> {
  return usageOf(await usageRows(db, [workspaceId], now()))
}

/** The parts of one answer add up. */
function expectWhole({ usedBytes, files, byMimeType, byCategory, freedOn }: WorkspaceUsage) {
  const all = sum(inUse(files))
  expect(all.sizeBytes).toBe(usedBytes)
  expect(sum(byMimeType.flatMap((one) => inUse(one.files)))).toEqual(all)
  // All have the same category.
  expect(sum(byCategory.flatMap((one) => inUse(one.files)))).toEqual(all)
  expect(sum(freedOn.map((one) => one.files))).toEqual(files.trashed)
}

/** The same numbers in the plainest way, file by file. */
async function countedOneByOne({ db, actor: { workspaceId } }: Ctx) {
  const { rows } = await db.pool.query<{ state: string; size: string }>(
    `select size_bytes as size, case
       when exists (select from media where media.blob_id = blobs.id and deletion_id is null) then 'live'
       when exists (select from media join deletions on deletions.id = deletion_id
         where media.blob_id = blobs.id and purged_at is null) then 'trashed'
       when exists (select from media where media.blob_id = blobs.id) then 'purging'
       else 'orphaned' end as state
     from blobs where workspace_id = $1`,
    [workspaceId],
  )
  const of = (sought: string) =>
    sum(
      rows
        .filter(({ state }) => state === sought)
        .map(({ size }) => ({ fileCount: 1, sizeBytes: BigInt(size) })),
    )
  return {
    files: { live: of('live'), trashed: of('trashed'), purging: of('purging') },
    orphaned: of('orphaned'),
  }
}

const [clients, steps] = [12, 25]

test('while 12 clients upload, trash, restore and purge, the parts of each answer add up to the bytes in use', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const blocks = await Promise.all(
    Array.from({ length: clients }, async () => (await buildBlock(ctx, { bookId })).id),
  )
  const picture = await photograph()
  // Few different files, so that many media items share one.
  const contents = Array.from({ length: 10 }, (_, index) => Buffer.concat([picture, randomBytes(10 + index)]))
  const { mediaIds, deletionIds } = { mediaIds: [] as string[], deletionIds: [] as string[] }

  const client = async (seed: number) => {
    const { below, one } = randomChoices(seed)
    for (let step = 0; step < steps; step += 1) {
      const choice = below(10)
      if (choice < 5 || mediaIds.length === 0) {
        const upload = {
          fileName: 'a.jpg',
          slot: imagesOf(one(blocks)),
          stream: Readable.from([one(contents)]),
        }
        const result = await uploadMedia(ctx, upload)
        if (!(result instanceof Failure)) mediaIds.push(result.media.id)
      } else if (choice < 8) {
        const result = await trashItem(ctx, { kind: 'MEDIA', id: one(mediaIds) })
        if (!(result instanceof Failure)) deletionIds.push(result.deletion.id)
      } else if (choice < 9 && deletionIds.length > 0) {
        await restoreDeletion(ctx, { deletionId: one(deletionIds) })
      } else {
        await purgeTrash(ctx, { due: { trashedUntil: ctx.now() }, force: true, waitMs: 20_000 })
        await collectGarbage(ctx, { force: true })
      }
    }
  }

  const state = { working: true }
  const work = Promise.all(Array.from({ length: clients }, (_, index) => client(index + 1)))
  const reader = async () => {
    const seen = new Set<bigint>()
    while (state.working) {
      const usage = await usageIn(ctx)
      expectWhole(usage)
      seen.add(usage.usedBytes)
    }
    return seen
  }
  const reading = Promise.all([reader(), reader()])
  await work.finally(() => (state.working = false))
  // They have read while it changed.
  for (const seen of await reading) expect(seen.size).toBeGreaterThan(5)

  const usage = await usageIn(ctx)
  expectWhole(usage)
  expect({ files: usage.files, orphaned: usage.orphaned }).toEqual(await countedOneByOne(ctx))
  expect(usage.reservedBytes).toBe(0n)
  expect(await checkMedia(ctx)).toEqual([])
  ctx.clock.ms += 8 * dayMs
  await collectGarbage(ctx, { force: true })
  const after = await usageIn(ctx)
  expect(after).toMatchObject({ files: usage.files, orphaned: sum([]) })
  expect(after.pendingDeletion.sizeBytes).toBeGreaterThanOrEqual(usage.orphaned.sizeBytes)
})
