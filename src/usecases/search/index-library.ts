import { transact, type Tx } from '../../db/client.ts'
import { foldDeletions, unfoldedDeletions } from '../../db/trash/deletion-names.ts'
import {
  type Backfill,
  hasBackfill,
  indexDocuments,
  indexMissingDocuments,
  noteBackfill,
  rowsAfter,
  type Searchable,
  tagsWithAliases,
  takeBackfill,
} from '../../db/search/documents.ts'
import { indexTags } from '../../db/tags/tag-index.ts'
import { storeAliasKeys, unkeyedAliases } from '../../db/tags/aliases.ts'
import { searchedName } from '../../domain/deletion-names.ts'
import { nameKey } from '../../domain/tag-tree.ts'
import type { Services } from '../context.ts'
import { namedTag, searchable } from './searchable.ts'
import { referenceBatch } from './text-references.ts'

/** How many objects one transaction indexes, and how many transactions one job runs. */
const [batchSize, batchesPerJob] = [200, 200]

/**
 * The maximum number of characters that one transaction indexes, unless a single object has more; otherwise it could
 * take too long.
 */
const batchLength = 500_000

/** The first of the objects, as many as fit into one transaction. */
export function fitting(items: readonly Searchable[]): Searchable[] {
  let length = 0
  return items.filter(({ title, body }, at) => {
    length += title.length + body.length
    return at === 0 || length <= batchLength
  })
}

/** The next objects of each type. The job also writes the entries of tags in the tag search. */
const readers = {
  BOOKSHELF: async (tx, { workspaceId, lastId }) =>
    (await rowsAfter(tx, 'bookshelves', workspaceId, lastId, batchSize)).map(searchable.BOOKSHELF),
  BOOK: async (tx, { workspaceId, lastId }) =>
    (await rowsAfter(tx, 'books', workspaceId, lastId, batchSize)).map(searchable.BOOK),
  BLOCK: async (tx, { workspaceId, lastId }) =>
    (await rowsAfter(tx, 'blocks', workspaceId, lastId, batchSize)).map(searchable.BLOCK),
  TAG: async (tx, { workspaceId, lastId }) => {
    const ids = (await rowsAfter(tx, 'tags', workspaceId, lastId, batchSize)).map(({ id }) => id)
    const tags = await tagsWithAliases(tx, workspaceId, ids)
    await indexTags(tx, workspaceId, tags.map(namedTag))
    return tags
      .sort((one, other) => (one.id < other.id ? -1 : 1))
      .map((tag) => searchable.TAG(tag, tag.aliases))
  },
  CHECKPOINT: async (tx, { workspaceId, lastId }) =>
    (await rowsAfter(tx, 'checkpoints', workspaceId, lastId, batchSize)).map(searchable.CHECKPOINT),
  CHECKPOINT_MARKER: async (tx, { workspaceId, lastId }) =>
    (await rowsAfter(tx, 'checkpoint_markers', workspaceId, lastId, batchSize)).map(
      searchable.CHECKPOINT_MARKER,
    ),
  MEDIA: async (tx, { workspaceId, lastId }) =>
    (await rowsAfter(tx, 'media', workspaceId, lastId, batchSize)).map(searchable.MEDIA),
} satisfies Record<Backfill['type'], (tx: Tx, backfill: Backfill) => Promise<Searchable[]>>

/**
 * Indexes some content that is older than the index, from the oldest on. Concurrent changes index themselves and are
 * not overwritten: those of blocks because only missing documents are added, the others because they wait for the
 * locked rows. False if nothing is left.
 */
async function indexBatch(tx: Tx): Promise<boolean> {
  const backfill = await takeBackfill(tx)
  if (!backfill) return foldBatch(tx)
  const items = fitting(await readers[backfill.type](tx, backfill))
  const index = backfill.type === 'BLOCK' ? indexMissingDocuments : indexDocuments
  await index(tx, backfill.workspaceId, items)
  await noteBackfill(tx, backfill, items.at(-1)?.id ?? null)
  return true
}

/** Does the same for the names of trashed items. */
async function foldBatch(tx: Tx): Promise<boolean> {
  const deletions = await unfoldedDeletions(tx, batchSize)
  const named = deletions.map((one) => ({ ...one, ...searchedName(one.workspaceId, one.name) }))
  await foldDeletions(tx, named)
  return deletions.length > 0 || keyBatch(tx)
}

/** Does the same for the keys of aliases. */
async function keyBatch(tx: Tx): Promise<boolean> {
  const aliases = await unkeyedAliases(tx, batchSize)
  await storeAliasKeys(
    tx,
    aliases.map((alias) => ({ ...alias, nameKey: nameKey(alias.name) })),
  )
  return aliases.length > 0 || referenceBatch(tx)
}

/** Indexes content that is older than the index. Continues in another job after `batches` transactions. */
export async function indexLibrary({ db, queue }: Services, batches = batchesPerJob): Promise<void> {
  for (let batch = 0; batch < batches; batch += 1) {
    if (!(await transact(db, indexBatch))) return
  }
  await continueIndexing({ db, queue })
}

/** Ensures that there is a job if something is left to index. */
export async function continueIndexing({ db, queue }: Pick<Services, 'db' | 'queue'>): Promise<void> {
  if (!(await hasBackfill(db))) return
  await transact(db, (tx) => queue.enqueue(tx, 'index-library', {}))
}
