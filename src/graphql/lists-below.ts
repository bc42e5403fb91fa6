import type { GraphQLResolveInfo } from 'graphql'
import {
  childCounts,
  childKindCounts,
  childPages,
  type ChildTable,
  type KindCounts,
  type KindTable,
} from '../db/child-lists.ts'
import type { Db } from '../db/client.ts'
import { chosenOrder, type OrderField } from '../db/orders.ts'
import type { PageOf } from '../db/page.ts'
import { fieldsAmong, type NarrowRow } from '../db/selections.ts'
import type { Page } from '../domain/page.ts'
import { batched, noPage, oneForEach } from './batching.ts'
import { conditionsIn, type FilteredTable, type Wheres } from './filters.ts'
import { namesBelow } from './requested.ts'

type NestedTable = ChildTable & FilteredTable

/** A page of a list below a row. */
interface AskedList<T extends NestedTable> {
  readonly where: Wheres[T] | null
  readonly field: OrderField<T>
  readonly direction: 'ASC' | 'DESC' | undefined
  readonly page: Page
}

/** The lists of a table below rows. */
interface Below<T extends NestedTable> {
  page(asked: AskedList<T>, parentId: string, info: GraphQLResolveInfo): Promise<PageOf<NarrowRow<T>>>
  count(where: Wheres[T] | null, parentId: string): Promise<number>
  kinds(where: Wheres[T] | null, parentId: string): Promise<KindCounts>
}

/** The lists below rows, with one loader for each page, filter and order that is asked for. */
function listsBelow<T extends NestedTable>(db: Db, workspaceId: string, table: T): Below<T> {
  const listOf = async (parentIds: readonly string[], where: Wheres[T] | null) => ({
    table,
    workspaceId,
    parentIds,
    conditions: await conditionsIn(db, workspaceId, table, where),
  })
  const pages = oneForEach(({ asked, fields }: { asked: AskedList<T>; fields: readonly string[] }) =>
    batched<PageOf<NarrowRow<T>>>(async (ids) => {
      const order = chosenOrder(table, asked.field, asked.direction)
      return childPages(db, await listOf(ids, asked.where), order, asked.page, fields)
    }, noPage),
  )
  const counts = oneForEach((where: Wheres[T] | null) =>
    batched(async (ids) => childCounts(db, await listOf(ids, where)), 0),
  )
  const kinds = oneForEach((where: Wheres[T] | null) =>
    batched<KindCounts>(async (ids) => {
      const { conditions } = await listOf(ids, where)
      const counted: KindTable | undefined = table === 'books' || table === 'blocks' ? table : undefined
      return counted
        ? childKindCounts(db, { table: counted, workspaceId, parentIds: ids, conditions })
        : new Map<string, KindCounts>()
    }, {}),
  )
  return {
    page: (asked: AskedList<T>, parentId: string, info: GraphQLResolveInfo) =>
      pages({ asked, fields: fieldsAmong(table, namesBelow(info)) }).load(parentId),
    count: (where: Wheres[T] | null, parentId: string) => counts(where).load(parentId),
    kinds: (where: Wheres[T] | null, parentId: string) => kinds(where).load(parentId),
  }
}

/** The loaders of all lists below rows. */
export const createListsBelow = (db: Db, workspaceId: string): { readonly [T in NestedTable]: Below<T> } => ({
  books: listsBelow(db, workspaceId, 'books'),
  blocks: listsBelow(db, workspaceId, 'blocks'),
  checkpoints: listsBelow(db, workspaceId, 'checkpoints'),
  checkpoint_markers: listsBelow(db, workspaceId, 'checkpoint_markers'),
  tags: listsBelow(db, workspaceId, 'tags'),
})
