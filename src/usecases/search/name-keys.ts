import { type Db, transact, type Tx } from '../../db/client.ts'
import { hasStaleKeys, namedTables, staleNames, storeSortKeys } from '../../db/name-keys.ts'
import { staleTags, storeTagKeys, type TagKeys, workspaceWithStaleTags } from '../../db/tags/tag-keys.ts'
import { lockTagTree } from '../../db/tags/tag-tree.ts'
import { sortKey } from '../../domain/sort-key.ts'
import { nameKey, twinKey } from '../../domain/tag-tree.ts'
import type { Log, Services } from '../context.ts'

/** How many rows one transaction changes. */
const batchSize = 500

/** Stores what some names are sorted by. False if nothing is left. */
async function sortBatch(tx: Tx): Promise<boolean> {
  for (const table of namedTables) {
    const rows = await staleNames(tx, table, batchSize)
    if (rows.length === 0) continue
    await storeSortKeys(
      tx,
      table,
      rows.map((row) => ({ ...row, sortKey: sortKey(row.name) })),
    )
    return true
  }
  return false
}

interface TagBatch {
  readonly workspaceId: string
  /** Tags that have the name of a sibling. */
  readonly twins: readonly { readonly id: string; readonly name: string }[]
}

/**
 * The same for tags, whose names are also compared by a key. A tag keeps its key if that is by the rules already; of
 * the others with one name, the oldest gets it.
 */
async function tagBatch(tx: Tx): Promise<TagBatch | undefined> {
  const workspaceId = await workspaceWithStaleTags(tx)
  if (workspaceId === undefined) return undefined
  await lockTagTree(tx, workspaceId)
  const taken = new Set<string>()
  const tags = (await staleTags(tx, workspaceId, batchSize)).map((tag): TagKeys => {
    const { id, name } = tag
    const key = nameKey(name)
    const twin = twinKey(key, id)
    const place = JSON.stringify([tag.parentId, tag.deletionId, key])
    const keepsKey = tag.nameKey === key || !taken.has(place)
    taken.add(place)
    return { id, nameKey: keepsKey ? key : twin, twinKey: twin, sortKey: sortKey(name) }
  })
  return { workspaceId, twins: await storeTagKeys(tx, workspaceId, tags) }
}

/**
 * Computes what names are sorted and compared by, for those from before the rules of now. Reports tags that have the
 * name of a sibling by them.
 */
export async function storeNameKeys({ db, log }: Pick<Services, 'db'> & { log: Log }): Promise<void> {
  while (await transact(db, sortBatch));
  for (let batch = await transact(db, tagBatch); batch; batch = await transact(db, tagBatch)) {
    const { workspaceId, twins } = batch
    for (const { id, name } of twins)
      log.warn(
        { workspaceId, tagId: id, name },
        'A sibling of this tag has the same name; rename or merge one',
      )
  }
}

/** Ensures that there is a job if some names have no keys by the rules yet. */
export async function continueNameKeys({ db, queue }: Pick<Services, 'queue'> & { db: Db }): Promise<void> {
  if (!(await hasStaleKeys(db))) return
  await transact(db, (tx) => queue.enqueue(tx, 'store-name-keys', {}))
}
