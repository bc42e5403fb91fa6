// Made from the schema by `npm run generate`.
interface CacheFacts {
  readonly possibleTypes: Record<string, string[]>
  readonly lists: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
  readonly withoutId: readonly string[]
  readonly byId: Readonly<Record<string, string>>
}

export const cacheFacts: CacheFacts = {
  "possibleTypes": {
    "AcceptInvitationResult": [
      "AcceptInvitationSuccess",
      "InvitationInvalid",
      "InvitationForOther",
      "SignInDisabled"
    ],
    "AddTagAliasResult": [
      "AddTagAliasSuccess",
      "InvalidInput",
      "NotFound",
      "NameTaken",
      "TooManyAliases",
      "VersionConflict",
      "IdempotencyKeyReused"
    ],
    "AttachMediaResult": [
      "AttachMediaSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict",
      "IdempotencyKeyReused",
      "UnsupportedFileType",
      "TooManyFiles",
      "QuotaExceeded",
      "MediaInTrash",
      "RetentionExpired"
    ],
    "AttachTagsResult": [
      "AttachTagsSuccess",
      "InvalidInput",
      "NotFound",
      "TooManyTags"
    ],
    "CollectGarbageResult": [
      "CollectGarbageSuccess",
      "GarbageCollectionUnderWay"
    ],
    "CopyBlocksResult": [
      "CopyBlocksSuccess",
      "InvalidInput",
      "NotFound",
      "IdempotencyKeyReused",
      "QuotaExceeded"
    ],
    "CopyBookResult": [
      "CopyBookSuccess",
      "InvalidInput",
      "NotFound",
      "IdempotencyKeyReused",
      "QuotaExceeded"
    ],
    "CopyBookshelfResult": [
      "CopyBookshelfSuccess",
      "InvalidInput",
      "NotFound",
      "IdempotencyKeyReused",
      "QuotaExceeded"
    ],
    "CreateApiTokenResult": [
      "CreateApiTokenSuccess",
      "InvalidInput",
      "IdempotencyKeyReused",
      "NotFound",
      "SignInDisabled",
      "TooManyApiTokens"
    ],
    "CreateBlockResult": [
      "CreateBlockSuccess",
      "InvalidInput",
      "NotFound",
      "IdempotencyKeyReused"
    ],
    "CreateBlocksResult": [
      "CreateBlocksSuccess",
      "InvalidInput",
      "NotFound",
      "IdempotencyKeyReused"
    ],
    "CreateBookResult": [
      "CreateBookSuccess",
      "InvalidInput",
      "NotFound",
      "IdempotencyKeyReused"
    ],
    "CreateBookshelfResult": [
      "CreateBookshelfSuccess",
      "InvalidInput",
      "NotFound",
      "IdempotencyKeyReused"
    ],
    "CreateCheckpointMarkerResult": [
      "CreateCheckpointMarkerSuccess",
      "InvalidInput",
      "NotFound",
      "IdempotencyKeyReused"
    ],
    "CreateCheckpointResult": [
      "CreateCheckpointSuccess",
      "InvalidInput",
      "NotFound",
      "IdempotencyKeyReused"
    ],
    "CreateInvitationResult": [
      "CreateInvitationSuccess",
      "InvalidInput",
      "IdempotencyKeyReused",
      "TooManyInvitations",
      "SignInDisabled"
    ],
    "CreateShareLinkResult": [
      "CreateShareLinkSuccess",
      "InvalidInput",
      "IdempotencyKeyReused",
      "NotFound",
      "TooManyShareLinks"
    ],
    "CreateTagResult": [
      "CreateTagSuccess",
      "InvalidInput",
      "NotFound",
      "NameTaken",
      "TagTooDeep",
      "IdempotencyKeyReused"
    ],
    "CreateWorkspaceResult": [
      "CreateWorkspaceSuccess",
      "InvalidInput",
      "IdempotencyKeyReused"
    ],
    "DeleteViewerResult": [
      "DeleteViewerSuccess",
      "InvalidInput",
      "NotFound",
      "LastOwner",
      "SignInDisabled"
    ],
    "DetachTagsResult": [
      "DetachTagsSuccess",
      "InvalidInput",
      "NotFound"
    ],
    "EmptyTrashResult": [
      "EmptyTrashSuccess",
      "PurgeSafetyLimitExceeded"
    ],
    "EndSessionsResult": [
      "EndSessionsSuccess",
      "InvalidInput",
      "SignInDisabled"
    ],
    "Failure": [
      "TooManyApiTokens",
      "NotFound",
      "InvalidInput",
      "VersionConflict",
      "SelectionChanged",
      "IdempotencyKeyReused",
      "GarbageCollectionSafetyLimitExceeded",
      "GarbageCollectionUnderWay",
      "TooManyInvitations",
      "InvitationAccepted",
      "InvitationInvalid",
      "InvitationForOther",
      "JobNotFailed",
      "AlreadyInSlot",
      "MemberChanged",
      "LastOwner",
      "PurgeSafetyLimitExceeded",
      "NotInTrash",
      "RetentionExpired",
      "RestoreConflict",
      "TooManyShareLinks",
      "TooManyAliases",
      "EqualChildren",
      "TooManyTags",
      "NameTaken",
      "TagCycle",
      "TagTooDeep",
      "AlreadyInTrash",
      "WorkspaceAlreadyInTrash",
      "WorkspaceNotInTrash",
      "UnsupportedFileType",
      "UnreadableFile",
      "FileTooLarge",
      "TooManyFiles",
      "QuotaExceeded",
      "MediaInTrash",
      "TooManyPixels",
      "VerificationUnderWay",
      "ViewerChanged",
      "SignInDisabled"
    ],
    "JobReport": [
      "PurgeReport",
      "GarbageCollectionReport",
      "VerificationReport",
      "CopyReport"
    ],
    "LeaveWorkspaceResult": [
      "LeaveWorkspaceSuccess",
      "NotFound",
      "LastOwner",
      "SignInDisabled"
    ],
    "MediaOwner": [
      "Block",
      "Book",
      "Bookshelf",
      "CheckpointMarker"
    ],
    "MergeBlocksResult": [
      "MergeBlocksSuccess",
      "InvalidInput",
      "SelectionChanged",
      "TooManyFiles",
      "TooManyTags"
    ],
    "MergeTagsResult": [
      "MergeTagsSuccess",
      "InvalidInput",
      "NotFound",
      "NameTaken",
      "EqualChildren",
      "TagCycle",
      "TagTooDeep",
      "TooManyAliases"
    ],
    "MoveBlockResult": [
      "MoveBlockSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "MoveBlocksResult": [
      "MoveBlocksSuccess",
      "InvalidInput",
      "NotFound",
      "SelectionChanged"
    ],
    "MoveBookResult": [
      "MoveBookSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "MoveBookshelfResult": [
      "MoveBookshelfSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "MoveBooksResult": [
      "MoveBooksSuccess",
      "InvalidInput",
      "NotFound",
      "SelectionChanged"
    ],
    "MoveCheckpointMarkerResult": [
      "MoveCheckpointMarkerSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "MoveCheckpointResult": [
      "MoveCheckpointSuccess",
      "NotFound",
      "VersionConflict"
    ],
    "MoveMediaResult": [
      "MoveMediaSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict",
      "UnsupportedFileType",
      "TooManyFiles",
      "AlreadyInSlot"
    ],
    "MoveTagResult": [
      "MoveTagSuccess",
      "InvalidInput",
      "NotFound",
      "NameTaken",
      "TagCycle",
      "TagTooDeep",
      "VersionConflict"
    ],
    "NewBlockResult": [
      "CreateBlockSuccess",
      "InvalidInput"
    ],
    "Node": [
      "Block",
      "Book",
      "Bookshelf",
      "CheckpointMarker",
      "Checkpoint",
      "Job",
      "MediaEvent",
      "Media",
      "StoredFile",
      "Tag",
      "Deletion",
      "Workspace"
    ],
    "PurgeDeletionResult": [
      "PurgeDeletionSuccess",
      "NotFound",
      "NotInTrash"
    ],
    "PurgeDeletionsResult": [
      "PurgeDeletionsSuccess",
      "InvalidInput"
    ],
    "RecentItem": [
      "Bookshelf",
      "Book"
    ],
    "Referable": [
      "Block",
      "Book",
      "Bookshelf",
      "Checkpoint",
      "Media",
      "Tag"
    ],
    "RemoveMemberResult": [
      "RemoveMemberSuccess",
      "NotFound",
      "LastOwner",
      "SignInDisabled"
    ],
    "RemovePersonResult": [
      "RemovePersonSuccess",
      "InvalidInput",
      "NotFound",
      "LastOwner"
    ],
    "RemoveTagAliasResult": [
      "RemoveTagAliasSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "RestoreBlockRevisionResult": [
      "RestoreBlockRevisionSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "RestoreDeletionResult": [
      "RestoreDeletionSuccess",
      "InvalidInput",
      "NotFound",
      "NotInTrash",
      "RetentionExpired",
      "RestoreConflict"
    ],
    "RestoreDeletionsResult": [
      "RestoreDeletionsSuccess",
      "InvalidInput"
    ],
    "RestoreItemResult": [
      "RestoreItemSuccess",
      "InvalidInput",
      "NotFound",
      "NotInTrash",
      "RetentionExpired",
      "RestoreConflict"
    ],
    "RestoreWorkspaceResult": [
      "RestoreWorkspaceSuccess",
      "NotFound",
      "WorkspaceNotInTrash",
      "RetentionExpired"
    ],
    "RetryJobResult": [
      "RetryJobSuccess",
      "NotFound",
      "JobNotFailed"
    ],
    "RevokeApiTokenResult": [
      "RevokeApiTokenSuccess",
      "NotFound"
    ],
    "RevokeInvitationResult": [
      "RevokeInvitationSuccess",
      "NotFound",
      "InvitationAccepted"
    ],
    "RevokeShareLinkResult": [
      "RevokeShareLinkSuccess",
      "NotFound"
    ],
    "Searchable": [
      "Bookshelf",
      "Book",
      "Block",
      "Tag",
      "Checkpoint",
      "CheckpointMarker",
      "Media"
    ],
    "SelectionFailure": [
      "NotFound",
      "VersionConflict"
    ],
    "SharedItem": [
      "Book",
      "Bookshelf"
    ],
    "SplitBlockResult": [
      "SplitBlockSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict",
      "IdempotencyKeyReused"
    ],
    "Taggable": [
      "Block",
      "Book",
      "Bookshelf"
    ],
    "Trashable": [
      "Block",
      "Book",
      "Bookshelf",
      "CheckpointMarker",
      "Checkpoint",
      "Media",
      "Tag"
    ],
    "TrashItemResult": [
      "TrashItemSuccess",
      "InvalidInput",
      "NotFound",
      "AlreadyInTrash"
    ],
    "TrashItemsResult": [
      "TrashItemsSuccess",
      "InvalidInput"
    ],
    "TrashWorkspaceResult": [
      "TrashWorkspaceSuccess",
      "InvalidInput",
      "NotFound",
      "WorkspaceAlreadyInTrash"
    ],
    "UpdateBlockResult": [
      "UpdateBlockSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "UpdateBlocksResult": [
      "UpdateBlocksSuccess",
      "InvalidInput"
    ],
    "UpdateBookResult": [
      "UpdateBookSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "UpdateBookshelfResult": [
      "UpdateBookshelfSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "UpdateBooksResult": [
      "UpdateBooksSuccess",
      "InvalidInput"
    ],
    "UpdateCheckpointMarkerResult": [
      "UpdateCheckpointMarkerSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "UpdateCheckpointResult": [
      "UpdateCheckpointSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "UpdateMediaResult": [
      "UpdateMediaSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "UpdateMemberResult": [
      "UpdateMemberSuccess",
      "NotFound",
      "MemberChanged",
      "LastOwner",
      "SignInDisabled"
    ],
    "UpdateTagResult": [
      "UpdateTagSuccess",
      "InvalidInput",
      "NotFound",
      "NameTaken",
      "VersionConflict"
    ],
    "UpdateViewerResult": [
      "UpdateViewerSuccess",
      "InvalidInput",
      "ViewerChanged",
      "SignInDisabled"
    ],
    "UpdateWorkspaceResult": [
      "UpdateWorkspaceSuccess",
      "InvalidInput",
      "NotFound",
      "VersionConflict"
    ],
    "UploadMediaBatchResult": [
      "UploadMediaBatchSuccess",
      "InvalidInput"
    ],
    "UploadMediaResult": [
      "UploadMediaSuccess",
      "InvalidInput",
      "NotFound",
      "IdempotencyKeyReused",
      "UnsupportedFileType",
      "UnreadableFile",
      "FileTooLarge",
      "TooManyPixels",
      "TooManyFiles",
      "QuotaExceeded",
      "MediaInTrash"
    ],
    "VerifyStorageResult": [
      "VerifyStorageSuccess",
      "VerificationUnderWay"
    ]
  },
  "lists": {
    "Admin": {
      "audit": [
        "where",
        "orderBy"
      ],
      "jobs": [
        "where",
        "orderBy"
      ],
      "mediaEvents": [
        "where",
        "orderBy"
      ],
      "workspaces": [
        "where",
        "orderBy"
      ]
    },
    "Block": {
      "revisions": [],
      "references": [],
      "referencedBy": []
    },
    "Book": {
      "blocks": [
        "where",
        "orderBy"
      ],
      "checkpoints": [
        "where",
        "orderBy"
      ],
      "referencedBy": []
    },
    "Bookshelf": {
      "books": [
        "where",
        "orderBy"
      ],
      "referencedBy": []
    },
    "Checkpoint": {
      "markers": [
        "where",
        "orderBy"
      ],
      "referencedBy": []
    },
    "Deletion": {
      "members": [
        "where"
      ]
    },
    "Media": {
      "referencedBy": []
    },
    "Query": {
      "apiTokens": [
        "where",
        "orderBy"
      ],
      "blocks": [
        "where",
        "orderBy"
      ],
      "books": [
        "where",
        "orderBy"
      ],
      "bookshelves": [
        "where",
        "orderBy"
      ],
      "checkpoints": [
        "where",
        "orderBy"
      ],
      "invitations": [
        "where",
        "orderBy"
      ],
      "search": [
        "query",
        "where"
      ],
      "mediaItems": [
        "where",
        "orderBy"
      ],
      "mediaCategories": [],
      "members": [
        "where",
        "orderBy"
      ],
      "recentItems": [
        "where"
      ],
      "shareLinks": [
        "where",
        "orderBy"
      ],
      "storedFiles": [
        "where",
        "orderBy"
      ],
      "tags": [
        "where",
        "orderBy"
      ],
      "trash": [
        "where",
        "orderBy"
      ],
      "trashedWorkspaces": [
        "where",
        "orderBy"
      ],
      "workspaces": [
        "where",
        "orderBy"
      ]
    },
    "StoredFile": {
      "usages": [
        "where"
      ]
    },
    "Tag": {
      "children": [
        "where",
        "orderBy"
      ],
      "entities": [
        "types",
        "includeDescendants"
      ],
      "referencedBy": []
    },
    "Viewer": {
      "memberships": [],
      "sessions": []
    },
    "Workspace": {
      "audit": [
        "where",
        "orderBy"
      ]
    }
  },
  "withoutId": [
    "Admin",
    "AuditDetail",
    "BlockKindCount",
    "BlockRevision",
    "BlockRevisionComparison",
    "BookStatusCount",
    "CallLimits",
    "CategoryUsage",
    "CollectedObject",
    "CopyReport",
    "DeletedFrom",
    "EqualTags",
    "ExcerptPart",
    "FilesInUse",
    "FileTotal",
    "FocalPoint",
    "FreedOn",
    "GarbageCollectionReport",
    "InputIssue",
    "InvitationPreview",
    "JobProgress",
    "Limits",
    "MediaCategory",
    "MediaProcessing",
    "MediaVariant",
    "Member",
    "Membership",
    "MimeTypeUsage",
    "OwnerTypeUsage",
    "PurgeReport",
    "Reference",
    "RestoreItemArguments",
    "RestorePreview",
    "SearchResult",
    "Slot",
    "StorageProblem",
    "StorageUsage",
    "StoredFileKept",
    "TagMatch",
    "TagUsage",
    "TagWithOrigin",
    "TextLimits",
    "TextPart",
    "TrashedWorkspace",
    "TrashInfo",
    "VerificationReport",
    "WhyKept",
    "WorkspaceUsage"
  ],
  "byId": {
    "block": "Block",
    "book": "Book",
    "bookshelf": "Bookshelf",
    "checkpointMarker": "CheckpointMarker",
    "checkpoint": "Checkpoint",
    "job": "Job",
    "media": "Media",
    "tag": "Tag",
    "deletion": "Deletion"
  }
}
