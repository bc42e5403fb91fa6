import { transact } from '../../db/client.ts'
import { rowsById } from '../../db/lookup.ts'
import type { MediaRow, ResumableUploadRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, InvalidInput, NotFound } from '../../domain/failure.ts'
import { displayFileName } from '../../domain/file-name.ts'
import type { MediaDecision } from '../../domain/media-decision.ts'
import { checkCategory } from '../../domain/media-description.ts'
import { type Slot, slotPolicy } from '../../domain/slots.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { FileTooLarge } from '../../domain/upload-limits.ts'
import { earlierNow } from '../clocks.ts'
import { type Ctx, type Log, newId, type Services, servicesIn } from '../context.ts'
import { entityOf } from '../entities.ts'
import { tidyUp } from '../tidy-up.ts'
import { ownerTables } from './media.ts'
import { giveBackRoom, reserveRoom } from './quota.ts'
import type { Upload } from './upload.ts'
import { uploadMedia } from './upload-media.ts'

/** How long after its start an upload can be resumed and its result read. */
export const resumableMs = 24 * 60 * 60 * 1000

/** How long to wait for another request that is finishing the same upload. */
const finishingMs = 120_000

/** How long to wait for a request that is writing to a cancelled upload. */
const cancelMs = 10_000

/** The slot and options of the file. */
interface ResumableRequest extends Pick<Upload, 'fileName' | 'category' | 'idempotencyKey' | 'whenInTrash'> {
  readonly slot: Slot
}

/** The outcome of a resumable upload: the media item, or why there is none. */
export type ResumableResult =
  | {
      readonly media: MediaRow
      /** Null if the upload finished before decisions were stored. */
      readonly decision: MediaDecision | null
    }
  | { readonly failure: PlainFailure }

export interface PlainFailure {
  readonly __typename: string
  readonly message: string
}

/** The largest file that can be stored, in bytes. */
export const largestFile = ({ limits }: Pick<Services, 'limits'>): number =>
  Math.max(limits.imageBytes, limits.videoBytes, limits.documentBytes)

/** Starts a resumable upload. Refuses at once what would otherwise be refused at the end. */
export async function startResumable(ctx: Ctx, id: string, request: ResumableRequest, sizeBytes: number) {
  assertCan(ctx.actor, 'edit')
  const check = new InputCheck()
  check.line('idempotencyKey', request.idempotencyKey, textLimits.idempotencyKey)
  checkCategory(check, request.category)
  const invalid = check.failure()
  if (invalid) return invalid
  const { slot } = request
  const policy = slotPolicy(slot)
  if (policy instanceof Failure) return policy
  const table = ownerTables[slot.ownerType]
  const { workspaceId } = ctx.actor
  const [owner] = isUuid(slot.ownerId) ? await rowsById(ctx.db, table, workspaceId, [slot.ownerId]) : []
  if (!owner || owner.deletionId !== null) return new NotFound(entityOf[table], slot.ownerId)
  if (sizeBytes > largestFile(ctx)) return new FileTooLarge(largestFile(ctx))
  // The received chunks occupy the disk for as long as the upload can be resumed.
  const room = await reserveRoom(ctx, BigInt(sizeBytes), { id, ms: resumableMs })
  if (room instanceof Failure) return room
  const data = {
    workspaceId,
    id,
    // The original name may contain characters that PostgreSQL cannot store.
    request: JSON.parse(
      JSON.stringify({ ...request, fileName: displayFileName(request.fileName) }),
    ) as object,
    sizeBytes: BigInt(sizeBytes),
    startedBy: ctx.actor.id,
    createdAt: ctx.now(),
  }
  return transact(ctx.db, (tx) => tx.resumableUpload.create({ data }))
}

/** The actor's upload with this ID, until it expires. */
export async function findResumable(ctx: Ctx, id: string): Promise<ResumableUploadRow | null> {
  assertCan(ctx.actor, 'edit')
  if (!isUuid(id)) return null
  const { workspaceId } = ctx.actor
  const row = await ctx.db.prisma.resumableUpload.findUnique({
    where: { workspaceId_id: { workspaceId, id } },
  })
  return row && ctx.now().getTime() < row.createdAt.getTime() + resumableMs ? row : null
}

/**
 * Sends a complete file through the pipeline and stores the outcome. Undefined if the file is not complete, or if
 * another request takes too long with it. Repeating this creates no second media item: after a crash the idempotency
 * key finds the committed one.
 */
