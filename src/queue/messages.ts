import { type Db, read, type Tx } from '../db/client.ts'

/** A job as pg-boss delivers it. */
export interface Message {
  readonly name: string
  readonly id: string
  readonly data: object | null
  readonly createdOn: Date
  /** What pg-boss knows of its end. */
  readonly output: { readonly message?: string } | null
}

/** Between its delivery and the lock of the job a process may be busy with something else, in seconds. */
const graceSeconds = 5

/** At most so many are looked at in one go. */
const limit = 1_000

/** Messages that were delivered and have no end yet, but for the newest, and those whose process could not record how they ended. */
export function lostMessages(db: Db, names: readonly string[]): Promise<Message[]> {
  const text = `select name, id, data, created_on as "createdOn", output from pgboss.job
    where name = any($1::text[]) and (state = 'failed'
      or (state = 'active' and started_on < now() - $2::int * interval '1 second'))
    order by started_on limit $3::int`
  return read<Message>(db, text, [names, graceSeconds, limit])
}

/** Takes a message out of the queue in a transaction; false when somebody did before. */
export async function removeMessage(tx: Tx, { name, id }: Pick<Message, 'name' | 'id'>): Promise<boolean> {
  const text = `delete from pgboss.job where name = $1 and id = $2::uuid and state in ('active', 'failed')`
  return (await tx.$executeRawUnsafe(text, name, id)) > 0
}
