import { transact, type Tx } from '../../db/client.ts'
import { countSources } from '../../db/library/copy-sources.ts'
import { rowById, rowsById } from '../../db/lookup.ts'
import type { JobRow, Rows } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { copiedAtOnce, type CopyParts, type CopyReport, type CopyRequest } from '../../domain/copies.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { fromStored } from '../../domain/stored-json.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import { entityOf } from '../entities.ts'
import { claimKey, rememberResults } from '../idempotency.ts'
import type { Keyed, Optional } from '../inputs.ts'
import { startJob } from '../job-control/start-job.ts'
import { checkSelection } from '../library/selections.ts'
import type { Place } from '../ordering.ts'
import { purgedAmong } from '../purged.ts'
import { copyInto, missingSource, sourceTables } from './copy-into.ts'
import { indexAll } from './index-copies.ts'

type Claim = Parameters<typeof claimKey>[2]

interface Asked extends Keyed {
  readonly include?: Optional<CopyParts> | null | undefined
}

/** A copy looks like its source; the dates of a book's progress are its own. */
const partsOf = (include: Asked['include']): CopyParts => ({
  media: include?.media ?? true,
  tags: include?.tags ?? true,
  checkpoints: include?.checkpoints ?? false,
})

/** Copies blocks, one after the other, to a place in a book. All or none. */
export async function copyBlocks(
  ctx: Ctx,
  input: { blockIds: readonly string[]; bookId: string } & Asked & Place,
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey, ...asked } = input
  const { blockIds, bookId, include, ...place } = asked
  const check = new InputCheck()
  checkSelection(check, 'blockIds', blockIds)
  check.line('idempotencyKey', idempotencyKey, textLimits.idempotencyKey)
  const invalid = check.failure()
  if (invalid) return invalid
  const parts = partsOf(include)
  const request: CopyRequest = {
    ...{ kind: 'BLOCKS', sourceIds: blockIds, parentId: bookId, name: null, place, parts },
  }
  const copied = await copyItems(ctx, request, { operation: 'copyBlocks', input: asked, key: idempotencyKey })
  return copied instanceof Failure ? copied : { blocks: copied.items as Rows['blocks'][], job: copied.job }
}

/** Copies a book to a place on its bookshelf or another one. */
export async function copyBook(
  ctx: Ctx,
  input: {
    bookId: string
    bookshelfId?: string | null | undefined
    title?: string | null | undefined
  } & Asked &
    Place,
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey, ...asked } = input
  const { bookId, bookshelfId, title, include, ...place } = asked
  const check = new InputCheck()
  check.line('title', title, textLimits.title)
  check.line('idempotencyKey', idempotencyKey, textLimits.idempotencyKey)
  const invalid = check.failure()
  if (invalid) return invalid
  const source = isUuid(bookId) ? await rowById(ctx.db, 'books', ctx.actor.workspaceId, bookId) : undefined
  const request: CopyRequest = {
    kind: 'BOOK',
    sourceIds: [bookId],
    parentId: bookshelfId ?? source?.bookshelfId ?? null,
    ...{ name: title ?? null, place, parts: partsOf(include) },
  }
  const copied = await copyItems(ctx, request, { operation: 'copyBook', input: asked, key: idempotencyKey })
  if (copied instanceof Failure) return copied
  return { book: (copied.items as Rows['books'][])[0] ?? null, job: copied.job }
}

/** Copies a bookshelf with its books to a place in the list of bookshelves. */
export async function copyBookshelf(
  ctx: Ctx,
  input: { bookshelfId: string; name?: string | null | undefined } & Asked & Place,
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey, ...asked } = input
  const { bookshelfId, name, include, ...place } = asked
  const check = new InputCheck()
  check.line('name', name, textLimits.name)
  check.line('idempotencyKey', idempotencyKey, textLimits.idempotencyKey)
  const invalid = check.failure()
  if (invalid) return invalid
  const request: CopyRequest = {
    kind: 'BOOKSHELF',
    sourceIds: [bookshelfId],
    parentId: null,
    ...{ name: name ?? null, place, parts: partsOf(include) },
  }
  const copied = await copyItems(ctx, request, {
    operation: 'copyBookshelf',
    input: asked,
    key: idempotencyKey,
  })
  if (copied instanceof Failure) return copied
  return { bookshelf: (copied.items as Rows['bookshelves'][])[0] ?? null, job: copied.job }
}

