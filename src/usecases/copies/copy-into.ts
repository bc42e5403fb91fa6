import type { Tx } from '../../db/client.ts'
import { type Copied, copyRows, countCopiedBlobs, countCopiedTags } from '../../db/library/copy-rows.ts'
import { rowsById } from '../../db/lookup.ts'
import { lockAssociations } from '../../db/tags/tag-tree.ts'
import type { CopyRequest } from '../../domain/copies.ts'
import type { InvalidInput } from '../../domain/failure.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import type { Position } from '../../domain/ordering.ts'
import type { QuotaExceeded } from '../../domain/quota.ts'
import { sortKey } from '../../domain/sort-key.ts'
import { isUuid } from '../../domain/text.ts'
import { recordActivity } from '../activity.ts'
import type { Ctx } from '../context.ts'
import { entityOf } from '../entities.ts'
import { blocksOf } from '../library/blocks.ts'
import { booksOf } from '../library/books.ts'
import { lockBookshelfList } from '../library/bookshelves.ts'
import { lockItem } from '../locking.ts'
import { chargeBytes } from '../media/quota.ts'
import { type Place, positionsAt } from '../ordering.ts'
import { storeReferences } from '../search/text-references.ts'

/** The table of the sources of each kind of copy. */
export const sourceTables = { BLOCKS: 'blocks', BOOK: 'books', BOOKSHELF: 'bookshelves' } as const

/** Why nothing is copied. */
export type CopyRefusal = NotFound | InvalidInput | QuotaExceeded

/**
 * Copies in one transaction: the copy is whole or absent, and shows its sources at one moment. Only the parent of the
 * copy is locked: sources may change, be trashed or purged meanwhile.
 */
export async function copyInto(
  ctx: Ctx,
  tx: Tx,
  request: CopyRequest,
  at: Date,
): Promise<Copied | CopyRefusal> {
  const { workspaceId, id: by } = ctx.actor
  const invalid = request.sourceIds.find((id) => !isUuid(id))
  if (invalid !== undefined) return new NotFound(entityOf[sourceTables[request.kind]], invalid)
  // Merges and purges of tags count the objects that have a tag without locking them.
  if (request.parts.tags) await lockAssociations(tx, workspaceId, 'shared')
  const positions = await positionsFor(ctx, tx, request)
  if (!Array.isArray(positions)) return positions

  const { name, parts, kind, sourceIds, parentId } = request
  const copied = await copyRows(tx, {
    workspaceId,
    roots: { kind, sourceIds, parentId, positions },
    parts,
    name: name === null ? null : { name, sortKey: sortKey(name) },
    ...{ at, by, requestId: ctx.requestId },
  })
  if (copied.ids.length < sourceIds.length) return missingSource(ctx, tx, request)
  await storeNamed(tx, workspaceId, copied)
  await recordActivity(ctx, tx, kind === 'BLOCKS' ? { BOOK: [parentId ?? ''] } : { [kind]: copied.ids })
  await countCopiedTags(tx, workspaceId, copied)
  const bytes = await countCopiedBlobs(tx, workspaceId, copied)
  const exceeded = bytes > 0n ? await chargeBytes(ctx, tx, bytes, undefined) : undefined
  return exceeded ?? copied
}

/** How many texts are read as Markdown at once. */
const textsAtOnce = 1_000

/** Stores what the new texts name. */
async function storeNamed(tx: Tx, workspaceId: string, { namingIds }: Copied) {
  for (let at = 0; at < namingIds.length; at += textsAtOnce) {
    const blocks = await rowsById(tx, 'blocks', workspaceId, namingIds.slice(at, at + textsAtOnce))
    await storeReferences(tx, workspaceId, blocks, { isNew: true })
  }
}

/** Locks the list that the copies go into, and gives their positions. */
async function positionsFor(
  ctx: Ctx,
  tx: Tx,
  request: CopyRequest,
): Promise<Position[] | NotFound | InvalidInput> {
  const { kind, parentId, place, sourceIds } = request
  if (kind === 'BOOKSHELF') return positionsAt(tx, await lockBookshelfList(ctx, tx), place, 1)
  // A book that was not found has no bookshelf either.
  if (parentId === null) return missingSource(ctx, tx, request)
  const parent = await lockItem(ctx, tx, kind === 'BOOK' ? 'bookshelves' : 'books', parentId)
  if (parent instanceof Failure) return parent
  const list = kind === 'BOOK' ? booksOf(ctx, parent.id) : blocksOf(ctx, parent.id)
  return positionsAt(tx, list, place, sourceIds.length)
}

/** The first source that is not live. */
export async function missingSource(
  { actor }: Ctx,
  tx: Tx,
  { kind, sourceIds }: Pick<CopyRequest, 'kind' | 'sourceIds'>,
): Promise<NotFound> {
  const table = sourceTables[kind]
  const rows = await rowsById(tx, table, actor.workspaceId, sourceIds.filter(isUuid))
  const live = new Set(rows.filter(({ deletionId }) => deletionId === null).map(({ id }) => id))
  return new NotFound(entityOf[table], sourceIds.find((id) => !live.has(id)) ?? sourceIds[0] ?? '')
}

/** The same place if its sibling is still there, otherwise the end of the list. */
export const placeOrEnd = (result: unknown, place: Place): Place =>
  result instanceof NotFound && (result.id === place.afterId || result.id === place.beforeId) ? {} : place
