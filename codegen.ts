import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CodegenConfig } from '@graphql-codegen/cli'

const textsBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|graphql)$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }))

const sources = textsBelow('src')

/** Each type that implements Failure, with the class of its name: a failure needs no line of its own here. */
const failures = textsBelow('schema')
  .flatMap(({ text }) => [...text.matchAll(/^type (\w+) implements Failure\b/gm)])
  .map(([, name = '']): [string, string] => {
    const declaration = new RegExp(`^export class ${name}\\b`, 'm')
    const source = sources.find(({ text }) => declaration.test(text))
    if (!source) throw new Error(`The schema has a failure ${name}, but src has no class of that name.`)
    return [name, `../${source.path}#${name} as ${name}Failure`]
  })

const config: CodegenConfig = {
  schema: 'schema/*.graphql',
  generates: {
    'src/graphql/generated.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        emitLegacyCommonJSImports: false,
        contextType: './context.ts#GraphQLContext',
        resolversNonOptionalTypename: { unionMember: true },
        scalars: {
          ID: 'string',
          DateTime: 'Date',
          ByteCount: 'bigint',
          HexColor: 'string',
          Sha256: 'string',
          URL: 'string',
          JSON: 'Record<string, unknown>',
          Upload: { input: './uploads.ts#UploadedFile', output: 'never' },
        },
        mappers: {
          // Its fields need nothing but the context.
          Admin: 'Record<PropertyKey, never>',
          Workspace: '../db/rows.ts#WorkspaceRow',
          Bookshelf: '../db/selections.ts#NarrowBookshelf',
          Book: '../db/selections.ts#NarrowBook',
          Block: '../db/selections.ts#NarrowBlock',
          BlockRevision: '../db/library/block-revisions.ts#BlockRevisionRow',
          BlockRevisionComparison: './resolvers/block-revisions.ts#ComparedRevisions',
          Checkpoint: '../db/selections.ts#NarrowCheckpoint',
          CheckpointMarker: '../db/selections.ts#NarrowCheckpointMarker',
          Media: '../db/selections.ts#NarrowMedia',
          MediaVariant: './resolvers/media.ts#VariantOf',
          Tag: '../db/selections.ts#NarrowTag',
          Deletion: '../db/rows.ts#DeletionRow',
          Job: '../db/rows.ts#JobRow',
          AuditEvent: '../db/people/audit.ts#AuditEventRow',
          AuditEventConnection: './connection.ts#AuditEventList',
          ShareLink: '../db/rows.ts#ShareLinkRow',
          ShareLinkConnection: './connection.ts#ShareLinkList',
          SharedItem: '../db/rows.ts#NodeRow',
          ApiToken: '../db/rows.ts#ApiTokenRow',
          ApiTokenConnection: './connection.ts#ApiTokenList',
          MediaConnection: './connection.ts#MediaList',
          StoredFile: '../db/media/stored-files.ts#StoredFileRow',
          StoredFileConnection: './connection.ts#StoredFileList',
          MediaCategory: '../db/media/categories.ts#CategoryRow',
          MediaCategoryConnection: './connection.ts#MediaCategoryList',
          CopyReport: '../domain/copies.ts#CopyReport as StoredCopyReport',
          MediaEvent: '../db/rows.ts#MediaEventRow',
          MediaEventConnection: './connection.ts#MediaEventList',
          SearchResult: './resolvers/library-search.ts#FoundItem',
          SearchConnection: './resolvers/library-search.ts#SearchList',
          Searchable: '../db/rows.ts#NodeRow',
          Node: '../db/rows.ts#NodeRow',
          Trashable: '../db/rows.ts#NodeRow',
          MediaOwner: '../db/rows.ts#NodeRow',
          Taggable: '../db/rows.ts#NodeRow',
          TrashInfo: '../db/rows.ts#DeletionRow',
          DeletedFrom: '../db/rows.ts#DeletionRow',
          Actor: './resolvers/actors.ts#ActorRef',
          Viewer: './resolvers/viewer.ts#ViewerRow',
          Membership: '../db/people/memberships.ts#MembershipRow',
          MembershipConnection: './connection.ts#MembershipList',
          Member: '../db/people/member-lists.ts#MemberRow',
          MemberConnection: './connection.ts#WorkspaceMemberList',
          Invitation: '../db/people/invitation-lists.ts#ListedInvitation',
          InvitationConnection: './connection.ts#InvitationList',
          InvitationPreview: '../usecases/people/invite.ts#OfferedInvitation',
          Session: '../db/people/persons.ts#SessionRow',
          SessionConnection: './connection.ts#SessionList',
          WorkspaceConnection: './connection.ts#WorkspaceList',
          TrashedWorkspace: './connection.ts#TrashedWorkspaceRow',
          TrashedWorkspaceConnection: './connection.ts#TrashedWorkspaceList',
          BookshelfConnection: './connection.ts#BookshelfList',
          BookConnection: './connection.ts#BookList',
          BlockConnection: './connection.ts#BlockList',
          BlockRevisionConnection: './connection.ts#BlockRevisionList',
          Reference: '../db/library/text-references.ts#ListedReference as ReferenceOf',
          ReferenceConnection: './connection.ts#ReferenceList',
          Referable: '../db/rows.ts#NodeRow',
          CheckpointConnection: './connection.ts#CheckpointList',
          CheckpointMarkerConnection: './connection.ts#CheckpointMarkerList',
          DeletionConnection: './connection.ts#DeletionList',
          TagConnection: './connection.ts#TagList',
          TrashableConnection: './connection.ts#MemberList',
          TaggableConnection: './connection.ts#TaggableList',
          RecentItem: '../db/rows.ts#NodeRow',
          RecentItemConnection: './connection.ts#RecentItemList',
          Failure: '../domain/failure.ts#Failure as AnyFailure',
          ...Object.fromEntries(failures),
          JobConnection: './connection.ts#JobList',
          GarbageCollectionReport:
            '../domain/garbage-collection.ts#GarbageCollectionReport as GarbageCollectionReportOf',
          CollectedObject: '../domain/garbage-collection.ts#CollectedObject as CollectedObjectOf',
          WhyKept: '../usecases/upkeep/why-kept.ts#Kept',
        },
      },
    },
  },
}

export default config
