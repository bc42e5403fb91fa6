-- RenameTable
-- A thumbnail is any picture made from a blob by a recipe.
ALTER TABLE "renditions" RENAME TO "thumbnails";
ALTER TABLE "thumbnails" RENAME CONSTRAINT "renditions_pkey" TO "thumbnails_pkey";
ALTER TABLE "thumbnails" RENAME CONSTRAINT "renditions_format_check" TO "thumbnails_format_check";
ALTER TABLE "thumbnails" RENAME CONSTRAINT "renditions_workspace_id_blob_id_fkey" TO "thumbnails_workspace_id_blob_id_fkey";
ALTER INDEX "renditions_storage_key_key" RENAME TO "thumbnails_storage_key_key";

-- RenameTable
-- A pending deletion is an object whose rows are gone and whose bytes the storage still has to delete.
ALTER TABLE "object_removals" RENAME TO "pending_deletions";
ALTER TABLE "pending_deletions" RENAME CONSTRAINT "object_removals_pkey" TO "pending_deletions_pkey";
ALTER TABLE "pending_deletions" RENAME CONSTRAINT "object_removals_workspace_id_fkey" TO "pending_deletions_workspace_id_fkey";
ALTER INDEX "object_removals_storage_key_key" RENAME TO "pending_deletions_storage_key_key";
ALTER INDEX "object_removals_attempts_idx" RENAME TO "pending_deletions_attempts_idx";

-- Jobs keep their requests and reports as JSON: rename its keys, its type names and the names of the jobs.
UPDATE "jobs" SET "name" = 'daily-garbage-collection' WHERE "name" = 'daily-collection';
UPDATE "jobs"
SET "payload" = replace("payload"::text, '"overrideBrake": ', '"force": ')::jsonb,
    "result" = replace(replace(replace(replace(replace(replace(replace("result"::text,
        '"brake": ', '"safetyLimit": '),
        '"__typename": "PurgeBrake"', '"__typename": "PurgeSafetyLimitExceeded"'),
        '"__typename": "CollectionBrake"', '"__typename": "GarbageCollectionSafetyLimitExceeded"'),
        '"derivedCount": ', '"thumbnailCount": '),
        '"derivedBytes": ', '"thumbnailBytes": '),
        '"missingDerivedCount": ', '"missingThumbnailCount": '),
        '"why": "DERIVED"', '"why": "THUMBNAIL"')::jsonb
WHERE "name" IN ('purge-trash', 'collect-garbage', 'verify-storage');
