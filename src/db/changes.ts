import { type Sql, sql } from './sql.ts'

/** When and by whom something is written. */
export interface Written {
  readonly at: Date
  readonly by: string
}

/** The columns that every change of an item by SQL sets. */
export const isChanged = ({ at, by }: Written): Sql =>
  sql`version = version + 1, updated_at = ${at}::timestamptz, updated_by = ${by}`
