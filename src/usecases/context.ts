import { v7 as uuidv7 } from 'uuid'
import type { Db } from '../db/client.ts'
import type { SessionLocks } from '../db/postgres/session-locks.ts'
import type { Actor } from '../domain/access.ts'
import type {
  MediaAddress,
  MediaUrlExpired,
  MediaUrlInvalid,
  MediaUrlRequest,
  SignedMediaAddress,
} from '../domain/media-url.ts'
import type { ConfiguredLimits } from '../domain/limits.ts'
import type { PurgeSize } from '../domain/purge.ts'
import type { Queue } from '../queue/queue.ts'
import type { Programs } from '../probes/programs.ts'
import type { FileStorage } from '../storage/file-storage.ts'
import type { PartialUploads } from '../storage/partial-uploads.ts'

/** The numbers that operations use. */
export interface Limits extends Omit<ConfiguredLimits, 'purgeItems' | 'purgeBytes'> {
  /** The safety limit of a purge of one workspace. */
  readonly purge: PurgeSize
  /** How long a program may read or draw one file, in milliseconds. */
  readonly programMs: number
}

export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Signs URLs of media and says which are valid. One per process: it caches the keys that all servers share. */
export interface MediaUrls {
  /** The path with its signature, below the server's URL. Waits only when the cached keys are too old. */
  sign(media: MediaAddress): string | Promise<string>
  /** The address that the URL of a request stands for, undefined when it has no signature, or why it is not valid. */
  verify(
    request: MediaUrlRequest,
  ): Promise<SignedMediaAddress | MediaUrlInvalid | MediaUrlExpired | undefined>
}

/** What is the same for every operation of a process. */
export interface Services {
  readonly db: Db
  readonly storage: FileStorage
  /** Files that arrive in pieces. */
  readonly partials: PartialUploads
  /** Locks for work that is longer than a transaction, heeded by every server. */
  readonly locks: SessionLocks
  readonly queue: Queue
  readonly programs: Programs
  readonly limits: Limits
  readonly mediaUrls: MediaUrls
  /** The only clock of operations. */
  readonly now: () => Date
}

/** What an operation is given besides its input. */
export interface Ctx extends Services {
  readonly actor: Actor
  readonly log: Log
  /** A UUID: what one request of a client, one job or one command did has the same. */
  readonly requestId: string
}

/** A new id: a UUIDv7, so that ids made later sort later. */
export const newId = (): string => uuidv7()

/** The actor of jobs in a workspace. */
export const systemActor = (workspaceId: string): Actor => ({ id: 'system', workspaceId, role: 'OWNER' })
