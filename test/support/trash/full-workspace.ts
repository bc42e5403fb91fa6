import { Readable } from 'node:stream'
import { Upload } from '@tus/server'
import { transact } from '../../../src/db/client.ts'
import { acrossWorkspaces } from '../../../src/db/workspaces.ts'
import { defaultWorkspaceId } from '../../../src/domain/access.ts'
import { type Ctx, newId, servicesIn } from '../../../src/usecases/context.ts'
import { startJob } from '../../../src/usecases/job-control/start-job.ts'
import { createBlock, updateBlock } from '../../../src/usecases/library/blocks.ts'
import { inboxSlot } from '../../../src/usecases/media/image-inbox.ts'
import { reserveRoom } from '../../../src/usecases/media/quota.ts'
import { renderThumbnails } from '../../../src/usecases/media/render-thumbnails.ts'
import { startResumable } from '../../../src/usecases/media/resumable-uploads.ts'
import { mergeTags } from '../../../src/usecases/tags/merge-tags.ts'
import { trashWorkspace } from '../../../src/usecases/trash/trash-workspace.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
import { buildCtx, buildTag, imagesOf, succeeded } from '../builders.ts'
import { photograph } from '../media/pictures.ts'
import { buildLibrary } from '../library/whole-library.ts'
import { fillWithPeople } from '../people.ts'
import { trash } from './restoring.ts'

type TestCtx = Awaited<ReturnType<typeof buildCtx>>

/** The same services for an owner of the default workspace. */
export const operatorOf = (ctx: TestCtx) => ({
  ...ctx,
  db: acrossWorkspaces(ctx.db),
  actor: { ...ctx.actor, workspaceId: defaultWorkspaceId },
})

/** A context in a workspace of its own, as requests have it. */
export async function buildCtxOfRequest(db: Ctx['db']) {
  const ctx = await buildCtx(db)
  return servicesIn(ctx, ctx.actor.workspaceId)
}

/** Trashes the workspace of a context. */
export const trashOwn = async (ctx: Ctx) =>
  succeeded(await trashWorkspace(ctx, { confirmName: 'Test', reason: 'No longer needed' }))

/** The tables whose rows belong to a workspace, as the database has them. */
export async function tablesOfDatabase({ db }: Ctx): Promise<string[]> {
  const { rows } = await db.pool.query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'workspace_id' order by 1`,
  )
  return rows.map(({ name }) => name)
}

/** The number of rows of a workspace in each table. */
export async function countsOfWorkspace(ctx: Ctx, workspaceId = ctx.actor.workspaceId) {
  const counts: Record<string, number> = {}
  for (const name of await tablesOfDatabase(ctx)) {
    const text = `select count(*)::int as count from ${name} where workspace_id = $1`
    const { rows } = await ctx.db.pool.query<{ count: number }>(text, [workspaceId])
    counts[name] = rows[0]?.count ?? 0
  }
  return counts
}

/** Fills a workspace with at least one row in every table, and with bytes in every place. */
export async function fillWorkspace(ctx: TestCtx) {
  const { workspaceId } = ctx.actor
  const library = await buildLibrary(ctx)
  const { block, book, image, tag, shelf } = library
  succeeded(await updateBlock(ctx, { blockId: block.id, content: `[a book](book:${book.id})` }))
  await renderThumbnails(ctx, { blobId: image.blobId })
  succeeded(
    await mergeTags(ctx, {
      sourceTagId: (await buildTag(ctx, { name: 'Antiquarian' })).id,
      targetTagId: tag.id,
    }),
  )
  succeeded(await createBlock(ctx, { bookId: book.id, content: 'Once', idempotencyKey: 'once' }))
  await trash(ctx, 'BLOCK', succeeded(await createBlock(ctx, { bookId: book.id, content: 'Gone' })))
  const stream = Readable.from([await photograph()])
  succeeded(await uploadMedia(ctx, { fileName: 'a.jpg', slot: inboxSlot, stream }))
  succeeded(await reserveRoom(ctx, 1n))
  await transact(ctx.db, (tx) =>
    startJob(ctx, tx, 'purge-trash', { what: 'ALL', askedAt: '2026-01-01T00:00:00.000Z', force: false }),
  )
  const uploadId = newId()
  const request = { slot: imagesOf(block.id), fileName: 'a.jpg' }
  succeeded(await startResumable(ctx, uploadId, request, 10))
  await ctx.partials.store.create(new Upload({ id: uploadId, offset: 0, size: 10 }))
  await ctx.partials.store.write(Readable.from([Buffer.from('12345')]), uploadId, 0)
  for (const text of [
    `insert into reference_backfills (workspace_id) values ($1)`,
    `insert into search_backfills (workspace_id, entity_type) values ($1, 'BOOK')`,
    `insert into search_words (workspace_id, near, word) values ($1, 'nea', 'near') on conflict do nothing`,
    `insert into share_links (workspace_id, id, book_id, secret_hash, allows_downloads, created_by, created_at, expires_at)
     select $1, gen_random_uuid(), id, sha256(gen_random_uuid()::text::bytea), false, 'owner', now(), now()
     from books where workspace_id = $1 limit 1`,
    `insert into pending_deletions (workspace_id, storage_key, size_bytes, requested_at)
     values ($1, 'files/' || gen_random_uuid(), 1, now())`,
  ])
    await ctx.db.pool.query(text, [workspaceId])
  await fillWithPeople(ctx.db, workspaceId)
  return { ...library, shelf, uploadId }
}
