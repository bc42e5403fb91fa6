import { createHash } from 'node:crypto'
import { assertCan } from '../../domain/access.ts'
import { Failure, IdempotencyKeyReused, InvalidInput } from '../../domain/failure.ts'
import type { Slot } from '../../domain/slots.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import type { Keyed } from '../inputs.ts'
import { type Upload, uploadMedia } from './uploads.ts'

export interface BatchFile extends Pick<Upload, 'whenInTrash'> {
  readonly slot: Slot
  /** Settles when the file begins to arrive; fails when it never will. */
  readonly file: Promise<Pick<Upload, 'fileName' | 'stream'>>
}

export interface Batch extends Keyed {
  readonly files: readonly BatchFile[]
}

/**
 * Takes several files, each by itself. Every file is received as it arrives, in whatever order: one that waited for
 * another could wait for ever. Only what comes after that is limited to so many at once. The results are in the order of
 * the input.
 */
export async function uploadMediaBatch(ctx: Ctx, batch: Batch) {
  try {
    return await storeFiles(ctx, batch)
  } finally {
    // A batch that is refused as a whole has looked at none of its files: one that fails later must not end the process.
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
  if (files.length === 0) check.refuse('files', 'There is no file.')
  if (files.length > batchFiles) {
    check.refuse(
      'files',
      `A batch can have ${batchFiles} files, these are ${files.length}. Send several batches.`,
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

/** A file is put into its slot after those before it: a list has them in the order of the input. */
type Waiting = Required<Pick<Upload, 'turn' | 'before'>>

async function uploadOne(ctx: Ctx, { files, idempotencyKey }: Batch, index: number, waiting: Waiting) {
  const given = files[index]
  if (!given) throw new Error('There is no such file.')
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
      ...waiting,
      idempotencyKey: idempotencyKey == null ? undefined : keyOf(idempotencyKey, index),
      keyedWith: { files: files.length },
    })
    if (result instanceof IdempotencyKeyReused) return new IdempotencyKeyReused(idempotencyKey ?? '')
    return result instanceof InvalidInput ? result.below(`files.${index}`) : result
  } catch (error) {
    if (!file.stream.errored) throw error
    return broken('The file broke off before its end. Nothing of it was stored; send it once more.')
  }
}

/** The key of one file of a batch: no client's own key is like it, and it is never too long. */
const keyOf = (idempotencyKey: string, index: number) =>
  `batch:${createHash('sha256').update(`${index} ${idempotencyKey}`).digest('hex')}`

/**
 * Lets so many work at once, and begin in the order of their numbers, however they come: who works may wait for those with
 * smaller numbers, which all have begun.
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
  /** Has ended, perhaps without a turn. */
  const pass = (index: number) => {
    passed.add(index)
    admit()
  }
  return { turnOf, pass }
}
