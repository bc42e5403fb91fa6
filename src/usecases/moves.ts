import { transact, type Tx } from '../db/client.ts'
import { type ChildTable, type Movable, type OrderedList, parentsOf, placeItems } from '../db/ordering.ts'
import { setSavepoint } from '../db/savepoint.ts'
import { assertCan } from '../domain/access.ts'
import { Failure, InvalidInput, NotFound, SelectionChanged } from '../domain/failure.ts'
import { isUuid } from '../domain/text.ts'
import { activeTypes, recordActivity } from './activity.ts'
import type { Ctx } from './context.ts'
import { entityOf, type ItemTable } from './entities.ts'
import { type Expecting, writtenNow } from './inputs.ts'
import { lockEach, lockSelection, type Selected } from './locking.ts'
import { missingPlace, type Place, positionsAt } from './ordering.ts'

/** The tables of the parents of movable types. */
const parentTables = {
  books: 'bookshelves',
  blocks: 'books',
  checkpoints: 'books',
  checkpoint_markers: 'checkpoints',
} as const satisfies Record<ChildTable, ItemTable>

/** The list of the items below a parent. */
type ListOf = (ctx: Ctx, parentId: string) => OrderedList

/** Where items go: to a parent, by default their own, and to a place in its list. */
interface Target extends Place {
  readonly parentId: string | null | undefined
}

/** Moves an item within its list or to the list of another parent. */
export async function moveItem<T extends Movable>(
  ctx: Ctx,
  table: T,
  listOf: ListOf,
  { id, expectedVersion, ...target }: Target & Expecting & { readonly id: string },
) {
  assertCan(ctx.actor, 'edit')
  const moved = await moveSelection(ctx, table, listOf, [{ id, expectedVersion }], target)
  if (moved instanceof SelectionChanged) return moved.failures[0] ?? new NotFound(entityOf[table], id)
  if (moved instanceof Failure) return moved
  return moved[0] ?? new NotFound(entityOf[table], id)
}

/**
 * Moves items, as one run in the order of the selection, within their list or to the list of another parent: all of
 * them, or none.
 */
export async function moveSelection<T extends Movable>(
  ctx: Ctx,
  table: T,
  listOf: ListOf,
  selection: readonly Selected[],
  { parentId: targetId, ...place }: Target,
) {
  const nowhere = targetId == null ? missingPlace(place, parentFieldOf(table)) : undefined
  if (nowhere) return nowhere
  const ids = selection.map(({ id }) => id).filter(isUuid)
  return transact(ctx.db, async (tx) => {
    const { parents, locked } = await lockParents(ctx, tx, table, ids, targetId)
    const [parentId, another] = targetId == null ? new Set(parents.values()) : [targetId]
    if (another !== undefined) return severalParents(table)
    // If the parent of the items is in the trash, so are they: report them as not found.
    if (parentId === undefined || !locked.has(parentId)) {
      if (targetId != null && ![...parents.values()].includes(targetId))
        return new NotFound(entityOf[parentTables[table]], targetId)
      return gone(table, selection)
    }
    const list = listOf(ctx, parentId)
    // Before the items, because this may lock the whole list.
    const positions = await positionsAt(tx, list, place, ids.length, ids)
    if (!Array.isArray(positions)) return positions
    const items = await lockSelection(ctx, tx, table, selection)
    if (items instanceof Failure) return items
    const moves = items.flatMap(({ id, position }, index) => {
      const to = positions[index] ?? position
      return to === position && parents.get(id) === parentId ? [] : [{ id, to }]
    })
    if (moves.length === 0) return items
    const [movedIds, places] = [moves.map(({ id }) => id), moves.map(({ to }) => to)]
    await recordActivity(ctx, tx, {
      ...(table === 'books' ? { BOOK: movedIds } : {}),
      [activeTypes[parentTables[table]]]: [parentId, ...new Set(parents.values())],
    })
    const moved = await placeItems(tx, table, list, movedIds, places, writtenNow(ctx))
    const byId = new Map(moved.map((row) => [row.id, row]))
    return items.map((item) => byId.get(item.id) ?? item)
  })
}

const gone = (table: Movable, selection: readonly Selected[]) =>
  new SelectionChanged(selection.map(({ id }) => new NotFound(entityOf[table], id)))

/** The input field for the parent of items. */
function parentFieldOf(table: Movable) {
  const parent = entityOf[parentTables[table]]
  return `${parent.charAt(0).toLowerCase()}${parent.slice(1)}Id`
}

function severalParents(table: Movable) {
  const path = parentFieldOf(table)
  return new InvalidInput([
    { path, message: `The items are on several lists. Give the \`${path}\` that all of them go to.` },
  ])
}

/**
 * Locks the current parents of items and the target. Gives the current parents by item, and those that are live: their
 * lists stay unchanged until the end of the transaction. If another move was faster, it looks again.
 */
export async function lockParents(
  ctx: Ctx,
  tx: Tx,
  table: ChildTable,
  ids: readonly string[],
  targetId?: string | null,
) {
  const current = () => parentsOf(tx, table, ctx.actor.workspaceId, ids)
  for (;;) {
    const rollBack = await setSavepoint(tx)
    const parents = await current()
    const wanted = [...parents.values(), ...(targetId == null ? [] : [targetId])]
    const locked = await lockEach(ctx, tx, parentTables[table], wanted)
    const now = await current()
    if (ids.every((id) => now.get(id) === parents.get(id))) return { parents, locked }
    // Releases these locks: taking more of them out of order could cause a deadlock.
    await rollBack()
  }
}
