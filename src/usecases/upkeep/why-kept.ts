import {
  blobOfHash,
  blobOfKey,
  blobOfMedium,
  type KeptBlob,
  mediaKeeping,
} from '../../db/upkeep/kept-blobs.ts'
import { pendingDeletionOf } from '../../db/upkeep/pending-deletions.ts'
import { blocksNamingBlob } from '../../db/library/text-references.ts'
import { isLiveWorkspace } from '../../db/workspaces.ts'
import { assertCan, canOperate } from '../../domain/access.ts'
import { collectableAt, unknownSince } from '../../domain/garbage-collection.ts'
import { collected, keptBy } from '../../domain/kept-files.ts'
import { keyNamed, type StorageKey } from '../../domain/storage-key.ts'
import { isUuid } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'

type KeptState = 'LIVE' | 'IN_TRASH' | 'ORPHANED' | 'PENDING_DELETION' | 'UNKNOWN' | 'NOT_FOUND'

/** Why bytes are kept, or when they will be removed. */
export interface Kept {
  readonly state: KeptState
  /** The explanation for a person. */
  readonly message: string
  readonly storageKey: string | null
  readonly sizeBytes: bigint | null
  readonly workspaceId: string | null
  readonly mediaCount: number
  /** Up to 100 of them, live ones first. */
  readonly mediaIds: readonly string[]
  /** How many live blocks name one of the media items in their texts, and up to 100 of them. */
  readonly namedByCount: number
  readonly namedByIds: readonly string[]
  readonly since: Date | null
  readonly goesAt: Date | null
  readonly attempts: number | null
  readonly failure: string | null
}

const mostMedia = 100

const notFound: Kept = {
  state: 'NOT_FOUND',
  message: 'There are no such bytes.',
  storageKey: null,
  sizeBytes: null,
  workspaceId: null,
  mediaCount: 0,
  mediaIds: [],
  namedByCount: 0,
  namedByIds: [],
  since: null,
  goesAt: null,
  attempts: null,
  failure: null,
}

/** What to look up. */
export type Sought =
  { readonly mediaId: string } | { readonly sha256: string } | { readonly storageKey: string }

/** Interprets an identifier: a storage key or its name, a SHA-256 hash, or else the ID of a media item. */
export function soughtBy(text: string): Sought {
  if (/[/\\]/.test(text) || keyNamed(text)) return { storageKey: text }
  return isHash(text.toLowerCase()) ? { sha256: text } : { mediaId: text }
}

const isHash = (text: string) => /^[0-9a-f]{64}$/.test(text)

/**
 * Explains why bytes are kept, or when they will be removed. Looks in the actor's workspace; for owners of the default
 * workspace, a storage key is looked up in the whole installation.
 */
export async function whyKept(ctx: Ctx, sought: Sought): Promise<Kept> {
  assertCan(ctx.actor, 'read')
  const kept = await findKept(ctx, sought)
  const isLive = kept.workspaceId === null || (await isLiveWorkspace(ctx.db, kept.workspaceId))
  if (isLive) return kept
  const message =
    `${kept.message} Its workspace is in the trash, so nothing of it is removed before the whole workspace is purged. ` +
    'To see when: npm run cli -- workspaces'
  return { ...kept, message }
}

async function findKept(ctx: Ctx, sought: Sought): Promise<Kept> {
  const { workspaceId } = ctx.actor
  if ('mediaId' in sought) {
    const blob = isUuid(sought.mediaId) ? await blobOfMedium(ctx.db, workspaceId, sought.mediaId) : undefined
    return blob ? keptBlob(ctx, blob) : notFound
  }
  if ('sha256' in sought) {
    const sha256 = sought.sha256.toLowerCase()
    const blob = isHash(sha256) ? await blobOfHash(ctx.db, workspaceId, sha256) : undefined
    return blob ? keptBlob(ctx, blob) : notFound
  }
  const operates = canOperate(ctx.actor)
  const within = operates ? null : workspaceId
  const key = keyNamed(sought.storageKey)
  if (!key) return notFound
  const blob = await blobOfKey(ctx.db, key, within)
  if (blob) return { ...(await keptBlob(ctx, blob)), storageKey: key }
  const pending = await pendingDeletionOf(ctx.db, key, within)
  if (pending) {
    const { attempts, failure, requestedAt, sizeBytes } = pending
    const tried =
      attempts === 0 ? 'No attempt was made yet.' : `${attempts} attempts failed. The last error: ${failure}`
    return {
      ...notFound,
      ...{ state: 'PENDING_DELETION', storageKey: key, sizeBytes, workspaceId: pending.workspaceId },
      ...{ since: requestedAt, attempts, failure },
      message: `It was collected at ${iso(requestedAt)} and waits for the storage to remove it. ${tried}`,
    }
  }
  return operates ? unknownObject(ctx, key) : notFound
}

async function keptBlob(ctx: Ctx, blob: KeptBlob): Promise<Kept> {
  const { count, live, last, ids } = await mediaKeeping(ctx.db, blob, mostMedia)
  const named = count > 0 ? await blocksNamingBlob(ctx.db, blob, mostMedia) : { count: 0, ids: [] }
  const naming =
    named.count === 0 ? '' : ` Blocks whose texts name them, which keeps nothing: ${named.count}.`
  const { storageKey, sizeBytes, workspaceId, orphanedAt } = blob
  const { message, ...kept } = keptBy({ count, live, last, orphanedAt }, ctx.now())
  return {
    ...{ ...notFound, storageKey, sizeBytes, workspaceId, mediaCount: count, mediaIds: ids },
    ...{ namedByCount: named.count, namedByIds: named.ids },
    ...kept,
    message: message + naming,
  }
}

async function unknownObject(ctx: Ctx, key: StorageKey): Promise<Kept> {
  const object = await ctx.storage.stat(key)
  if (!object) return notFound
  const since = unknownSince(object)
  const goesAt = collectableAt(since)
  return {
    ...notFound,
    ...{ state: 'UNKNOWN', storageKey: key, sizeBytes: BigInt(object.sizeBytes), since, goesAt },
    message: `No row knows it. It has been in the storage since ${iso(since)}. It is collected ${collected(goesAt, ctx.now())}.`,
  }
}

const iso = (date: Date) => date.toISOString()
