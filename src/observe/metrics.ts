/** A request that was answered. */
export interface AnsweredRequest {
  readonly method: string
  /** The pattern of its path; undefined: there is none. */
  readonly route: string | undefined
  readonly status: number
  readonly seconds: number
  /** The GraphQL operation, if it was one. */
  readonly operation?: { readonly type: string; readonly name: string | undefined } | undefined
  readonly errorCodes?: readonly string[] | undefined
}

/** The end of one attempt of a job. */
export type JobOutcome = 'done' | 'retrying' | 'failed' | 'postponed'

/** What happens in a process, as it reports it to its metrics. */
export interface Metrics {
  requestAnswered(request: AnsweredRequest): void
  /** `decision` is that of a write to a slot, or `ERROR`. */
  uploadEnded(decision: string, bytes: number): void
  jobEnded(kind: string, outcome: JobOutcome, seconds: number): void
  storageAnswered(operation: string, seconds: number, failed: boolean): void
  bytesMoved(direction: 'read' | 'written', bytes: number): void
  /** All of it, in the format that Prometheus reads. */
  text(): Promise<string>
  readonly contentType: string
}

/** The jobs of one kind. */
export interface QueuedJobs {
  readonly kind: string
  readonly waiting: number
  readonly running: number
  readonly failed: number
  /** For how long the first of those that wait has been due. */
  readonly oldestSeconds: number
}

/** The quotas of all workspaces together. */
export interface QuotaTotals {
  readonly workspaces: number
  /** Those that use 90 % of their quota or more. */
  readonly nearlyFull: number
  readonly usedBytes: bigint
  readonly limitBytes: bigint
}

/** What the metrics read when they are asked for. */
export interface Sources {
  readonly version: string
  /** The connections of the database. */
  readonly pool: { readonly totalCount: number; readonly idleCount: number; readonly waitingCount: number }
  readonly poolSize: number
  queue(): Promise<readonly QueuedJobs[]>
  quota(): Promise<QuotaTotals>
}
