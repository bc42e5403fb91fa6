import { type Action, assertCan } from '../domain/access.ts'
import type { GraphQLContext } from './context.ts'
import type { AdminResolvers, MutationResolvers, QueryResolvers, Resolvers } from './generated.ts'

type RuleOf<Fields> = Readonly<Record<keyof Required<Fields>, Action>>

interface Access {
  readonly Query: RuleOf<QueryResolvers>
  readonly Mutation: RuleOf<MutationResolvers>
  readonly Admin: RuleOf<AdminResolvers>
  readonly [type: string]: Readonly<Record<string, Action>>
}

/**
 * The action that each root field asks for, and each field below that asks for more than the way to it. A new root field
 * does not compile without a line here. A use case asks again, and for what depends on its input.
 */
export const access: Access = {
  Query: {
    admin: 'read',
    apiTokens: 'read',
    block: 'read',
    blockRevision: 'read',
    blocks: 'read',
    book: 'read',
    books: 'read',
    bookshelf: 'read',
    bookshelves: 'read',
    checkpoint: 'read',
    checkpointMarker: 'read',
    checkpoints: 'read',
    compareBlockRevisions: 'read',
    deletion: 'read',
    invitation: 'account',
    invitations: 'manage',
    job: 'read',
    limits: 'read',
    media: 'read',
    mediaCategories: 'read',
    mediaItems: 'read',
    members: 'read',
    node: 'read',
    nodes: 'read',
    recentItems: 'read',
    restorePreview: 'edit',
    search: 'read',
    searchTags: 'read',
    shareLinks: 'edit',
    storedFile: 'read',
    storedFiles: 'read',
    tag: 'read',
    tagMenu: 'read',
    tags: 'read',
    trash: 'read',
    trashedItem: 'read',
    trashedWorkspaces: 'manage',
    viewer: 'enter',
    workspace: 'read',
    workspaces: 'read',
  },
  Admin: {
    audit: 'operate',
    jobs: 'manage',
    mediaEvents: 'manage',
    whyKept: 'manage',
    workspaces: 'operate',
  },
  Workspace: {
    audit: 'manage',
  },
  Mutation: {
    acceptInvitation: 'account',
    addTagAlias: 'edit',
    attachMedia: 'edit',
    attachTags: 'edit',
    collectGarbage: 'purge',
    copyBlocks: 'edit',
    copyBook: 'edit',
    copyBookshelf: 'edit',
    createApiToken: 'delegate',
    createBlock: 'edit',
    createBlocks: 'edit',
    createBook: 'edit',
    createBookshelf: 'edit',
    createCheckpoint: 'edit',
    createCheckpointMarker: 'edit',
    createInvitation: 'manage',
    createShareLink: 'edit',
    createTag: 'edit',
    createWorkspace: 'manage',
    deleteViewer: 'account',
    detachTags: 'edit',
    emptyTrash: 'purge',
    endSessions: 'account',
    leaveWorkspace: 'account',
    mergeBlocks: 'edit',
    mergeTags: 'edit',
    moveBlock: 'edit',
    moveBlocks: 'edit',
    moveBook: 'edit',
    moveBooks: 'edit',
    moveBookshelf: 'edit',
    moveCheckpoint: 'edit',
    moveCheckpointMarker: 'edit',
    moveMedia: 'edit',
    moveTag: 'edit',
    purgeDeletion: 'purge',
    purgeDeletions: 'purge',
    removeMember: 'manage',
    removePerson: 'operate',
    removeTagAlias: 'edit',
    restoreBlockRevision: 'edit',
    restoreDeletion: 'edit',
    restoreDeletions: 'edit',
    restoreItem: 'edit',
    restoreWorkspace: 'manage',
    retryJob: 'manage',
    revokeApiToken: 'delegate',
    revokeInvitation: 'manage',
    revokeShareLink: 'edit',
    splitBlock: 'edit',
    trashItem: 'edit',
    trashItems: 'edit',
    trashWorkspace: 'manage',
    updateBlock: 'edit',
    updateBlocks: 'edit',
    updateBook: 'edit',
    updateBooks: 'edit',
    updateBookshelf: 'edit',
    updateCheckpoint: 'edit',
    updateCheckpointMarker: 'edit',
    updateMedia: 'edit',
    updateMember: 'manage',
    updateTag: 'edit',
    updateViewer: 'account',
    updateWorkspace: 'manage',
    uploadMedia: 'edit',
    uploadMediaBatch: 'edit',
    verifyStorage: 'manage',
  },
  Viewer: {
    personalData: 'account',
    sessions: 'account',
  },
}

/**
 * Mutations whose refusals are in the history of a media item. At the root they ask only to read, so that the use case
 * refuses and records it.
 */
const recordsRefusals: ReadonlySet<string> = new Set([
  'attachMedia',
  'moveMedia',
  'purgeDeletion',
  'restoreDeletion',
  'restoreItem',
  'trashItem',
  'updateMedia',
  'uploadMedia',
])

type Resolve = (parent: unknown, args: unknown, ctx: GraphQLContext, info: unknown) => unknown

/** The resolvers, of which those in the table first ask whether the actor may. */
export function guarded(resolvers: Resolvers): Resolvers {
  const all = resolvers as Record<string, Record<string, unknown>>
  const types = Object.entries(access).map(([type, rules]) => {
    const asking = Object.entries(rules).map(([field, rule]) => {
      const resolve = all[type]?.[field]
      if (typeof resolve !== 'function') throw new Error(`There is no resolver of ${type}.${field}.`)
      const action = recordsRefusals.has(field) ? 'read' : rule
      return [field, asks(action, resolve as Resolve)] as const
    })
    return [type, { ...all[type], ...Object.fromEntries(asking) }] as const
  })
  return { ...all, ...Object.fromEntries(types) }
}

const asks =
  (action: Action, resolve: Resolve): Resolve =>
  (parent, args, ctx, info) => {
    assertCan(ctx.actor, action)
    return resolve(parent, args, ctx, info)
  }
