import DataLoader from 'dataloader'
import type { GraphQLResolveInfo } from 'graphql'
import {
  type BlockRevisionRow,
  type ListedRevision,
  type RevisionKey,
  revisionCounts,
  revisionPages,
  revisionsByKey,
} from '../db/library/block-revisions.ts'
import { type ActiveTable, lastActivities } from '../db/library/activity.ts'
import {
  type ListedReference,
  namingCounts,
  namingKindCounts,
  namingPages,
  referenceCounts,
  referencePages,
} from '../db/library/text-references.ts'
import type { Db } from '../db/client.ts'
import { mediaOfOwners, rowsById } from '../db/lookup.ts'
import { type Member, memberCounts, memberPages } from '../db/trash/deletion-members.ts'
import type { KindCounts } from '../db/child-lists.ts'
import type { PageOf } from '../db/page.ts'
import { reservedBytes } from '../db/media/quota.ts'
import { usageRows } from '../db/media/usage.ts'
import {
  type StoredFileRow,
  storedFilesById,
  type Usage as FileUsage,
  usagePages,
  usagesOf,
  type UsageState,
} from '../db/media/stored-files.ts'
import { namesOfUsers } from '../db/people/users.ts'
import type { Rows, Table, TrashableKind } from '../db/rows.ts'
import { fieldsAmong, type NarrowRow } from '../db/selections.ts'
import { taggedCounts, taggedPages, type TaggedScope } from '../db/tags/tagged-lists.ts'
import {
  aliasesOfTags,
  subtreeUsages,
  type TaggableRef,
  tagsOfEntities,
  tagsWithChildren,
  type Usage,
} from '../db/tags/tags.ts'
import { type MediaRole, slotOf } from '../domain/slots.ts'
import { recipes } from '../domain/thumbnails.ts'
import { usageOf, type WorkspaceUsage } from '../domain/usage.ts'
import type { ReferenceType } from '../domain/references.ts'
import { isUuid } from '../domain/text.ts'
import type { Page } from '../domain/page.ts'
import type { ListBudget } from './list-budget.ts'
import { batched, noPage, oneForEach } from './batching.ts'
import { createListsBelow } from './lists-below.ts'
import { namesBelow } from './requested.ts'

/** Rows by a key, in their order. */
const grouped = <Row>(rows: readonly Row[], keyOf: (row: Row) => string) => {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group) group.push(row)
    else groups.set(keyOf(row), [row])
  }
  return groups
}

