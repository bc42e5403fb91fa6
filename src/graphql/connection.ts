import { GraphQLError } from 'graphql'
import type { ListedRevision } from '../db/library/block-revisions.ts'
import type { CategoryRow } from '../db/media/categories.ts'
import type { ListedReference } from '../db/library/text-references.ts'
import type { StoredFileRow } from '../db/media/stored-files.ts'
import type { Member } from '../db/trash/deletion-members.ts'
import type { ListedInvitation } from '../db/people/invitation-lists.ts'
import type { MemberRow } from '../db/people/member-lists.ts'
import type { MembershipRow } from '../db/people/memberships.ts'
import type { SessionRow } from '../db/people/persons.ts'
import type { AuditEventRow } from '../db/people/audit.ts'
import type { Order, PageOf, SortKey } from '../db/page.ts'
import type { RecentItem } from '../db/library/recent-items.ts'
import type { KindCounts } from '../db/child-lists.ts'
import type { Rows } from '../db/rows.ts'
import type { NarrowRow } from '../db/selections.ts'
import type { TaggableRef } from '../db/tags/tags.ts'
import { Failure } from '../domain/failure.ts'
import type { Trashed } from '../domain/workspace-trash.ts'
import { encodeCursor, type Page, type PageArgs, readPage } from '../domain/page.ts'

/** The part of an order that makes the cursors of the rows of its own page. */
interface CursorOrder<Row> {
  readonly name: string
  // A method, so that a page of whole rows with its order stands where a page of narrow ones may.
  keyOf(row: Row & { sortKey?: SortKey }): string
}

/** A page of a list, as the fields of a connection need it. */
export interface Listed<Row> {
  readonly order: CursorOrder<Row>
  readonly page: PageOf<Row>
}

/** The same of a list that can be counted. */
export interface Connection<Row> extends Listed<Row> {
  /** Only called when the client asks for `totalCount`. */
  readonly count: () => Promise<number>
}

/** The same of a list whose rows can be counted by their kind, where they have one. */
export interface Counted<Row> extends Connection<Row> {
  /** Only called when the client asks for the counts. */
  readonly kinds: () => Promise<KindCounts>
}

export type WorkspaceList = Connection<Rows['workspaces']>
/** A workspace in the trash. */
export type TrashedWorkspaceRow = Trashed<Rows['workspaces']>
export type TrashedWorkspaceList = Connection<TrashedWorkspaceRow>
export type MembershipList = Connection<MembershipRow>
export type SessionList = Connection<SessionRow>
export type WorkspaceMemberList = Connection<MemberRow>
export type InvitationList = Connection<ListedInvitation>
export type BookshelfList = Connection<Rows['bookshelves']>
export type BookList = Counted<NarrowRow<'books'>>
export type BlockList = Counted<NarrowRow<'blocks'>>
export type BlockRevisionList = Connection<ListedRevision>
export type ReferenceList = Connection<ListedReference>
export type CheckpointList = Connection<NarrowRow<'checkpoints'>>
export type CheckpointMarkerList = Connection<NarrowRow<'checkpoint_markers'>>
export type DeletionList = Connection<Rows['deletions']>
export type JobList = Connection<Rows['jobs']>
export type MediaList = Connection<NarrowRow<'media'>>
export type StoredFileList = Connection<StoredFileRow>
export type MediaCategoryList = Connection<CategoryRow>
export type MediaEventList = Connection<Rows['media_events']>
export type ApiTokenList = Connection<Rows['api_tokens']>
export type AuditEventList = Connection<AuditEventRow>
export type ShareLinkList = Connection<Rows['share_links']>
export type TagList = Connection<NarrowRow<'tags'>>
export type MemberList = Connection<Member>
export type RecentItemList = Connection<RecentItem>
export type TaggableList = Connection<TaggableRef>

/** A fault of the client in the arguments of a read: HTTP 400 with what to do. */
export const badInput = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } })

/** The part of a list that is asked for; bad arguments are thrown. */
export function pageOf<Row>(args: PageArgs, order: Order<Row>): Page {
  const page = readPage(args, order.name, order.keyType)
  if (page instanceof Failure) throw badInput(page.message)
  return page
}

const cursorOf = <Row extends { id: string }>(order: CursorOrder<Row>, row: Row) =>
  encodeCursor(order.name, { key: order.keyOf(row), id: row.id })

/** The resolvers of a connection type. */
export const connectionResolvers = <Row extends { id: string }>() => ({
  nodes: ({ page }: Listed<Row>) => page.rows,
  edges: ({ page, order }: Listed<Row>) => page.rows.map((node) => ({ node, cursor: cursorOf(order, node) })),
  pageInfo: ({ page: { rows, hasNextPage, hasPreviousPage }, order }: Listed<Row>) => {
    const [first, last] = [rows[0], rows.at(-1)]
    return {
      hasNextPage,
      hasPreviousPage,
      startCursor: first ? cursorOf(order, first) : null,
      endCursor: last ? cursorOf(order, last) : null,
    }
  },
  totalCount: ({ count }: Connection<Row>) => count(),
})
