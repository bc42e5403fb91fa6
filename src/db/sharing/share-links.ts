import type { ApiTokenState } from '../../domain/api-tokens.ts'
import { isUuid, zeroUuid } from '../../domain/text.ts'
import type { Tx } from '../client.ts'
import type { Condition } from '../page.ts'
import type { ShareLinkRow } from '../rows.ts'
import { selections } from '../selections.ts'
import { or, type Queryable, type Sql, sql } from '../sql.ts'

export type NewShareLink = Omit<ShareLinkRow, 'lastUsedAt' | 'revokedAt'> & { readonly secretHash: Buffer }

export const insertShareLink = (tx: Tx, link: NewShareLink): Promise<number> =>
  tx.execute(sql`
    insert into share_links (workspace_id, id, bookshelf_id, book_id, secret_hash, allows_downloads, created_by, created_at,
      expires_at)
    values (${link.workspaceId}::uuid, ${link.id}::uuid, ${link.bookshelfId}::uuid, ${link.bookId}::uuid,
      ${link.secretHash}, ${link.allowsDownloads}, ${link.createdBy}, ${link.createdAt}::timestamptz,
      ${link.expiresAt}::timestamptz)`)

const inState: Readonly<Record<ApiTokenState, (now: Date) => Sql>> = {
  ACTIVE: (now) => sql`revoked_at is null and expires_at > ${now}::timestamptz`,
  EXPIRED: (now) => sql`revoked_at is null and expires_at <= ${now}::timestamptz`,
  REVOKED: () => sql`revoked_at is not null`,
}

/** The links that are in one of these states now. */
export const linksInStates = (states: readonly ApiTokenState[], now: Date): Condition => ({
  sql: sql`(${or(states.map((state) => sql`(${inState[state](now)})`))})`,
})

/** The links of a book or bookshelf. */
export function linksOfItem(itemId: string): Condition {
  const id = isUuid(itemId) ? itemId : zeroUuid
  return { sql: sql`(bookshelf_id = ${id}::uuid or book_id = ${id}::uuid)` }
}

/** The number of links of an item that can be used now. */
export async function countActiveLinks(tx: Tx, workspaceId: string, itemId: string, now: Date) {
  const [row] = await tx.query<{ count: number }>(sql`select count(*)::int as count from share_links
    where workspace_id = ${workspaceId}::uuid and ${linksOfItem(itemId).sql} and ${inState.ACTIVE(now)}`)
  return row?.count ?? 0
}

const { columns } = selections.share_links

/** A link by its ID, locked until the end of the transaction. */
export async function lockedLink(tx: Tx, workspaceId: string, id: string): Promise<ShareLinkRow | undefined> {
  const [row] = await tx.query<ShareLinkRow>(sql`select ${columns} from share_links
    where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid for update`)
  return row
}

export const markRevoked = (tx: Tx, { workspaceId, id }: ShareLinkRow, now: Date): Promise<number> =>
  tx.execute(sql`update share_links set revoked_at = ${now}::timestamptz
    where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid`)

/** The link with a secret, if it can be used now and its workspace is live. */
export async function usableLink(
  db: Queryable,
  secretHash: Buffer,
  now: Date,
): Promise<ShareLinkRow | undefined> {
  const [row] = await db.query<ShareLinkRow>(sql`select ${columns} from share_links
    where secret_hash = ${secretHash} and ${inState.ACTIVE(now)}
      and exists (select from workspaces w where w.id = workspace_id and w.deleted_at is null)`)
  return row
}

/** Writes down that a link was used, unless another server just did. */
export const markLinkUsed = (
  db: Queryable,
  { workspaceId, id, lastUsedAt }: ShareLinkRow,
  now: Date,
): Promise<number> =>
  db.execute(sql`update share_links set last_used_at = ${now}::timestamptz
    where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid
      and last_used_at is not distinct from ${lastUsedAt}::timestamptz`)
