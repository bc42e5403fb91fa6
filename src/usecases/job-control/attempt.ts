import type { Tx } from '../../db/client.ts'

/** The contract between the runner of jobs (`src/jobs`) and the operations that do their work. */
export interface Attempt<Result> {
  /** The result so far of the attempts before. */
  readonly before: Result | undefined
  /**
   * Records how far the job is; with a transaction, when and only when that commits. Throws when another process has
   * taken the job over.
   */
  onProgress(result: Result, done: number, total: number | null, tx?: Tx): Promise<void>
  /**
   * Work that takes long calls `throwIfAborted` between two steps: it continues in another turn, and this counts as no
   * attempt.
   */
  readonly signal: AbortSignal
}

/** Work throws it when it cannot be done now, through no fault: it is tried later, and this counts as no attempt. */
export class JobPostponed extends Error {
  override readonly name = 'JobPostponed'
  readonly afterMs: number

  constructor(message: string, afterMs: number) {
    super(message)
    this.afterMs = afterMs
  }
}
