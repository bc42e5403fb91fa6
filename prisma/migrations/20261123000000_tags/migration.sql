-- AlterEnum
ALTER TYPE "trashable_kind" ADD VALUE 'TAG';

-- CreateEnum
CREATE TYPE "taggable_type" AS ENUM ('BOOKSHELF', 'BOOK', 'BLOCK');

-- A tag has no place in an order by hand.
ALTER TABLE "deletions" ALTER COLUMN "position" DROP NOT NULL;

-- CreateTable
CREATE TABLE "tags" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "parent_id" UUID,
    "ancestor_ids" UUID[] NOT NULL,
    "name" TEXT NOT NULL,
    "name_key" TEXT COLLATE "C" NOT NULL,
    "description" TEXT,
    "color" TEXT NOT NULL,
    "icon" TEXT,
    "bookshelf_count" INTEGER NOT NULL DEFAULT 0,
    "book_count" INTEGER NOT NULL DEFAULT 0,
    "block_count" INTEGER NOT NULL DEFAULT 0,
    "usage_count" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deletion_id" UUID,

    CONSTRAINT "tags_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
-- Exactly one of the three generated columns is set; they carry the foreign keys, so that what is tagged exists and is of
-- the type and the workspace that the row says.
CREATE TABLE "tag_associations" (
    "workspace_id" UUID NOT NULL,
    "tag_id" UUID NOT NULL,
    "entity_type" "taggable_type" NOT NULL,
    "entity_id" UUID NOT NULL,
    "bookshelf_id" UUID GENERATED ALWAYS AS (CASE WHEN "entity_type" = 'BOOKSHELF' THEN "entity_id" END) STORED,
    "book_id" UUID GENERATED ALWAYS AS (CASE WHEN "entity_type" = 'BOOK' THEN "entity_id" END) STORED,
    "block_id" UUID GENERATED ALWAYS AS (CASE WHEN "entity_type" = 'BLOCK' THEN "entity_id" END) STORED,
    "merge_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tag_associations_pkey" PRIMARY KEY ("workspace_id","entity_id","tag_id")
);

-- CreateTable
CREATE TABLE "tag_merges" (
    "workspace_id" UUID NOT NULL,
    "deletion_id" UUID NOT NULL,
    "target_id" UUID NOT NULL,
    "moved_child_ids" UUID[] NOT NULL,

    CONSTRAINT "tag_merges_pkey" PRIMARY KEY ("workspace_id","deletion_id")
);

-- CreateTable
CREATE TABLE "tag_aliases" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "tag_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "merge_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tag_aliases_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "tags_workspace_id_deletion_id_idx" ON "tags"("workspace_id", "deletion_id") WHERE "deletion_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "tags_workspace_id_parent_id_idx" ON "tags"("workspace_id", "parent_id", "name_key", "id");

-- CreateIndex
CREATE INDEX "tags_workspace_id_ancestor_ids_idx" ON "tags"("workspace_id", "ancestor_ids");

-- CreateIndex
CREATE INDEX "tag_associations_workspace_id_tag_id_entity_id_idx" ON "tag_associations"("workspace_id", "tag_id", "entity_id") INCLUDE ("entity_type");

-- CreateIndex
CREATE INDEX "tag_associations_workspace_id_merge_id_idx" ON "tag_associations"("workspace_id", "merge_id") WHERE "merge_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "tag_associations_workspace_id_bookshelf_id_idx" ON "tag_associations"("workspace_id", "bookshelf_id") WHERE "bookshelf_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "tag_associations_workspace_id_book_id_idx" ON "tag_associations"("workspace_id", "book_id") WHERE "book_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "tag_associations_workspace_id_block_id_idx" ON "tag_associations"("workspace_id", "block_id") WHERE "block_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "tag_merges_workspace_id_target_id_idx" ON "tag_merges"("workspace_id", "target_id");

-- CreateIndex
CREATE INDEX "tag_aliases_workspace_id_tag_id_idx" ON "tag_aliases"("workspace_id", "tag_id");