type Item = Rows[(typeof sourceTables)[CopyRequest['kind']]]

/** The new items, or the job that makes them. */
interface Copies {
  readonly items: readonly Item[]
  readonly job: JobRow | null
}

/** Copies few items at once; for many it starts a job. */
async function copyItems(ctx: Ctx, request: CopyRequest, keyed: Omit<Claim, 'resultIds'>) {
  const { key } = keyed
  const isLarge = (await sizeOf(ctx, request)) > copiedAtOnce
  return transact(ctx.db, async (tx) => {
    const claim = await claimKey(ctx, tx, { ...keyed, resultIds: [] })
    if (claim instanceof Failure) return claim
    if (claim) return repeated(ctx, tx, request, claim)
    if (isLarge) return startCopy(ctx, tx, request, key)
    const at = ctx.now()
    const copied = await copyInto(ctx, tx, request, at)
    if (copied instanceof Failure) return copied
    const { ids, itemCount } = copied
    await indexAll(tx, { workspaceId: ctx.actor.workspaceId, at, itemCount })
    await rememberResults(ctx, tx, key, ids)
    return itemsOf(ctx, tx, request, ids, null)
  })
}

function sizeOf({ db, actor: { workspaceId } }: Ctx, { kind, sourceIds, parts }: CopyRequest) {
  const known = sourceIds.filter(isUuid)
  const roots = { kind, sourceIds: known, parentId: null, positions: known.map(() => '') }
  return countSources(db, { workspaceId, roots, parts }, copiedAtOnce + 1)
}

/** Starts the job of a large copy. It looks again whether the sources are live. */
async function startCopy(ctx: Ctx, tx: Tx, request: CopyRequest, key: string | null | undefined) {
  const { kind, sourceIds, parentId } = request
  const { workspaceId } = ctx.actor
  const isLive = ({ deletionId }: { deletionId: string | null }) => deletionId === null
  const sources = await rowsById(tx, sourceTables[kind], workspaceId, sourceIds.filter(isUuid))
  if (sources.filter(isLive).length < sourceIds.length) return missingSource(ctx, tx, request)
  if (parentId !== null) {
    const table = kind === 'BOOK' ? 'bookshelves' : 'books'
    const parent = isUuid(parentId) ? await rowById(tx, table, workspaceId, parentId) : undefined
    if (!parent || !isLive(parent)) return new NotFound(entityOf[table], parentId)
  }
  const job = await startJob(ctx, tx, 'copy-items', request)
  await rememberResults(ctx, tx, key, [job.id])
  return { items: [], job }
}

/** The answer to a repeated request: the first result as it is now. */
async function repeated(ctx: Ctx, tx: Tx, request: CopyRequest, claim: readonly string[]) {
  const [first = ''] = claim
  const job = await rowById(tx, 'jobs', ctx.actor.workspaceId, first)
  if (!job) return itemsOf(ctx, tx, request, claim, null)
  const made = job.result === null ? [] : (fromStored(job.result) as CopyReport).itemIds
  return itemsOf(ctx, tx, request, made, job)
}

/** New items as they are now, live or in the trash, in their order; not after a purge. */
async function itemsOf(
  ctx: Ctx,
  tx: Tx,
  { kind }: CopyRequest,
  ids: readonly string[],
  job: JobRow | null,
): Promise<Copies | NotFound> {
  const table = sourceTables[kind]
  const rows: readonly Item[] = await rowsById(tx, table, ctx.actor.workspaceId, ids)
  const purged = await purgedAmong(
    ctx,
    tx,
    rows.map(({ deletionId }) => deletionId),
  )
  const known = new Map(
    rows
      .filter(({ deletionId }) => deletionId === null || !purged.has(deletionId))
      .map((row) => [row.id, row]),
  )
  const items: Item[] = []
  for (const id of ids) {
    const item = known.get(id)
    if (!item) return new NotFound(entityOf[table], id)
    items.push(item)
  }
  return { items, job }
}
