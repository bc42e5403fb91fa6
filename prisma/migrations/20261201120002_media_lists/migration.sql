-- AlterTable
-- Categories are listed in the order of their code points, which is the same on every server.
ALTER TABLE "media" ALTER COLUMN "category" TYPE TEXT COLLATE "C";

-- The orders of the list of media.
CREATE INDEX "media_created_at_idx" ON "media"("workspace_id", "created_at", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "media_file_name_idx" ON "media"("workspace_id", "sort_key", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "media_size_idx" ON "media"("workspace_id", "size_bytes", "id") WHERE "deletion_id" IS NULL;

-- Its filters, newest first.
CREATE INDEX "media_role_idx" ON "media"("workspace_id", "role", "created_at", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "media_category_idx" ON "media"("workspace_id", "category", "created_at", "id")
    WHERE "deletion_id" IS NULL;
CREATE INDEX "media_mime_type_idx" ON "media"("workspace_id", "mime_type", "created_at", "id")
    WHERE "deletion_id" IS NULL;

-- The bytes that several media have, live or in the trash.
CREATE INDEX "blobs_shared_idx" ON "blobs"("workspace_id", "id") WHERE "ref_count" > 1;

-- The documents of media get terms for any part of a word: a job indexes them again.
INSERT INTO "search_backfills" ("workspace_id", "entity_type")
SELECT DISTINCT "workspace_id", 'MEDIA'::searchable_type FROM "media"
ON CONFLICT ("workspace_id", "entity_type") DO UPDATE SET "last_id" = NULL;
