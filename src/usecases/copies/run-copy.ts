import { transact } from '../../db/client.ts'
import { type CopyReport, type CopyRequest, nothingCopied } from '../../domain/copies.ts'
import { Failure } from '../../domain/failure.ts'
import type { Ctx } from '../context.ts'
import type { Attempt } from '../job-control/attempt.ts'
import { copyInto, placeOrEnd } from './copy-into.ts'
import { firstCopies, indexNext } from './index-copies.ts'

/** How long the transaction of the rows may take, in milliseconds: a minute is enough for some 100,000 rows. */
const copyMs = 60 * 60_000

/** How many copies one transaction indexes. */
const batchSize = 200

/**
 * The work of a copy job. The rows come first, all in one transaction: until it commits nothing of the copy exists, and
 * after that all of it. Then the search gets to know them in batches, of which each records how far it is.
 */
export async function runCopy(
  ctx: Ctx,
  request: CopyRequest,
  attempt: Attempt<CopyReport>,
): Promise<CopyReport> {
  const { before } = attempt
  let report = before && before.itemIds.length > 0 ? before : await copyAll(ctx, request, attempt)
  while (report.indexing) {
    attempt.signal.throwIfAborted()
    report = await indexBatch(ctx, report, report.indexing, attempt)
  }
  return report
}

async function copyAll(ctx: Ctx, request: CopyRequest, attempt: Attempt<CopyReport>): Promise<CopyReport> {
  const first = await copyOnce(ctx, request, attempt)
  const place = placeOrEnd(first, request.place)
  // The sibling that it should stand beside is gone: the copy is worth more than its place.
  const report = place === request.place ? first : await copyOnce(ctx, { ...request, place }, attempt)
  return report instanceof Failure ? { ...nothingCopied, failureMessage: report.message } : report
}

const copyOnce = (ctx: Ctx, request: CopyRequest, attempt: Attempt<CopyReport>) =>
  transact(
    ctx.db,
    async (tx) => {
      const at = ctx.now()
      const copied = await copyInto(ctx, tx, request, at)
      if (copied instanceof Failure) return copied
      const report: CopyReport = {
        ...nothingCopied,
        itemIds: copied.ids,
        itemCount: copied.itemCount,
        indexing: { madeAt: at.toISOString(), cursor: firstCopies({ at }) },
      }
      await attempt.onProgress(report, 0, copied.itemCount, tx)
      return report
    },
    { timeout: copyMs },
  )

async function indexBatch(
  ctx: Ctx,
  report: CopyReport,
  { madeAt, cursor }: NonNullable<CopyReport['indexing']>,
  attempt: Attempt<CopyReport>,
): Promise<CopyReport> {
  const { workspaceId } = ctx.actor
  return transact(ctx.db, async (tx) => {
    const made = { workspaceId, at: new Date(madeAt), itemCount: report.itemCount }
    const next = await indexNext(tx, made, cursor, batchSize)
    const indexedCount = report.indexedCount + next.count
    const indexing = next.cursor && { madeAt, cursor: next.cursor }
    const soFar = { ...report, indexedCount, indexing }
    await attempt.onProgress(soFar, indexing ? indexedCount : report.itemCount, report.itemCount, tx)
    return soFar
  })
}
