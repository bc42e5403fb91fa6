import { Readable } from 'node:stream'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import type { Slot } from '../../src/domain/slots.ts'
import { checkMedia } from '../../src/usecases/media/check-media.ts'
import { copyBlocks, copyBook, copyBookshelf } from '../../src/usecases/copies/copy-items.ts'
import { attachMedia } from '../../src/usecases/media/attach-media.ts'
import { updateBlock } from '../../src/usecases/library/blocks.ts'
import { moveMedia } from '../../src/usecases/media/move-media.ts'
import { updateMedia } from '../../src/usecases/media/update-media.ts'
import { replayEvents } from '../../src/usecases/media/replay-events.ts'
import { checkReferences } from '../../src/usecases/search/text-references.ts'
import { purgeDeletion } from '../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../src/usecases/trash/run-purge.ts'
import { verifyStorage } from '../../src/usecases/upkeep/verify-storage.ts'
import { attach, checkTags } from '../support/tags/tags.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildShelf,
  buildTag,
  coverOf,
  imagesOf,
  removeTemporaryFolders,
} from '../support/builders.ts'
import { buildMarked } from '../support/library/checkpoint-references.ts'
import { useDatabase } from '../support/database.ts'
import { randomChoices } from '../support/random.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

/** A small picture of one colour. */
const picture = (red: number) =>
  sharp({ create: { width: 8, height: 8, channels: 3, background: { r: red, g: 1, b: 1 } } })
    .png()
    .toBuffer()

const operations = 2_000
const atOnce = 8