-- CreateIndex
CREATE INDEX "tag_aliases_workspace_id_merge_id_idx" ON "tag_aliases"("workspace_id", "merge_id");

-- AddForeignKey
ALTER TABLE "tags" ADD CONSTRAINT "tags_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tags" ADD CONSTRAINT "tags_workspace_id_parent_id_fkey" FOREIGN KEY ("workspace_id", "parent_id") REFERENCES "tags"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tags" ADD CONSTRAINT "tags_workspace_id_deletion_id_fkey" FOREIGN KEY ("workspace_id", "deletion_id") REFERENCES "deletions"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tag_associations" ADD CONSTRAINT "tag_associations_workspace_id_tag_id_fkey" FOREIGN KEY ("workspace_id", "tag_id") REFERENCES "tags"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tag_associations" ADD CONSTRAINT "tag_associations_workspace_id_bookshelf_id_fkey" FOREIGN KEY ("workspace_id", "bookshelf_id") REFERENCES "bookshelves"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tag_associations" ADD CONSTRAINT "tag_associations_workspace_id_book_id_fkey" FOREIGN KEY ("workspace_id", "book_id") REFERENCES "books"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tag_associations" ADD CONSTRAINT "tag_associations_workspace_id_block_id_fkey" FOREIGN KEY ("workspace_id", "block_id") REFERENCES "blocks"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tag_associations" ADD CONSTRAINT "tag_associations_workspace_id_merge_id_fkey" FOREIGN KEY ("workspace_id", "merge_id") REFERENCES "tag_merges"("workspace_id", "deletion_id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tag_merges" ADD CONSTRAINT "tag_merges_workspace_id_deletion_id_fkey" FOREIGN KEY ("workspace_id", "deletion_id") REFERENCES "deletions"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tag_merges" ADD CONSTRAINT "tag_merges_workspace_id_target_id_fkey" FOREIGN KEY ("workspace_id", "target_id") REFERENCES "tags"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tag_aliases" ADD CONSTRAINT "tag_aliases_workspace_id_tag_id_fkey" FOREIGN KEY ("workspace_id", "tag_id") REFERENCES "tags"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tag_aliases" ADD CONSTRAINT "tag_aliases_workspace_id_merge_id_fkey" FOREIGN KEY ("workspace_id", "merge_id") REFERENCES "tag_merges"("workspace_id", "deletion_id") ON DELETE NO ACTION ON UPDATE NO ACTION;


-- A name is unique among the live siblings; those without a parent are siblings too. Deferrable constraints cannot be
-- partial: who swaps names within one statement must not.
CREATE UNIQUE INDEX "tags_sibling_name_key" ON "tags"("workspace_id", "parent_id", "name_key") NULLS NOT DISTINCT
    WHERE "deletion_id" IS NULL;

-- Orders of the lists. By time of creation is by id, since ids are UUIDv7.
CREATE INDEX "tags_name_idx" ON "tags"("workspace_id", "name_key", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "tags_usage_idx" ON "tags"("workspace_id", "usage_count", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "tags_updated_at_idx" ON "tags"("workspace_id", "updated_at", "id") WHERE "deletion_id" IS NULL;

-- The ancestors end with the parent and never hold the tag itself.
ALTER TABLE "tags" ADD CONSTRAINT "tags_tree_check" CHECK (
    "parent_id" IS NOT DISTINCT FROM "ancestor_ids"[cardinality("ancestor_ids")]
    AND "id" <> ALL ("ancestor_ids")
);
ALTER TABLE "tags" ADD CONSTRAINT "tags_count_check" CHECK (
    least("bookshelf_count", "book_count", "block_count") >= 0
    AND "usage_count" = "bookshelf_count" + "book_count" + "block_count"
);
ALTER TABLE "tags" ADD CONSTRAINT "tags_color_check" CHECK ("color" ~ '^#[0-9a-f]{6}$');
