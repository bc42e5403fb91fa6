import { scalars } from '../scalars.ts'
import type { Resolvers } from '../generated.ts'
import { guarded } from '../access.ts'
import { Actor } from './actors.ts'
import { apiTokens } from './api-tokens.ts'
import { audit } from './audit.ts'
import { blockRevisions } from './block-revisions.ts'
import { blocks } from './blocks.ts'
import { books } from './books.ts'
import { bookshelves } from './bookshelves.ts'
import { bulkTrash } from './bulk-trash.ts'
import { checkpoints } from './checkpoints.ts'
import { copies } from './copies.ts'
import { collection } from './garbage-collection.ts'
import { jobs } from './jobs.ts'
import { librarySearch } from './library-search.ts'
import { mediaEvents } from './media-events.ts'
import { limits } from './limits.ts'
import { mediaLists } from './media-lists.ts'
import { media } from './media.ts'
import { moves } from './moves.ts'
import { nodes } from './nodes.ts'
import { purge } from './purge.ts'
import { recentItems } from './recent-items.ts'
import { references } from './references.ts'
import { restore } from './restore.ts'
import { shareLinks } from './share-links.ts'
import { storedFiles } from './stored-files.ts'
import { tags } from './tags.ts'
import { tagSearch } from './tag-search.ts'
import { trashLists } from './trash-lists.ts'
import { trash } from './trash.ts'
import { trashedWorkspaces } from './trashed-workspaces.ts'
import { updates } from './updates.ts'
import { uploads } from './uploads.ts'
import { verification } from './verification.ts'
import { invitations } from './invitations.ts'
import { members } from './members.ts'
import { removal } from './person-removal.ts'
import { viewer } from './viewer.ts'
import { workspaces } from './workspaces.ts'

const groups = [
  apiTokens,
  audit,
  librarySearch,
  nodes,
  viewer,
  removal,
  members,
  invitations,
  workspaces,
  trashedWorkspaces,
  bookshelves,
  books,
  blocks,
  blockRevisions,
  checkpoints,
  collection,
  limits,
  copies,
  media,
  mediaEvents,
  moves,
  updates,
  mediaLists,
  storedFiles,
  uploads,
  jobs,
  verification,
  tags,
  tagSearch,
  trash,
  trashLists,
  restore,
  bulkTrash,
  purge,
  recentItems,
  references,
  shareLinks,
]

/** The groups share nothing but the two root types, the tools of administrators and the workspace. */
const grouped: Resolvers = groups.reduce<Resolvers>(
  (all, group) => ({
    ...all,
    ...group,
    Query: { ...all.Query, ...group.Query },
    Admin: { ...all.Admin, ...group.Admin },
    Workspace: { ...all.Workspace, ...group.Workspace },
    Mutation: { ...all.Mutation, ...group.Mutation },
  }),
  { ...scalars, Actor, Query: { admin: () => ({}) } },
)

/** All resolvers, each behind its rule. */
export const resolvers: Resolvers = guarded(grouped)
