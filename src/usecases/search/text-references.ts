import type { Tx } from '../../db/client.ts'
import {
  blocksToCheck,
  blocksToRead,
  hasReferenceBackfill,
  insertReferences,
  noteReferenceBackfill,
  type ReadBlock,
  removeReferences,
  takeReferenceBackfill,
} from '../../db/library/text-references.ts'
import { assertCan } from '../../domain/access.ts'
import { namedIn } from '../../domain/markdown/named-items.ts'
import { zeroUuid } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'

/** What a block names, whose text is null if it certainly names nothing. */
const itemsOf = ({ content, ...block }: ReadBlock) => (content === null ? [] : namedIn({ ...block, content }))

const namedBy = (blocks: readonly ReadBlock[]) =>
  blocks
    .map((block) => ({ blockId: block.id, items: itemsOf(block) }))
    .filter(({ items }) => items.length > 0)

/**
 * Stores what the current texts of blocks name, in the transaction that wrote the texts or their kinds. Blocks that the
 * transaction created have nothing to replace.
 */
export async function storeReferences(
  tx: Tx,
  workspaceId: string,
  blocks: readonly ReadBlock[],
  { isNew = false }: { isNew?: boolean } = {},
) {
  if (blocks.length === 0) return
  const ids = blocks.map(({ id }) => id)
  if (!isNew) await removeReferences(tx, workspaceId, ids)
  await insertReferences(tx, workspaceId, namedBy(blocks))
}

/** How many blocks one transaction reads. */
const batchSize = 1_000

/** Stores what some texts name that are older than the references. False if nothing is left. */
export async function referenceBatch(tx: Tx): Promise<boolean> {
  const backfill = await takeReferenceBackfill(tx)
  if (!backfill) return false
  const { workspaceId, lastId } = backfill
  const blocks = await blocksToRead(tx, workspaceId, lastId, batchSize)
  const naming = blocks.filter(({ content }) => content !== null)
  await storeReferences(tx, workspaceId, naming)
  await noteReferenceBackfill(tx, workspaceId, blocks.at(-1)?.id ?? null)
  return true
}

/** The maximum number of reported blocks of a workspace. */
const shown = 100

/**
 * Reads what every text of a workspace names, and reports the blocks of which something else is stored. Changes nothing.
 * Until the texts that are older than the references have been read, there is nothing to compare.
 */
export async function checkReferences({ db, actor }: Pick<Ctx, 'db' | 'actor'>): Promise<string[]> {
  assertCan(actor, 'read')
  const { workspaceId } = actor
  if (await hasReferenceBackfill(db)) return []
  const problems: string[] = []
  for (let lastId: string | undefined = zeroUuid; lastId !== undefined && problems.length < shown;) {
    const blocks = await blocksToCheck(db, workspaceId, lastId, batchSize)
    for (const block of blocks) {
      const [stored, named] = [block.stored, itemsOf(block)].map((items) =>
        JSON.stringify(items.map(written)),
      )
      if (stored !== named)
        problems.push(`block ${block.id}: stored references ${stored}, its text names ${named}`)
    }
    lastId = blocks.at(-1)?.id
  }
  return problems.slice(0, shown)
}

const written = ({ type, id, text }: { type: string; id: string; text: string }) => [type, id, text]
