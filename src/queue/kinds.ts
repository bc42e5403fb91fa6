import type { CopyRequest } from '../domain/copies.ts'
import type { GarbageCollectionRequest } from '../domain/garbage-collection.ts'
import type { PurgeRequest } from '../domain/purge.ts'
import type { VerificationRequest } from '../domain/verification.ts'

/** The jobs that clients ask for, and the request of each. */
export interface RequestedJobs {
  'purge-trash': PurgeRequest
  'collect-garbage': GarbageCollectionRequest
  'verify-storage': VerificationRequest
  'copy-items': CopyRequest
}

/** The jobs that the server starts by itself. Their inputs hold ids only: a job reads everything else when it runs. */
export interface InternalJobs {
  'daily-purge': Record<string, never>
  'purge-workspace': { readonly trashedId: string }
  'daily-garbage-collection': Record<string, never>
  'remove-objects': Record<string, never>
  'render-thumbnails': { readonly workspaceId: string; readonly blobId: string }
  'forget-idempotency-keys': Record<string, never>
  'index-library': Record<string, never>
  'store-name-keys': Record<string, never>
  'sweep-storage': Record<string, never>
  'tidy-resumable-uploads': Record<string, never>
}

/** Every kind of job, and its input. */
export type JobInputs = RequestedJobs & InternalJobs
export type JobName = keyof JobInputs

interface KindSettings {
  /** How many of them one process does at once. */
  readonly turns: number
  /**
   * Debounce window in seconds: jobs enqueued within it collapse into one that begins at once, and one that begins
   * when the window is over and all of them are committed.
   */
  readonly oneIn?: number
}

/** A job that takes long must not hold up those of other workspaces; after ten minutes it makes room as well. */
const long = { turns: 2 }
const short = { turns: 1 }

export const kinds: Record<JobName, KindSettings> = {
  'purge-trash': long,
  'collect-garbage': long,
  'verify-storage': long,
  'copy-items': long,
  'daily-purge': short,
  'purge-workspace': long,
  'daily-garbage-collection': short,
  'remove-objects': { turns: 1, oneIn: 15 },
  'render-thumbnails': short,
  'forget-idempotency-keys': short,
  'index-library': short,
  'store-name-keys': short,
  'sweep-storage': short,
  'tidy-resumable-uploads': short,
}

export const jobNames = Object.keys(kinds) as JobName[]
