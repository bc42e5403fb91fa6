import { transact } from '../../db/client.ts'
import { foldActivities, removeStrayActivities } from '../../db/library/activity.ts'
import { newId, type Services } from '../context.ts'

/** The maximum number of transactions of one call: what is left then has its turn with the next one. */
const mostBatches = 200

/**
 * Adds what operations recorded as activity to the rows of books, then to those of bookshelves. Reads are exact with it
 * and without; it keeps them cheap. Several servers may do it at once. Returns the number of rows.
 */
export async function foldActivity({ db }: Pick<Services, 'db'>): Promise<number> {
  let count = 0
  for (const table of ['books', 'bookshelves'] as const) {
    for (let batch = 0, folded = Infinity; folded > 0 && batch < mostBatches; batch += 1) {
      folded = await transact(db, (tx) => foldActivities(tx, table, newId()))
      count += folded
    }
  }
  await removeStrayActivities(db)
  return count
}
