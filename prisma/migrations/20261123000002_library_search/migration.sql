-- CreateEnum
CREATE TYPE "searchable_type" AS ENUM ('BOOKSHELF', 'BOOK', 'BLOCK', 'TAG');

-- CreateTable
-- A few thousand documents of one type, made one after the other. Each segment has index entries of its own, so that
-- a search goes through them from the newest on and stops when it has enough.
CREATE TABLE "search_segments" (
    "workspace_id" UUID NOT NULL,
    "id" SERIAL NOT NULL,
    "entity_type" "searchable_type" NOT NULL,

    CONSTRAINT "search_segments_pkey" PRIMARY KEY ("workspace_id","entity_type","id")
);

-- CreateTable
-- Exactly one of the generated columns is set; they carry the foreign keys, so that a document goes with what it is of.
CREATE TABLE "search_documents" (
    "workspace_id" UUID NOT NULL,
    "entity_id" UUID NOT NULL,
    "entity_type" "searchable_type" NOT NULL,
    "bookshelf_id" UUID GENERATED ALWAYS AS (CASE WHEN "entity_type" = 'BOOKSHELF' THEN "entity_id" END) STORED,
    "book_id" UUID GENERATED ALWAYS AS (CASE WHEN "entity_type" = 'BOOK' THEN "entity_id" END) STORED,
    "block_id" UUID GENERATED ALWAYS AS (CASE WHEN "entity_type" = 'BLOCK' THEN "entity_id" END) STORED,
    "tag_id" UUID GENERATED ALWAYS AS (CASE WHEN "entity_type" = 'TAG' THEN "entity_id" END) STORED,
    "segment_id" INTEGER NOT NULL,
    "text" TEXT COLLATE "C" NOT NULL,
    "terms" BIGINT[] NOT NULL,

    CONSTRAINT "search_documents_pkey" PRIMARY KEY ("workspace_id","entity_id")
);

-- CreateTable
CREATE TABLE "search_backfills" (
    "workspace_id" UUID NOT NULL,
    "entity_type" "searchable_type" NOT NULL,
    "last_id" UUID,

    CONSTRAINT "search_backfills_pkey" PRIMARY KEY ("workspace_id","entity_type")
);

-- CreateIndex
CREATE INDEX "search_documents_workspace_id_entity_type_segment_id_idx" ON "search_documents"("workspace_id", "entity_type", "segment_id");

-- CreateIndex
CREATE INDEX "search_documents_workspace_id_bookshelf_id_idx" ON "search_documents"("workspace_id", "bookshelf_id") WHERE "bookshelf_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "search_documents_workspace_id_book_id_idx" ON "search_documents"("workspace_id", "book_id") WHERE "book_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "search_documents_workspace_id_block_id_idx" ON "search_documents"("workspace_id", "block_id") WHERE "block_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "search_documents_workspace_id_tag_id_idx" ON "search_documents"("workspace_id", "tag_id") WHERE "tag_id" IS NOT NULL;

-- Without a pending list, which every look-up would have to read through.
CREATE INDEX "search_documents_terms_idx" ON "search_documents" USING GIN ("terms") WITH (fastupdate = off);

-- Most terms are in one document: there is nothing to learn from them, and it would take long.
ALTER TABLE "search_documents" ALTER COLUMN "terms" SET STATISTICS 0;

-- AddForeignKey
ALTER TABLE "search_segments" ADD CONSTRAINT "search_segments_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "search_backfills" ADD CONSTRAINT "search_backfills_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "search_documents" ADD CONSTRAINT "search_documents_workspace_id_entity_type_segment_id_fkey" FOREIGN KEY ("workspace_id", "entity_type", "segment_id") REFERENCES "search_segments"("workspace_id", "entity_type", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "search_documents" ADD CONSTRAINT "search_documents_workspace_id_bookshelf_id_fkey" FOREIGN KEY ("workspace_id", "bookshelf_id") REFERENCES "bookshelves"("workspace_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "search_documents" ADD CONSTRAINT "search_documents_workspace_id_book_id_fkey" FOREIGN KEY ("workspace_id", "book_id") REFERENCES "books"("workspace_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "search_documents" ADD CONSTRAINT "search_documents_workspace_id_block_id_fkey" FOREIGN KEY ("workspace_id", "block_id") REFERENCES "blocks"("workspace_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "search_documents" ADD CONSTRAINT "search_documents_workspace_id_tag_id_fkey" FOREIGN KEY ("workspace_id", "tag_id") REFERENCES "tags"("workspace_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- Searches read the text of many documents and the terms of none: those must not fill the pages.
ALTER TABLE "search_documents" SET (toast_tuple_target = 1024);
ALTER TABLE "search_documents" ALTER COLUMN "text" SET STORAGE MAIN;

-- Everything that is there already: a job indexes it after the start.
INSERT INTO "search_backfills" ("workspace_id", "entity_type")
SELECT DISTINCT "workspace_id", 'BOOKSHELF'::searchable_type FROM "bookshelves"
UNION ALL SELECT DISTINCT "workspace_id", 'BOOK'::searchable_type FROM "books"
UNION ALL SELECT DISTINCT "workspace_id", 'BLOCK'::searchable_type FROM "blocks"
UNION ALL SELECT DISTINCT "workspace_id", 'TAG'::searchable_type FROM "tags";
