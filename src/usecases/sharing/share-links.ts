import { transact, type Tx } from '../../db/client.ts'
import { kindsOfIds, lockLive, rowById } from '../../db/lookup.ts'
import type { ShareLinkRow } from '../../db/rows.ts'
import { countActiveLinks, insertShareLink, lockedLink, markRevoked } from '../../db/sharing/share-links.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { maxShareLinks, shareLinkEnd, TooManyShareLinks } from '../../domain/share-links.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { record } from '../audit.ts'
import { type Ctx, newId } from '../context.ts'
import { claimKey } from '../idempotency.ts'
import type { Keyed } from '../inputs.ts'
import { hashOf, newSecret } from '../people/secrets.ts'

interface NewLink {
  readonly itemId: string
  readonly expiresAt?: Date | null | undefined
  readonly allowDownloads?: boolean | null | undefined
}

interface MadeShareLink {
  readonly shareLink: ShareLinkRow
  /** Null: the request was done before, and the secret was in that answer. */
  readonly secret: string | null
}

/** Makes a link that shows a live book or bookshelf to everyone who has it. */
export async function createShareLink(ctx: Ctx, input: NewLink & Keyed) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey: key, ...request } = input
  const check = new InputCheck()
  check.line('idempotencyKey', key, textLimits.idempotencyKey)
  const invalid = check.failure()
  if (invalid) return invalid
  return transact(ctx.db, async (tx) => {
    const id = newId()
    const keyed = { key, operation: 'createShareLink', input: request, resultIds: [id] }
    const claim = await claimKey(ctx, tx, keyed)
    if (claim instanceof Failure) return claim
    return claim ? madeBefore(ctx, tx, claim[0] ?? id) : insert(ctx, tx, id, request)
  })
}

async function madeBefore({ actor }: Ctx, tx: Tx, id: string): Promise<MadeShareLink | NotFound> {
  const shareLink = await rowById(tx, 'share_links', actor.workspaceId, id)
  return shareLink ? { shareLink, secret: null } : new NotFound('ShareLink', id)
}

const tables = { BOOKSHELF: 'bookshelves', BOOK: 'books' } as const

/** Locks the live item: it is not trashed meanwhile, and links of one item are made one after the other. */
async function lockShared({ actor: { workspaceId } }: Ctx, tx: Tx, itemId: string) {
  const [found] = isUuid(itemId) ? await kindsOfIds(tx, workspaceId, [itemId]) : []
  if (found?.kind !== 'BOOK' && found?.kind !== 'BOOKSHELF') return undefined
  const row = await lockLive(tx, tables[found.kind], workspaceId, itemId)
  return row && found.kind
}

async function insert(ctx: Ctx, tx: Tx, id: string, { itemId, expiresAt, allowDownloads }: NewLink) {
  const createdAt = ctx.now()
  const end = shareLinkEnd(expiresAt, createdAt)
  if (end instanceof Failure) return end
  const itemType = await lockShared(ctx, tx, itemId)
  if (!itemType) return new NotFound('Shareable', itemId)
  const { workspaceId, id: createdBy } = ctx.actor
  if ((await countActiveLinks(tx, workspaceId, itemId, createdAt)) >= maxShareLinks)
    return new TooManyShareLinks()
  const secret = newSecret()
  const allowsDownloads = allowDownloads === true
  const link = {
    ...{ workspaceId, id, allowsDownloads, createdBy, createdAt, expiresAt: end },
    bookshelfId: itemType === 'BOOKSHELF' ? itemId : null,
    bookId: itemType === 'BOOK' ? itemId : null,
  }
  await insertShareLink(tx, { ...link, secretHash: hashOf(secret) })
  const details = { itemType, itemId, allowsDownloads }
  await record(ctx, tx, { action: 'SHARE_LINK_CREATED', subjectId: id, details })
  return { shareLink: { ...link, lastUsedAt: null, revokedAt: null }, secret }
}

/** Revokes a share link of the workspace. */
export async function revokeShareLink(ctx: Ctx, { shareLinkId: id }: { shareLinkId: string }) {
  assertCan(ctx.actor, 'edit')
  if (!isUuid(id)) return new NotFound('ShareLink', id)
  return transact(ctx.db, async (tx): Promise<ShareLinkRow | NotFound> => {
    const link = await lockedLink(tx, ctx.actor.workspaceId, id)
    if (!link) return new NotFound('ShareLink', id)
    if (link.revokedAt) return link
    const revokedAt = ctx.now()
    await markRevoked(tx, link, revokedAt)
    await record(ctx, tx, { action: 'SHARE_LINK_REVOKED', subjectId: id })
    return { ...link, revokedAt }
  })
}
