import { createHash } from 'node:crypto'
import { assertCan } from '../../domain/access.ts'
import { Failure, IdempotencyKeyReused, InvalidInput } from '../../domain/failure.ts'
import type { Slot } from '../../domain/slots.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import { UploadInterrupted } from '../../domain/upload-interrupted.ts'
import type { Ctx } from '../context.ts'
import type { Upload } from './upload.ts'
import { uploadMedia } from './upload-media.ts'
import type { Keyed } from '../inputs.ts'

interface BatchFile extends Pick<Upload, 'whenInTrash' | 'category'> {
  readonly slot: Slot
  /** Settles when the file begins to arrive; rejects if it never will. */
  readonly file: Promise<Pick<Upload, 'fileName' | 'stream'>>
}

interface Batch extends Keyed {
  readonly files: readonly BatchFile[]
}

/**
 * Uploads several files, each by itself. It receives every file as it arrives, in any order, since a file that waited
 * for another could wait forever. Only a limited number of files take the later steps at once. The results have the
 * order of the input.
 */
export async function uploadMediaBatch(ctx: Ctx, batch: Batch) {
  try {
    return await storeFiles(ctx, batch)
  } finally {
    // A batch that is refused as a whole has awaited none of its files: one that fails later must not end the process.
    for (const { file } of batch.files)
      file.then(
        ({ stream }) => stream.destroy(),
        () => {},
      )
  }
}

async function storeFiles(ctx: Ctx, batch: Batch) {
  assertCan(ctx.actor, 'edit')
  const { batchFiles, batchTurns } = ctx.limits
  const { files, idempotencyKey } = batch
  const check = new InputCheck()
  check.line('idempotencyKey', idempotencyKey, textLimits.idempotencyKey)
  if (files.length === 0) check.refuse('files', 'Give at least one file.')
  if (files.length > batchFiles) {
    check.refuse(
      'files',
      `A batch can have at most ${batchFiles} files; you gave ${files.length}. Send several batches.`,
    )
  }
  const invalid = check.failure()
  if (invalid) return invalid

  const turns = orderedTurns(batchTurns)
  const uploads: Promise<unknown>[] = []
  const outcomes = await Promise.allSettled(
    files.map((_file, index) => {
      const before = [...uploads]
      const waiting: Waiting = { turn: turns.turnOf(index), before: () => Promise.allSettled(before) }
      const upload = uploadOne(ctx, batch, index, waiting).finally(() => turns.pass(index))
      uploads.push(upload)
      return upload
    }),
  )
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}

/** A file goes into its slot after the files before it, so that a list has them in the order of the input. */
type Waiting = Required<Pick<Upload, 'turn' | 'before'>>

async function uploadOne(ctx: Ctx, { files, idempotencyKey }: Batch, index: number, waiting: Waiting) {
  const given = files[index]
  if (!given) throw new Error('The batch has no such file.')
  const broken = (message: string) => new InvalidInput([{ path: `files.${index}.file`, message }])
  const file = await given.file.catch((error: unknown) =>
    broken(error instanceof Error ? error.message : String(error)),
  )
  if (file instanceof Failure) return file
  try {
    const result = await uploadMedia(ctx, {
      ...file,
      slot: given.slot,
      whenInTrash: given.whenInTrash,
      category: given.category,
      ...waiting,
      idempotencyKey: idempotencyKey == null ? undefined : keyOf(idempotencyKey, index),
      keyedWith: { files: files.length },
    })
    if (result instanceof IdempotencyKeyReused) return new IdempotencyKeyReused(idempotencyKey ?? '')
    return result instanceof InvalidInput ? result.below(`files.${index}`) : result
  } catch (error) {
    if (!(error instanceof UploadInterrupted)) throw error
    return broken('The file did not arrive completely. Nothing of it was stored; upload it again.')
  }
}

/** The key of one file of a batch: clients have no such keys, and it is never too long. */
const keyOf = (idempotencyKey: string, index: number) =>
  `batch:${createHash('sha256').update(`${index} ${idempotencyKey}`).digest('hex')}`

/**
 * Gives turns in the order of the numbers, whatever the order of the requests, and `free` turns at once. A file that
 * has its turn may await files with smaller numbers: all of them have had a turn or have ended.
 */
function orderedTurns(free: number) {
  const waiting = new Map<number, () => void>()
  const passed = new Set<number>()
  let next = 0
  const admit = () => {
    for (;;) {
      const begin = waiting.get(next)
      if (begin && free > 0) {
        waiting.delete(next)
        free -= 1
        begin()
      } else if (begin || !passed.has(next)) return
      next += 1
    }
  }
  const turnOf =
    (index: number) =>
    async <T>(work: () => Promise<T>): Promise<T> => {
      await new Promise<void>((resolve) => {
        waiting.set(index, resolve)
        admit()
      })
      try {
        return await work()
      } finally {
        free += 1
        admit()
      }
    }
  /** Called at the end of a file, which may have had no turn. */
  const pass = (index: number) => {
    passed.add(index)
    admit()
  }
  return { turnOf, pass }
}
