-- AlterTable
-- Sounds and spellings are of names, so blocks have none. The references are plain columns, unlike the older ones: a
-- generated one would write the whole table again, with all its indexes.
ALTER TABLE "search_documents"
    ADD COLUMN "checkpoint_id" UUID,
    ADD COLUMN "marker_id" UUID,
    ADD COLUMN "media_id" UUID,
    ADD COLUMN "sounds" TEXT COLLATE "C",
    ADD COLUMN "spellings" INTEGER[] NOT NULL DEFAULT ARRAY[]::INTEGER[];
ALTER TABLE "search_documents" ADD CONSTRAINT "search_documents_reference_check" CHECK (
    "checkpoint_id" IS NOT DISTINCT FROM CASE WHEN "entity_type" = 'CHECKPOINT' THEN "entity_id" END
    AND "marker_id" IS NOT DISTINCT FROM CASE WHEN "entity_type" = 'CHECKPOINT_MARKER' THEN "entity_id" END
    AND "media_id" IS NOT DISTINCT FROM CASE WHEN "entity_type" = 'MEDIA' THEN "entity_id" END
);

-- CreateTable
-- The words of names, except for those of tags, which tag_words has: each by its beginning and by what is left of it
-- without one letter. None is removed: one that no name has any more finds nothing.
CREATE TABLE "search_words" (
    "workspace_id" UUID NOT NULL,
    "near" TEXT COLLATE "C" NOT NULL,
    "word" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "search_words_pkey" PRIMARY KEY ("workspace_id","near","word")
);

-- CreateIndex
CREATE INDEX "search_documents_workspace_id_checkpoint_id_idx" ON "search_documents"("workspace_id", "checkpoint_id") WHERE "checkpoint_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "search_documents_workspace_id_marker_id_idx" ON "search_documents"("workspace_id", "marker_id") WHERE "marker_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "search_documents_workspace_id_media_id_idx" ON "search_documents"("workspace_id", "media_id") WHERE "media_id" IS NOT NULL;

-- AddForeignKey
ALTER TABLE "search_words" ADD CONSTRAINT "search_words_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "search_documents" ADD CONSTRAINT "search_documents_workspace_id_checkpoint_id_fkey" FOREIGN KEY ("workspace_id", "checkpoint_id") REFERENCES "checkpoints"("workspace_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "search_documents" ADD CONSTRAINT "search_documents_workspace_id_marker_id_fkey" FOREIGN KEY ("workspace_id", "marker_id") REFERENCES "checkpoint_markers"("workspace_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "search_documents" ADD CONSTRAINT "search_documents_workspace_id_media_id_fkey" FOREIGN KEY ("workspace_id", "media_id") REFERENCES "media"("workspace_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- A job indexes all that has a name after the start, again or for the first time. Texts of blocks stay as they are.
INSERT INTO "search_backfills" ("workspace_id", "entity_type")
SELECT DISTINCT "workspace_id", 'BOOKSHELF'::searchable_type FROM "bookshelves"
UNION ALL SELECT DISTINCT "workspace_id", 'BOOK'::searchable_type FROM "books"
UNION ALL SELECT DISTINCT "workspace_id", 'TAG'::searchable_type FROM "tags"
UNION ALL SELECT DISTINCT "workspace_id", 'CHECKPOINT'::searchable_type FROM "checkpoints"
UNION ALL SELECT DISTINCT "workspace_id", 'CHECKPOINT_MARKER'::searchable_type FROM "checkpoint_markers"
UNION ALL SELECT DISTINCT "workspace_id", 'MEDIA'::searchable_type FROM "media"
ON CONFLICT ("workspace_id", "entity_type") DO UPDATE SET "last_id" = NULL;
