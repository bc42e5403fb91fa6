import type { MadeField, NarrowRow, RowFor, SelectedTable } from '../db/selections.ts'

/**
 * The resolver of a field that is made from columns besides the keys of a row. It is given the columns that reads for this
 * field have (`selections.ts`), and no others: to use one that is not declared there does not compile.
 */
export const madeField =
  <T extends SelectedTable, Name extends MadeField<T>, Rest extends unknown[], Result>(
    _table: T,
    _field: Name,
    resolve: (row: RowFor<T, Name>, ...rest: Rest) => Result,
  ) =>
  (row: NarrowRow<T>, ...rest: Rest): Result =>
    resolve(row as RowFor<T, Name>, ...rest)