/** The loaders of one request; all of them look in one workspace only. `budget` is for its lists without pages. */
export function createLoaders(db: Db, workspaceId: string, now: () => Date, budget: ListBudget) {
  const count = (objectsEach: number) => (lists: readonly (readonly unknown[])[]) =>
    budget.take(
      lists.reduce((sum, list) => sum + list.length, 0),
      objectsEach,
    )
  const byId = <T extends Table>(table: T) =>
    batched<Rows[T] | undefined>(
      async (ids) => new Map((await rowsById(db, table, workspaceId, ids)).map((row) => [row.id, row])),
      undefined,
    )

  interface MediaQuestion {
    readonly role: MediaRole
    readonly fields: readonly string[]
    readonly objectsEach: number
  }
  const mediaOf = oneForEach(({ role, fields, objectsEach }: MediaQuestion) =>
    batched<NarrowRow<'media'>[]>(
      async (ids) => {
        const most = budget.most(objectsEach)
        const media = await mediaOfOwners(db, role, workspaceId, ids, fields, most)
        return grouped(media, (one) => slotOf(one).ownerId)
      },
      [],
      count(objectsEach),
    ),
  )
  const below = createListsBelow(db, workspaceId)
  const usagePage = oneForEach(({ state, page }: { state: UsageState; page: Page }) =>
    batched<PageOf<NarrowRow<'media'>>>((ids) => usagePages(db, workspaceId, ids, state, page), noPage),
  )

  const tagsOf = oneForEach((fields: readonly string[]) =>
    batched<NarrowRow<'tags'>[]>(
      async (ids) => {
        const tags = await tagsOfEntities(db, workspaceId, ids, fields, budget.most(1))
        return grouped(tags, ({ entityId }) => entityId)
      },
      [],
      count(1),
    ),
  )

  const taggedWith = oneForEach(({ scope, page }: { scope: TaggedScope; page: Page }) =>
    batched<PageOf<TaggableRef>>((ids) => taggedPages(db, workspaceId, ids, scope, page), noPage),
  )
  const taggedCount = oneForEach((scope: TaggedScope) =>
    batched((ids) => taggedCounts(db, workspaceId, ids, scope), 0),
  )

  const revisionsOf = oneForEach(({ page, withContent }: { page: Page; withContent: boolean }) =>
    batched<PageOf<ListedRevision>>((ids) => revisionPages(db, workspaceId, ids, page, withContent), noPage),
  )
  const nameOf = ({ blockId, number }: RevisionKey) => `${blockId} ${number}`
  const blockRevisions = new DataLoader<RevisionKey, BlockRevisionRow | undefined>(
    async (keys) => {
      const sought = new Map(keys.filter(({ blockId }) => isUuid(blockId)).map((key) => [nameOf(key), key]))
      const rows = await revisionsByKey(db, workspaceId, [...sought.values()])
      const found = new Map(rows.map((row) => [nameOf(row), row]))
      return keys.map((key) => found.get(nameOf(key)))
    },
    { cache: false },
  )

  const referencesOf = oneForEach(({ page }: { page: Page }) =>
    batched<PageOf<ListedReference>>((ids) => referencePages(db, workspaceId, ids, page), noPage),
  )
  const blocksNaming = oneForEach(
    ({ type, page, fields }: { type: ReferenceType; page: Page; fields: readonly string[] }) =>
      batched<PageOf<NarrowRow<'blocks'>>>(
        (ids) => namingPages(db, workspaceId, type, ids, page, fields),
        noPage,
      ),
  )
  const namingCount = oneForEach((type: ReferenceType) =>
    batched((ids) => namingCounts(db, workspaceId, type, ids), 0),
  )
  const namingKinds = oneForEach((type: ReferenceType) =>
    batched<KindCounts>((ids) => namingKindCounts(db, workspaceId, type, ids), {}),
  )

  const membersOf = oneForEach(({ kinds, page }: { kinds: readonly TrashableKind[] | null; page: Page }) =>
    batched<PageOf<Member>>((ids) => memberPages(db, workspaceId, ids, kinds, page), noPage),
  )
  const memberCount = oneForEach((kinds: readonly TrashableKind[]) =>
    batched((ids) => memberCounts(db, workspaceId, ids, kinds), 0),
  )

  const activity = (table: ActiveTable) =>
    batched<Date | undefined>((ids) => lastActivities(db, table, workspaceId, ids), undefined)

  return {
    bookshelves: byId('bookshelves'),
    books: byId('books'),
    blocks: byId('blocks'),
    checkpoints: byId('checkpoints'),
    checkpointMarkers: byId('checkpoint_markers'),
    media: byId('media'),
    tags: byId('tags'),
    deletions: byId('deletions'),
    jobs: byId('jobs'),
    userNames: batched<string | undefined>((ids) => namesOfUsers(db, ids), undefined),
    storedFiles: batched<StoredFileRow | undefined>(
      async (ids) => new Map((await storedFilesById(db, workspaceId, ids)).map((row) => [row.id, row])),
      undefined,
    ),
    usageOf: batched<FileUsage | undefined>((ids) => usagesOf(db, workspaceId, ids), undefined),
    usagesOf: (fileId: string, state: UsageState, page: Page) => usagePage({ state, page }).load(fileId),
    mediaEvents: byId('media_events'),
    mediaIn: (role: MediaRole, ownerId: string, info: GraphQLResolveInfo) => {
      const names = namesBelow(info)
      const objectsEach = names.has('variants') ? 1 + recipes.length : 1
      return mediaOf({ role, fields: fieldsAmong('media', names), objectsEach }).load(ownerId)
    },
    below,
    blockRevisions,
    revisionsOf: (page: Page, blockId: string, info: GraphQLResolveInfo) =>
      revisionsOf({ page, withContent: namesBelow(info).has('content') }).load(blockId),
    revisionCount: batched((ids) => revisionCounts(db, workspaceId, ids), 1),
    referencesOf: (page: Page, blockId: string) => referencesOf({ page }).load(blockId),
    referenceCount: batched((ids) => referenceCounts(db, workspaceId, ids), 0),
    blocksNaming: (type: ReferenceType, page: Page, id: string, info: GraphQLResolveInfo) =>
      blocksNaming({ type, page, fields: fieldsAmong('blocks', namesBelow(info)) }).load(id),
    namingCount,
    namingKinds,
    hasChildTags: batched(
      async (ids) => new Map((await tagsWithChildren(db, workspaceId, ids)).map((id) => [id, true])),
      false,
    ),
    tagsOf: (entityId: string, info: GraphQLResolveInfo) =>
      tagsOf(fieldsAmong('tags', namesBelow(info))).load(entityId),
    bookshelfActivity: activity('bookshelves'),
    bookActivity: activity('books'),
    reservedBytes: batched((ids) => reservedBytes(db, ids, now()), 0n),
    workspaceUsage: batched<WorkspaceUsage>(async (ids) => {
      const rows = grouped(await usageRows(db, ids, now()), (row) => row.workspaceId)
      return new Map([...rows].map(([id, own]) => [id, usageOf(own)]))
    }, usageOf([])),
    aliasesOf: batched<string[]>((ids) => aliasesOfTags(db, workspaceId, ids), []),
    subtreeUsage: batched<Usage | undefined>((ids) => subtreeUsages(db, workspaceId, ids), undefined),
    membersOf: (deletionId: string, kinds: readonly TrashableKind[] | null, page: Page) =>
      membersOf({ kinds, page }).load(deletionId),
    memberCount: (deletionId: string, kinds: readonly TrashableKind[]) => memberCount(kinds).load(deletionId),
    taggedWith: (tagId: string, scope: TaggedScope, page: Page) => taggedWith({ scope, page }).load(tagId),
    taggedCount: (tagId: string, scope: TaggedScope) => taggedCount(scope).load(tagId),
  }
}

export type Loaders = ReturnType<typeof createLoaders>
