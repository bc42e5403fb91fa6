-- AlterTable
-- The name that its item had; the same as searches compare it, null until it is indexed; and the terms it is found by.
ALTER TABLE "deletions" ADD COLUMN "name" TEXT NOT NULL DEFAULT '';
ALTER TABLE "deletions" ADD COLUMN "name_folded" TEXT COLLATE "C";
ALTER TABLE "deletions" ADD COLUMN "name_terms" INTEGER[] NOT NULL DEFAULT ARRAY[]::INTEGER[];

UPDATE "deletions" SET "name" = item."name" FROM "bookshelves" item
    WHERE item."workspace_id" = "deletions"."workspace_id" AND item."id" = "deletions"."item_id" AND "deletions"."kind" = 'BOOKSHELF';
UPDATE "deletions" SET "name" = item."title" FROM "books" item
    WHERE item."workspace_id" = "deletions"."workspace_id" AND item."id" = "deletions"."item_id" AND "deletions"."kind" = 'BOOK';
UPDATE "deletions" SET "name" = rtrim(left(btrim(regexp_replace(left(item."content", 1000), '\s+', ' ', 'g')), 100)) FROM "blocks" item
    WHERE item."workspace_id" = "deletions"."workspace_id" AND item."id" = "deletions"."item_id" AND "deletions"."kind" = 'BLOCK';
UPDATE "deletions" SET "name" = item."title" FROM "checkpoints" item
    WHERE item."workspace_id" = "deletions"."workspace_id" AND item."id" = "deletions"."item_id" AND "deletions"."kind" = 'CHECKPOINT';
UPDATE "deletions" SET "name" = item."title" FROM "checkpoint_markers" item
    WHERE item."workspace_id" = "deletions"."workspace_id" AND item."id" = "deletions"."item_id" AND "deletions"."kind" = 'CHECKPOINT_MARKER';
UPDATE "deletions" SET "name" = item."file_name" FROM "media" item
    WHERE item."workspace_id" = "deletions"."workspace_id" AND item."id" = "deletions"."item_id" AND "deletions"."kind" = 'MEDIA';
UPDATE "deletions" SET "name" = item."name" FROM "tags" item
    WHERE item."workspace_id" = "deletions"."workspace_id" AND item."id" = "deletions"."item_id" AND "deletions"."kind" = 'TAG';

-- The trash by kind, by who did it, by how long it may stay (few values: they tell from when on things are expired), by name,
-- and what is to be indexed yet.
CREATE INDEX "deletions_kind_idx" ON "deletions"("workspace_id", "kind", "deleted_at", "id")
    WHERE "restored_at" IS NULL AND "purged_at" IS NULL;
CREATE INDEX "deletions_deleted_by_idx" ON "deletions"("workspace_id", "deleted_by", "kind", "deleted_at", "id")
    WHERE "restored_at" IS NULL AND "purged_at" IS NULL;
CREATE INDEX "deletions_retention_idx" ON "deletions"("workspace_id", ("purge_after" - "deleted_at"))
    WHERE "restored_at" IS NULL AND "purged_at" IS NULL;
-- Without a pending list: a search would read it from end to end.
CREATE INDEX "deletions_name_terms_idx" ON "deletions" USING GIN ("name_terms") WITH (fastupdate = off)
    WHERE "restored_at" IS NULL AND "purged_at" IS NULL;
CREATE INDEX "deletions_unfolded_idx" ON "deletions"("workspace_id", "id")
    WHERE "name_folded" IS NULL AND "restored_at" IS NULL AND "purged_at" IS NULL;

-- What a deletion holds is listed by its ids.
DROP INDEX "bookshelves_workspace_id_deletion_id_idx";
CREATE INDEX "bookshelves_workspace_id_deletion_id_idx" ON "bookshelves"("workspace_id", "deletion_id", "id") WHERE "deletion_id" IS NOT NULL;
DROP INDEX "books_workspace_id_deletion_id_idx";
CREATE INDEX "books_workspace_id_deletion_id_idx" ON "books"("workspace_id", "deletion_id", "id") WHERE "deletion_id" IS NOT NULL;
DROP INDEX "blocks_workspace_id_deletion_id_idx";
CREATE INDEX "blocks_workspace_id_deletion_id_idx" ON "blocks"("workspace_id", "deletion_id", "id") WHERE "deletion_id" IS NOT NULL;
DROP INDEX "checkpoints_workspace_id_deletion_id_idx";
CREATE INDEX "checkpoints_workspace_id_deletion_id_idx" ON "checkpoints"("workspace_id", "deletion_id", "id") WHERE "deletion_id" IS NOT NULL;
DROP INDEX "checkpoint_markers_workspace_id_deletion_id_idx";
CREATE INDEX "checkpoint_markers_workspace_id_deletion_id_idx" ON "checkpoint_markers"("workspace_id", "deletion_id", "id") WHERE "deletion_id" IS NOT NULL;
DROP INDEX "media_workspace_id_deletion_id_idx";
CREATE INDEX "media_workspace_id_deletion_id_idx" ON "media"("workspace_id", "deletion_id", "id") WHERE "deletion_id" IS NOT NULL;
DROP INDEX "tags_workspace_id_deletion_id_idx";
CREATE INDEX "tags_workspace_id_deletion_id_idx" ON "tags"("workspace_id", "deletion_id", "id") WHERE "deletion_id" IS NOT NULL;
