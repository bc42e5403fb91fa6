import { availableParallelism } from 'node:os'
import { blobsAfter, countBlobs } from '../../db/media/thumbnails.ts'
import type { Ctx } from '../context.ts'
import { renderThumbnails } from './render-thumbnails.ts'

interface Rebuild {
  /** Makes all thumbnails again, not only missing ones. */
  readonly all: boolean
  /** Stops after the pictures in progress. */
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number) => void
}

interface RebuildFailure {
  readonly blobId: string
  /** The file name of one of its media items; null if it has none. */
  readonly fileName: string | null
  readonly reason: string
}

interface Rebuilt {
  readonly looked: number
  readonly made: number
  readonly removed: number
  readonly failures: readonly RebuildFailure[]
}

const pageSize = 200

/**
 * Makes the missing thumbnails of a workspace and removes those of obsolete recipes. Can be interrupted at any time;
 * the next run continues with what is still missing.
 */
export async function rebuildThumbnails(ctx: Ctx, { all, signal, onProgress }: Rebuild): Promise<Rebuilt> {
  const { workspaceId } = ctx.actor
  const total = await countBlobs(ctx.db, workspaceId)
  const sum = { looked: 0, made: 0, removed: 0, failures: [] as RebuildFailure[] }

  const rebuildOne = async ({ id, fileName }: { id: string; fileName: string | null }) => {
    try {
      const { made, removed, failure } = await renderThumbnails(ctx, { blobId: id, all })
      sum.made += made
      sum.removed += removed
      if (failure !== null) sum.failures.push({ blobId: id, fileName, reason: failure })
    } catch (error) {
      sum.failures.push({ blobId: id, fileName, reason: (error as Error).message })
    }
    sum.looked += 1
    onProgress(sum.looked, Math.max(total, sum.looked))
  }

  for (let after: string | null = null; ;) {
    const page = await blobsAfter(ctx.db, workspaceId, after, pageSize)
    const waiting = [...page]
    const work = async () => {
      for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) await rebuildOne(next)
    }
    // Decoding, encoding and writing overlap: one worker more than there are cores keeps all cores busy.
    await Promise.all(Array.from({ length: availableParallelism() + 1 }, work))
    after = page.at(-1)?.id ?? null
    if (after === null || signal.aborted) return sum
  }
}
