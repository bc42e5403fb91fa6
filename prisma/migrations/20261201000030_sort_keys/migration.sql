-- AlterTable
-- What names are sorted by. The server computes it, since the rules are not in SQL. Until a job has done so for what is
-- there already, a key begins with a mark that sorts before all others, and goes on with what was the order until now.
ALTER TABLE "workspaces" ADD COLUMN "sort_key" TEXT COLLATE "C";
ALTER TABLE "bookshelves" ADD COLUMN "sort_key" TEXT COLLATE "C";
ALTER TABLE "books" ADD COLUMN "sort_key" TEXT COLLATE "C";
ALTER TABLE "checkpoints" ADD COLUMN "sort_key" TEXT COLLATE "C";
ALTER TABLE "tags" ADD COLUMN "sort_key" TEXT COLLATE "C";

-- These sort by the keys.
DROP INDEX "bookshelves_name_idx";
DROP INDEX "books_title_idx";
DROP INDEX "checkpoints_title_idx";
DROP INDEX "tags_name_idx";
DROP INDEX "tags_workspace_id_parent_id_idx";

UPDATE "workspaces" SET "sort_key" = E'\x01' || lower("name");
UPDATE "bookshelves" SET "sort_key" = E'\x01' || lower("name");
UPDATE "books" SET "sort_key" = E'\x01' || lower("title");
UPDATE "checkpoints" SET "sort_key" = E'\x01' || lower("title");
UPDATE "tags" SET "sort_key" = E'\x01' || "name_key";

ALTER TABLE "workspaces" ALTER COLUMN "sort_key" SET NOT NULL;
ALTER TABLE "bookshelves" ALTER COLUMN "sort_key" SET NOT NULL;
ALTER TABLE "books" ALTER COLUMN "sort_key" SET NOT NULL;
ALTER TABLE "checkpoints" ALTER COLUMN "sort_key" SET NOT NULL;
ALTER TABLE "tags" ALTER COLUMN "sort_key" SET NOT NULL;

-- The orders of the lists.
CREATE INDEX "bookshelves_name_idx" ON "bookshelves"("workspace_id", "sort_key", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "books_title_idx" ON "books"("workspace_id", "sort_key", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "checkpoints_title_idx" ON "checkpoints"("workspace_id", "sort_key", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "tags_name_idx" ON "tags"("workspace_id", "sort_key", "id") WHERE "deletion_id" IS NULL;

-- CreateIndex
CREATE INDEX "tags_workspace_id_parent_id_idx" ON "tags"("workspace_id", "parent_id", "sort_key", "id");

-- A tag is also found by its name.
CREATE INDEX "tags_name_key_idx" ON "tags"("workspace_id", "name_key") WHERE "deletion_id" IS NULL;

-- What the job has still to do: nothing, nearly always.
CREATE INDEX "workspaces_stale_key_idx" ON "workspaces"("id") WHERE "sort_key" < E'\x02';
CREATE INDEX "bookshelves_stale_key_idx" ON "bookshelves"("workspace_id", "id") WHERE "sort_key" < E'\x02';
CREATE INDEX "books_stale_key_idx" ON "books"("workspace_id", "id") WHERE "sort_key" < E'\x02';
CREATE INDEX "checkpoints_stale_key_idx" ON "checkpoints"("workspace_id", "id") WHERE "sort_key" < E'\x02';
CREATE INDEX "tags_stale_key_idx" ON "tags"("workspace_id", "id") WHERE "sort_key" < E'\x02';