export async function finishResumable(
  ctx: Ctx,
  { workspaceId, id }: Pick<ResumableUploadRow, 'workspaceId' | 'id'>,
): Promise<ResumableResult | undefined> {
  const lock = await ctx.locks.take(`finish ${id}`, finishingMs, () => {})
  if (!lock) return undefined
  try {
    const where = { workspaceId_id: { workspaceId, id } }
    const row = await ctx.db.prisma.resumableUpload.findUnique({ where })
    if (!row) return undefined
    if (row.finishedAt) return await resultOf(ctx, row)
    if ((await ctx.partials.received(id)) !== Number(row.sizeBytes)) return undefined

    const request = row.request as unknown as ResumableRequest
    // The pipeline reserves its own space; bytes that are already stored need none.
    await giveBackRoom(ctx, id)
    const result = await uploadMedia(ctx, {
      ...request,
      idempotencyKey: request.idempotencyKey ?? `resumable:${id}`,
      stream: ctx.partials.read(id),
    })
    const outcome =
      result instanceof Failure
        ? { failure: { ...plain(result) } }
        : { mediaId: result.media.id, decision: result.decision }
    await ctx.db.prisma.resumableUpload.update({
      where,
      data: { ...outcome, finishedAt: ctx.now() },
    })
    await tidyUp(ctx, 'remove the chunks of a finished upload', ctx.partials.remove(id))
    return result instanceof Failure ? { failure: plain(result) } : result
  } finally {
    await lock.free()
  }
}

/** The outcome of a finished upload. */
export async function resultOf(
  ctx: Ctx,
  { workspaceId, mediaId, decision, failure }: ResumableUploadRow,
): Promise<ResumableResult> {
  if (failure !== null) return { failure: failure as unknown as PlainFailure }
  const [media] = await rowsById(ctx.db, 'media', workspaceId, [mediaId ?? ''])
  if (media) return { media, decision }
  return { failure: plain(new NotFound('Media', mediaId ?? '')) }
}

/** Cancels an upload and deletes its chunks. False if a request that writes to it does not stop. */
export async function cancelResumable(
  ctx: Ctx,
  { workspaceId, id }: Pick<ResumableUploadRow, 'workspaceId' | 'id'>,
): Promise<boolean> {
  const lock = await ctx.locks.take(uploadLock(id), cancelMs, () => {})
  if (!lock) return false
  try {
    await forget(ctx, { workspaceId, id })
    await giveBackRoom(ctx, id)
    return true
  } finally {
    await lock.free()
  }
}

/** The name of the lock that a request holds while it writes to an upload. */
export const uploadLock = (id: string) => `upload ${id}`

/** Bytes before the row: without the row nothing would find them. */
async function forget({ db, partials }: Services, { workspaceId, id }: { workspaceId: string; id: string }) {
  await partials.remove(id)
  await db.prisma.resumableUpload.deleteMany({ where: { workspaceId, id } })
}

/** Deletes expired uploads and finishes complete ones, in every workspace. */
export async function tidyResumables(services: Services, log: Log): Promise<void> {
  const { db } = services
  const before = new Date((await earlierNow(services)).getTime() - resumableMs)
  const old = await db.prisma.resumableUpload.findMany({ where: { createdAt: { lt: before } } })
  for (const row of old) {
    await finishQuietly(services, log, row)
    await forget(services, row)
  }
  const open = await db.prisma.resumableUpload.findMany({
    where: { finishedAt: null, workspace: { deletedAt: null } },
  })
  for (const row of open) await finishQuietly(services, log, row)
}

async function finishQuietly(services: Services, log: Log, row: ResumableUploadRow) {
  const { workspaceId, startedBy, id } = row
  const actor = { id: startedBy, workspaceId, role: 'OWNER' as const }
  try {
    if (row.finishedAt || (await services.partials.received(id)) !== Number(row.sizeBytes)) return
    const ctx = { ...servicesIn(services, workspaceId), log, actor, requestId: newId() }
    const result = await finishResumable(ctx, row)
    if (result)
      log.info({ id, result: Object.keys(result)[0] }, 'Finished an upload whose client did not return')
  } catch (err) {
    log.warn({ err, id }, 'Could not finish an upload; it will be retried')
  }
}

/** The fields of a failure as JSON: bigints as text, rows as IDs. */
export function plain(failure: Failure): PlainFailure {
  const kept = JSON.parse(
    JSON.stringify(failure, (_name, value: unknown) => {
      if (typeof value === 'bigint') return String(value)
      const isRow = typeof value === 'object' && value !== null && 'workspaceId' in value && 'id' in value
      return isRow ? { id: value.id } : value
    }),
  ) as object
  return { ...kept, __typename: failure.__typename, message: failure.message }
}

/** The slot that a client's words name. */
export function slotNamed(ownerType: string, ownerId: string, role: string): Slot | InvalidInput {
  const known = Object.hasOwn(ownerTables, ownerType)
  if (!known) {
    const message = `Use one of ${Object.keys(ownerTables).join(', ')}.`
    return new InvalidInput([{ path: 'ownerType', message }])
  }
  const slot = { ownerType, ownerId, role } as Slot
  const policy = slotPolicy(slot)
  return policy instanceof Failure ? policy : slot
}
