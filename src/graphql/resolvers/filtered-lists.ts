import type { GraphQLResolveInfo } from 'graphql'
import { type ChildTable, kindCounts } from '../../db/child-lists.ts'
import { atTopLevel, chosenOrder, type OrderField } from '../../db/orders.ts'
import { listCount, listPage } from '../../db/page.ts'
import type { Rows } from '../../db/rows.ts'
import type { NarrowRow } from '../../db/selections.ts'
import type { PageArgs } from '../../domain/page.ts'
import { badInput, type Counted, pageOf } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import { conditionsIn, type FilteredTable, type Wheres } from '../filters.ts'

interface OrderOf<T extends FilteredTable> {
  readonly field: OrderField<T>
  readonly direction?: 'ASC' | 'DESC'
}

/** The arguments of a list that can be filtered and ordered. */
interface ListArgs<T extends FilteredTable> extends PageArgs {
  readonly where?: Wheres[T] | null | undefined
  readonly orderBy?: OrderOf<T> | null | undefined
}

/** The manual order is one of the items below a parent. */
const parents = {
  books: { field: 'bookshelfId', message: 'Books have a manual order only on a bookshelf' },
  blocks: { field: 'bookId', message: 'Blocks have a manual order only within a book' },
} as const

function checkOrder(table: FilteredTable, field: string, where: object) {
  if (field !== 'POSITION' || !(table === 'books' || table === 'blocks')) return
  const parent = parents[table]
  if ((where as Readonly<Record<string, unknown>>)[parent.field] == null)
    throw badInput(`orderBy: ${parent.message}; also give \`where.${parent.field}\`.`)
}

/** The resolver of a list of the workspace. Without an order of the client, it is ascending by a field. */
export const rootList =
  <T extends FilteredTable>(table: T, byDefault: OrderField<T>) =>
  async (
    _root: unknown,
    { where, orderBy, ...args }: ListArgs<T>,
    { db, actor: { workspaceId } }: GraphQLContext,
  ): Promise<Counted<Rows[T]>> => {
    const { field, direction }: OrderOf<T> = orderBy ?? { field: byDefault }
    checkOrder(table, field, where ?? {})
    const chosen = chosenOrder(table, field, direction)
    const isTop = table === 'tags' && (where as Wheres['tags'] | null)?.topLevel === true
    const order = isTop ? atTopLevel(chosen) : chosen
    const page = pageOf(args, order)
    const conditions = await conditionsIn(db, workspaceId, table, where)
    return {
      order,
      page: await listPage(db, table, workspaceId, conditions, order, page),
      count: () => listCount(db, table, workspaceId, conditions),
      kinds: () =>
        table === 'books' || table === 'blocks'
          ? kindCounts(db, table, workspaceId, conditions)
          : Promise.resolve({}),
    }
  }

/** The resolver of a list below a row. `size` is that of a page when none is given. */
export const nestedList =
  <T extends FilteredTable & ChildTable>(table: T, byDefault: OrderField<T>, size?: number) =>
  async (
    { id }: { readonly id: string },
    { where, orderBy, ...given }: ListArgs<T>,
    { loaders }: GraphQLContext,
    info: GraphQLResolveInfo,
  ): Promise<Counted<NarrowRow<T>>> => {
    const { field, direction }: OrderOf<T> = orderBy ?? { field: byDefault }
    const order = chosenOrder(table, field, direction)
    const args = given.first == null && given.last == null ? { ...given, first: size } : given
    const asked = { where: where ?? null, field, direction, page: pageOf(args, order) }
    const below = loaders.below[table]
    return {
      order,
      page: await below.page(asked, id, info),
      count: () => below.count(asked.where, id),
      kinds: () => below.kinds(asked.where, id),
    }
  }
