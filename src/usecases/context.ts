import { v7 as uuidv7 } from 'uuid'
import type { Db, Tx } from '../db/client.ts'
import type { SessionLocks } from '../db/postgres/session-locks.ts'
import { inWorkspace } from '../db/workspaces.ts'
import type { Actor } from '../domain/access.ts'
import type { DocumentName } from '../domain/document-types.ts'
import type {
  MediaAddress,
  MediaUrlExpired,
  MediaUrlInvalid,
  MediaUrlRequest,
  SignedMediaAddress,
} from '../domain/media-url.ts'
import type { ConfiguredLimits } from '../domain/limits.ts'
import type { PurgeSize } from '../domain/purge.ts'
import type { Mail } from '../mail/smtp.ts'
import type { Queue } from '../queue/queue.ts'
import type { Programs } from '../probes/programs.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { FileStorage } from '../storage/file-storage.ts'
import type { PartialUploads } from '../storage/partial-uploads.ts'

/** The configured limits of operations. */
export interface Limits extends Omit<ConfiguredLimits, 'purgeItems' | 'purgeBytes'> {
  /** The safety limit of a purge of one workspace. */
  readonly purge: PurgeSize
  /** How long a program may read or draw one file, in milliseconds. */
  readonly programMs: number
  /** The documents that attachments may be. */
  readonly documents: readonly DocumentName[]
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

/** What a valid JSON Web Token says about its bearer. */
export interface JwtClaims {
  readonly issuer: string
  readonly subject: string
  /** In lower case; undefined unless the issuer has verified it. */
  readonly email: string | undefined
}

/** Verifies JSON Web Tokens of the configured issuer. */
export interface JwtVerifier {
  /** The claims of a token; undefined when it is not valid. Throws `IdentityProviderUnavailable`. */
  verify(token: string): Promise<JwtClaims | undefined>
}

/** The services that all operations of a process share. */
export interface Services {
  readonly db: Db
  readonly storage: FileStorage
  /** Resumable uploads: files that arrive in chunks. */
  readonly partials: PartialUploads
  /** Locks across all servers for work that takes longer than a transaction. */
  readonly locks: SessionLocks
  readonly queue: Queue
  readonly programs: Programs
  readonly limits: Limits
  readonly mediaUrls: MediaUrls
  /** Undefined: no mail is sent, and whoever asks for a link gets it. */
  readonly mail?: Mail | undefined
  /** Undefined: no JSON Web Tokens are accepted. */
  readonly jwts?: JwtVerifier | undefined
  /** Undefined unless metrics are on. */
  readonly metrics?: Metrics | undefined
  /** The clock of operations; `clocks.ts` compares it with that of the database. */
  readonly now: () => Date
  /** Reads the clock of the database. */
  readonly databaseNow: (db: Db | Tx) => Promise<Date>
}

/** The context of an operation. */
export interface Ctx extends Services {
  readonly actor: Actor
  readonly log: Log
  /** A UUID shared by everything that one request, job or command does. */
  readonly requestId: string
  /** The address that a request came from; a job or command has none. */
  readonly ipAddress?: string
}

/** The services for the work of a request or job in one workspace: its transactions end before the workspace is trashed. */
export const servicesIn = <Given extends Pick<Services, 'db'>>(
  services: Given,
  workspaceId: string,
): Given => ({
  ...services,
  db: inWorkspace(services.db, workspaceId),
})

/** A new ID: a UUIDv7, so that later IDs sort after earlier ones. */
export const newId = (): string => uuidv7()

/** The actor of jobs in a workspace. */
export const systemActor = (workspaceId: string): Actor => ({ id: 'system', workspaceId, role: 'OWNER' })
