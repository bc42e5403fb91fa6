import { transact, type Tx } from '../db/client.ts'
import type { Rows } from '../db/rows.ts'
import { Failure } from '../domain/failure.ts'
import { activeTypes, recordActivity } from './activity.ts'
import type { Ctx } from './context.ts'
import { changed, type Expecting, given, primaryKey } from './inputs.ts'
import { lockItemAt } from './locking.ts'

interface Update<Row, Fields extends object> extends Expecting {
  readonly id: string
  /** Those that are undefined stay as they are. */
  readonly fields: Fields
  readonly write: (
    tx: Tx,
    where: ReturnType<typeof primaryKey>,
    data: ReturnType<typeof given<Fields>> & ReturnType<typeof changed>,
    before: Row,
  ) => Promise<Row>
}

/** Changes fields of a live item, if it is still at the expected version. */
export async function updateItem<T extends keyof typeof activeTypes, Fields extends object>(
  ctx: Ctx,
  table: T,
  { id, expectedVersion, fields, write }: Update<Rows[T], Fields>,
) {
  return transact(ctx.db, async (tx) => {
    const item = await lockItemAt(ctx, tx, table, id, expectedVersion)
    if (item instanceof Failure) return item
    await recordActivity(ctx, tx, { [activeTypes[table]]: [id] })
    return write(tx, primaryKey(item), { ...given(fields), ...changed(ctx) }, item)
  })
}
