-- The actors who created an item and who changed it last. Before people could sign in, everyone was the owner.
-- A default fills the column without writing the rows. It goes at once, so that no statement can forget the actor.
ALTER TABLE "workspaces" ADD COLUMN "created_by" TEXT NOT NULL DEFAULT 'owner',
  ADD COLUMN "updated_by" TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE "workspaces" ALTER COLUMN "created_by" DROP DEFAULT, ALTER COLUMN "updated_by" DROP DEFAULT;
ALTER TABLE "bookshelves" ADD COLUMN "created_by" TEXT NOT NULL DEFAULT 'owner',
  ADD COLUMN "updated_by" TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE "bookshelves" ALTER COLUMN "created_by" DROP DEFAULT, ALTER COLUMN "updated_by" DROP DEFAULT;
ALTER TABLE "books" ADD COLUMN "created_by" TEXT NOT NULL DEFAULT 'owner',
  ADD COLUMN "updated_by" TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE "books" ALTER COLUMN "created_by" DROP DEFAULT, ALTER COLUMN "updated_by" DROP DEFAULT;
ALTER TABLE "blocks" ADD COLUMN "created_by" TEXT NOT NULL DEFAULT 'owner',
  ADD COLUMN "updated_by" TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE "blocks" ALTER COLUMN "created_by" DROP DEFAULT, ALTER COLUMN "updated_by" DROP DEFAULT;
ALTER TABLE "checkpoints" ADD COLUMN "created_by" TEXT NOT NULL DEFAULT 'owner',
  ADD COLUMN "updated_by" TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE "checkpoints" ALTER COLUMN "created_by" DROP DEFAULT, ALTER COLUMN "updated_by" DROP DEFAULT;
ALTER TABLE "checkpoint_markers" ADD COLUMN "created_by" TEXT NOT NULL DEFAULT 'owner',
  ADD COLUMN "updated_by" TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE "checkpoint_markers" ALTER COLUMN "created_by" DROP DEFAULT, ALTER COLUMN "updated_by" DROP DEFAULT;
ALTER TABLE "tags" ADD COLUMN "created_by" TEXT NOT NULL DEFAULT 'owner',
  ADD COLUMN "updated_by" TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE "tags" ALTER COLUMN "created_by" DROP DEFAULT, ALTER COLUMN "updated_by" DROP DEFAULT;

-- The uploader of a media item is its creator.
ALTER TABLE "media" RENAME COLUMN "uploaded_by" TO "created_by";
ALTER TABLE "media" ADD COLUMN "updated_by" TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE "media" ALTER COLUMN "updated_by" DROP DEFAULT;
UPDATE "media" SET "updated_by" = "created_by" WHERE "created_by" <> 'owner';

-- The texts of blocks have authors already: the first of them created the block, and the last changed it.
UPDATE "blocks" SET "updated_by" = "written_by",
  "created_by" = coalesce((
    SELECT "revision"."written_by" FROM "block_revisions" "revision"
    WHERE "revision"."workspace_id" = "blocks"."workspace_id" AND "revision"."block_id" = "blocks"."id"
    ORDER BY "revision"."number" LIMIT 1), "blocks"."written_by")
WHERE "written_by" <> 'owner' OR EXISTS (
  SELECT FROM "block_revisions" "revision" WHERE "revision"."workspace_id" = "blocks"."workspace_id"
    AND "revision"."block_id" = "blocks"."id" AND "revision"."written_by" <> 'owner');
