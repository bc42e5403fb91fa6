-- CreateEnum
CREATE TYPE "book_status" AS ENUM ('DRAFT', 'IN_PROGRESS', 'DONE', 'ARCHIVED');

-- CreateEnum
CREATE TYPE "block_kind" AS ENUM ('TEXT', 'HEADING', 'LIST', 'QUOTE', 'CODE', 'IMAGE', 'VIDEO', 'DIVIDER');

-- CreateEnum
CREATE TYPE "media_role" AS ENUM ('COVER', 'IMAGE');

-- CreateEnum
CREATE TYPE "trashable_kind" AS ENUM ('BOOKSHELF', 'BOOK', 'BLOCK', 'MEDIA');

-- CreateTable
CREATE TABLE "workspaces" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "workspaces_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bookshelves" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "color" TEXT,
    "position" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deletion_id" UUID,

    CONSTRAINT "bookshelves_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "books" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "bookshelf_id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "summary" TEXT,
    "status" "book_status" NOT NULL DEFAULT 'DRAFT',
    "position" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deletion_id" UUID,

    CONSTRAINT "books_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "blocks" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "book_id" UUID NOT NULL,
    "kind" "block_kind" NOT NULL DEFAULT 'TEXT',
    "content" TEXT NOT NULL DEFAULT '',
    "attributes" JSONB NOT NULL DEFAULT '{}',
    "position" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deletion_id" UUID,

    CONSTRAINT "blocks_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "blobs" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "storage_key" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "mime_type" TEXT NOT NULL,
    "extension" TEXT NOT NULL,
    "width" INTEGER,
    "height" INTEGER,
    "duration_ms" INTEGER,
    "orientation" SMALLINT,
    "placeholder" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "blobs_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "renditions" (
    "workspace_id" UUID NOT NULL,
    "blob_id" UUID NOT NULL,
    "recipe" TEXT NOT NULL,
    "storage_key" TEXT NOT NULL,
    "mime_type" TEXT NOT NULL,
    "width" INTEGER NOT NULL,
    "height" INTEGER NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "renditions_pkey" PRIMARY KEY ("workspace_id","blob_id","recipe")
);

-- CreateTable
CREATE TABLE "media" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "blob_id" UUID NOT NULL,
    "bookshelf_id" UUID,
    "book_id" UUID,
    "block_id" UUID,
    "role" "media_role" NOT NULL,
    "position" TEXT COLLATE "C" NOT NULL,
    "file_name" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "uploaded_by" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deletion_id" UUID,

    CONSTRAINT "media_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "deletions" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "kind" "trashable_kind" NOT NULL,
    "item_id" UUID NOT NULL,
    "item_count" INTEGER NOT NULL,
    "deleted_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_by" TEXT NOT NULL,
    "reason" TEXT,
    "parent_kind" "trashable_kind",
    "parent_id" UUID,
    "position" TEXT COLLATE "C" NOT NULL,
    "path" TEXT[] NOT NULL,
    "purge_after" TIMESTAMPTZ(3) NOT NULL,
    "restored_at" TIMESTAMPTZ(3),

    CONSTRAINT "deletions_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "workspace_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "input_hash" TEXT NOT NULL,
    "result_ids" UUID[] NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("workspace_id","key")
);

-- CreateIndex
CREATE INDEX "bookshelves_workspace_id_deletion_id_idx" ON "bookshelves"("workspace_id", "deletion_id") WHERE "deletion_id" IS NOT NULL;

-- Deferrable, so that it is checked at the end of a statement and one statement can renumber a whole list.
ALTER TABLE "bookshelves" ADD CONSTRAINT "bookshelves_workspace_id_position_key" UNIQUE ("workspace_id", "position") DEFERRABLE INITIALLY IMMEDIATE;

-- CreateIndex
CREATE INDEX "books_workspace_id_deletion_id_idx" ON "books"("workspace_id", "deletion_id") WHERE "deletion_id" IS NOT NULL;

-- Deferrable, so that it is checked at the end of a statement and one statement can renumber a whole list.
ALTER TABLE "books" ADD CONSTRAINT "books_workspace_id_bookshelf_id_position_key" UNIQUE ("workspace_id", "bookshelf_id", "position") DEFERRABLE INITIALLY IMMEDIATE;

-- CreateIndex
CREATE INDEX "blocks_workspace_id_deletion_id_idx" ON "blocks"("workspace_id", "deletion_id") WHERE "deletion_id" IS NOT NULL;

-- Deferrable, so that it is checked at the end of a statement and one statement can renumber a whole list.
ALTER TABLE "blocks" ADD CONSTRAINT "blocks_workspace_id_book_id_position_key" UNIQUE ("workspace_id", "book_id", "position") DEFERRABLE INITIALLY IMMEDIATE;

-- CreateIndex
CREATE UNIQUE INDEX "blobs_storage_key_key" ON "blobs"("storage_key");

-- CreateIndex
CREATE UNIQUE INDEX "blobs_workspace_id_sha256_key" ON "blobs"("workspace_id", "sha256");

-- CreateIndex
CREATE UNIQUE INDEX "renditions_storage_key_key" ON "renditions"("storage_key");