test(
  'after 2,000 random operations, 8 at a time, the events tell all of it',
  { timeout: 240_000 },
  async () => {
    const ctx = await buildCtx(database.db)
    const random = randomChoices(20_261_122)
    const bytes = await Promise.all(Array.from({ length: 20 }, (_, index) => picture(index * 4)))
    const shelves = [await buildShelf(ctx), await buildShelf(ctx)]
    const books = await Promise.all(
      Array.from({ length: 4 }, () => buildBook(ctx, { bookshelfId: random.one(shelves).id })),
    )
    const blocks = await Promise.all(
      Array.from({ length: 6 }, () => buildBlock(ctx, { bookId: random.one(books).id })),
    )
    await attach(ctx, [await buildTag(ctx), await buildTag(ctx)], [...shelves, ...books, ...blocks])
    const marked = await Promise.all(books.map(({ id }) => buildMarked(ctx, id)))
    const slots: Slot[] = [
      ...shelves.flatMap(({ id }): Slot[] => [
        coverOf('BOOKSHELF', id),
        { ownerType: 'BOOKSHELF', ownerId: id, role: 'ATTACHMENT' },
      ]),
      ...books.map(({ id }) => coverOf('BOOK', id)),
      ...blocks.flatMap(({ id }): Slot[] => [
        imagesOf(id),
        { ownerType: 'BLOCK', ownerId: id, role: 'ATTACHMENT' },
      ]),
      ...marked.map(({ marker }): Slot => ({
        ownerType: 'CHECKPOINT_MARKER',
        ownerId: marker.id,
        role: 'MARKER_IMAGE',
      })),
    ]
    const { workspaceId } = ctx.actor
    const few = { ...ctx, limits: { ...ctx.limits, filesPerOwner: 9 } }
    const anyMedium = async (live: boolean) => {
      const where = { workspaceId, ...(live ? { deletionId: null } : {}) }
      const ids = await ctx.db.prisma.media.findMany({
        where,
        select: { id: true, ownerId: true, role: true },
      })
      return ids.length > 0 ? random.one(ids) : { id: '', ownerId: '', role: null }
    }
    const sibling = async ({ ownerId, role }: { ownerId: string | null; role: string | null }) => {
      const { rows } = await ctx.db.pool.query<{ id: string }>(
        `select id from media where workspace_id = $1 and owner_id::text = $2 and role::text = $3 and deletion_id is null`,
        [workspaceId, ownerId, role],
      )
      return rows.length > 0 ? random.one(rows).id : null
    }
    const anyDeletion = async () => {
      const where = { workspaceId, restoredAt: null }
      const rows = await ctx.db.prisma.deletion.findMany({ where, select: { id: true } })
      return rows.length > 0 ? random.one(rows).id : ''
    }

    const include = () => ({ media: random.below(5) > 0, tags: true, checkpoints: random.below(2) > 0 })
    const copy = async (): Promise<unknown> => {
      const what = random.below(12)
      if (what === 0) return copyBookshelf(few, { bookshelfId: random.one(shelves).id, include: include() })
      const bookId = random.one(books).id
      if (what < 6) return copyBook(few, { bookId, include: include() })
      const [one, other] = [random.one(blocks), random.one(blocks)]
      return copyBlocks(few, { blockIds: [...new Set([one.id, other.id])], bookId, place: 'FIRST' })
    }
    const purgeMedium = async () => {
      const where = { workspaceId, kind: 'MEDIA', restoredAt: null, purgedAt: null } as const
      const deletions = await ctx.db.prisma.deletion.findMany({ where, select: { id: true } })
      const deletionId = deletions.length > 0 ? random.one(deletions).id : ''
      const purged = await purgeDeletion(few, { deletionId })
      await purgeTrash(few, { waitMs: 60_000 })
      return purged
    }

    const nameItems = async () => {
      const { id } = await anyMedium(random.below(3) > 0)
      const content = `![a picture](media:${id}) in [a book](book:${random.one(books).id})`
      return updateBlock(few, { blockId: random.one(blocks).id, content })
    }
    const describe = async () => {
      const altText = random.one(['A picture', 'Another picture', null])
      const focalPoint = random.one([{ x: 0.1, y: 0.9 }, null])
      return updateMedia(few, { mediaId: (await anyMedium(random.below(10) > 0)).id, altText, focalPoint })
    }

    const done = new Map<string, number>()
    const operation = async (): Promise<unknown> => {
      const kind = random.below(100)
      if (kind < 3) return copy()
      if (kind < 12) {
        const { id: mediaId } = await anyMedium(random.below(10) > 0)
        const whenInTrash = random.one(['OFFER_RESTORE', 'UPLOAD_AGAIN'] as const)
        const idempotencyKey = random.below(10) === 0 ? `attach ${random.below(20)}` : null
        return attachMedia(few, { mediaId, slot: random.one(slots), whenInTrash, idempotencyKey })
      }
      if (kind < 18)
        return moveMedia(few, {
          mediaId: (await anyMedium(true)).id,
          slot: random.one(slots),
          place: 'FIRST',
        })
      if (kind < 20) return purgeMedium()
      if (kind < 24) return nameItems()
      if (kind < 27) return describe()
      if (kind < 55) {
        return uploadMedia(few, {
          fileName: 'a.png',
          slot: random.one(slots),
          stream: Readable.from([random.one(bytes)]),
          whenInTrash: random.one(['OFFER_RESTORE', 'UPLOAD_AGAIN'] as const),
          idempotencyKey: random.below(10) === 0 ? `key ${random.below(20)}` : null,
        })
      }
      if (kind < 70) {
        const medium = await anyMedium(random.below(10) > 0)
        const other = await sibling(medium)
        const place = random.one([
          { afterId: other },
          { beforeId: other },
          { place: random.one(['FIRST', 'LAST'] as const) },
        ])
        return moveMedia(few, { mediaId: medium.id, ...place })
      }
      if (kind < 82) return trashItem(few, { kind: 'MEDIA', id: (await anyMedium(random.below(10) > 0)).id })
      if (kind < 84) return trashItem(few, { kind: 'BLOCK', id: random.one(blocks).id })
      if (kind < 85) return trashItem(few, { kind: 'BOOK', id: random.one(books).id })
      if (kind < 86) return trashItem(few, { kind: 'CHECKPOINT', id: random.one(marked).checkpoint.id })
      const target = random.below(3) === 0 ? { slot: random.one(slots) } : null
      return restoreDeletion(few, { deletionId: await anyDeletion(), target })
    }
    let started = 0
    const client = async () => {
      while (started < operations) {
        started += 1
        const result = await operation()
        const name =
          result instanceof Failure
            ? result.__typename
            : 'job' in (result as object) && !('itemCount' in (result as object))
              ? 'copied'
              : ((result as { decision?: string }).decision ?? 'done')
        done.set(name, (done.get(name) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, client))

    // It was no easy run: every decision was made, and much was refused.
    const met = [
      'INSERT',
      'DUPLICATE',
      'REPLACE',
      'NOOP',
      'MediaInTrash',
      'RestoreConflict',
      'AlreadyInSlot',
      'copied',
    ]
    for (const name of met) expect([name, (done.get(name) ?? 0) > 0]).toEqual([name, true])
    const replayed = await replayEvents(ctx)
    expect(replayed.problems).toEqual([])
    expect(replayed.mediaCount).toBeGreaterThan(50)
    expect(replayed.mediaCount).toBe(await ctx.db.prisma.media.count({ where: { workspaceId } }))
    expect(await checkMedia(ctx)).toEqual([])
    await checkTags(ctx)
    expect(await checkReferences(ctx)).toEqual([])
    expect(await ctx.db.prisma.textReference.count({ where: { workspaceId } })).toBeGreaterThan(0)
    expect(await verifyStorage(ctx, { hash: true })).toMatchObject({ complete: true, problems: [] })
  },
)