-- CreateIndex
CREATE INDEX "media_workspace_id_blob_id_idx" ON "media"("workspace_id", "blob_id");

-- CreateIndex
CREATE INDEX "media_workspace_id_deletion_id_idx" ON "media"("workspace_id", "deletion_id") WHERE "deletion_id" IS NOT NULL;

-- Deferrable, so that it is checked at the end of a statement and one statement can renumber a whole list.
ALTER TABLE "media" ADD CONSTRAINT "media_workspace_id_block_id_position_key" UNIQUE ("workspace_id", "block_id", "position") DEFERRABLE INITIALLY IMMEDIATE;

-- CreateIndex
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");

-- AddForeignKey
ALTER TABLE "bookshelves" ADD CONSTRAINT "bookshelves_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bookshelves" ADD CONSTRAINT "bookshelves_workspace_id_deletion_id_fkey" FOREIGN KEY ("workspace_id", "deletion_id") REFERENCES "deletions"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "books" ADD CONSTRAINT "books_workspace_id_bookshelf_id_fkey" FOREIGN KEY ("workspace_id", "bookshelf_id") REFERENCES "bookshelves"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "books" ADD CONSTRAINT "books_workspace_id_deletion_id_fkey" FOREIGN KEY ("workspace_id", "deletion_id") REFERENCES "deletions"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "blocks" ADD CONSTRAINT "blocks_workspace_id_book_id_fkey" FOREIGN KEY ("workspace_id", "book_id") REFERENCES "books"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "blocks" ADD CONSTRAINT "blocks_workspace_id_deletion_id_fkey" FOREIGN KEY ("workspace_id", "deletion_id") REFERENCES "deletions"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "renditions" ADD CONSTRAINT "renditions_workspace_id_blob_id_fkey" FOREIGN KEY ("workspace_id", "blob_id") REFERENCES "blobs"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "media" ADD CONSTRAINT "media_workspace_id_blob_id_fkey" FOREIGN KEY ("workspace_id", "blob_id") REFERENCES "blobs"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "media" ADD CONSTRAINT "media_workspace_id_bookshelf_id_fkey" FOREIGN KEY ("workspace_id", "bookshelf_id") REFERENCES "bookshelves"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "media" ADD CONSTRAINT "media_workspace_id_book_id_fkey" FOREIGN KEY ("workspace_id", "book_id") REFERENCES "books"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "media" ADD CONSTRAINT "media_workspace_id_block_id_fkey" FOREIGN KEY ("workspace_id", "block_id") REFERENCES "blocks"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "media" ADD CONSTRAINT "media_workspace_id_deletion_id_fkey" FOREIGN KEY ("workspace_id", "deletion_id") REFERENCES "deletions"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "deletions" ADD CONSTRAINT "deletions_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- Orders and filters of the root lists. By time of creation is by id, since ids are UUIDv7.
CREATE INDEX "bookshelves_name_idx" ON "bookshelves"("workspace_id", lower("name"), "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "bookshelves_updated_at_idx" ON "bookshelves"("workspace_id", "updated_at", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "books_title_idx" ON "books"("workspace_id", lower("title"), "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "books_updated_at_idx" ON "books"("workspace_id", "updated_at", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "books_status_idx" ON "books"("workspace_id", "status", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "blocks_updated_at_idx" ON "blocks"("workspace_id", "updated_at", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "blocks_kind_idx" ON "blocks"("workspace_id", "kind", "id") WHERE "deletion_id" IS NULL;

-- The trash, newest first.
CREATE INDEX "deletions_trash_idx" ON "deletions"("workspace_id", "deleted_at", "id") WHERE "restored_at" IS NULL;

-- Everything of one owner, trashed or not; and one live cover per owner.
CREATE INDEX "media_bookshelf_id_idx" ON "media"("workspace_id", "bookshelf_id") WHERE "bookshelf_id" IS NOT NULL;
CREATE INDEX "media_book_id_idx" ON "media"("workspace_id", "book_id") WHERE "book_id" IS NOT NULL;
CREATE UNIQUE INDEX "media_bookshelf_cover_key" ON "media"("workspace_id", "bookshelf_id")
    WHERE "role" = 'COVER' AND "deletion_id" IS NULL AND "bookshelf_id" IS NOT NULL;
CREATE UNIQUE INDEX "media_book_cover_key" ON "media"("workspace_id", "book_id")
    WHERE "role" = 'COVER' AND "deletion_id" IS NULL AND "book_id" IS NOT NULL;

-- A medium is in exactly one slot, and in one that its owner has.
ALTER TABLE "media" ADD CONSTRAINT "media_slot_check" CHECK (
    num_nonnulls("bookshelf_id", "book_id", "block_id") = 1
    AND ("role" = 'COVER') = ("block_id" IS NULL)
);
ALTER TABLE "bookshelves" ADD CONSTRAINT "bookshelves_color_check" CHECK ("color" ~ '^#[0-9a-f]{6}$');
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_check" CHECK ("size_bytes" > 0 AND "sha256" ~ '^[0-9a-f]{64}$');

-- The workspace of an installation without sign-in.
INSERT INTO "workspaces" ("id", "name", "created_at", "updated_at")
VALUES ('01900000-0000-7000-8000-000000000001', 'Library', now(), now());
