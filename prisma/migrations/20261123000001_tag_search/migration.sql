-- What the search of tags knows of a tag: derived from its name and aliases alone, so counting usage changes none of it.

-- AlterTable
-- Null when they are too long for an index entry; tag_search has them too.
ALTER TABLE "tags" ADD COLUMN "search_names" TEXT COLLATE "C";
ALTER TABLE "tags" ADD COLUMN "search_sounds" TEXT COLLATE "C";

-- CreateTable
CREATE TABLE "tag_search" (
    "workspace_id" UUID NOT NULL,
    "tag_id" UUID NOT NULL,
    "names" TEXT COLLATE "C" NOT NULL,
    "sounds" TEXT COLLATE "C" NOT NULL,
    "terms" INTEGER[] NOT NULL,

    CONSTRAINT "tag_search_pkey" PRIMARY KEY ("workspace_id","tag_id")
);

-- CreateTable
-- The words of names, each by its beginning and by what is left of it without one letter. None is removed: one that no name
-- has any more finds nothing.
CREATE TABLE "tag_words" (
    "workspace_id" UUID NOT NULL,
    "near" TEXT COLLATE "C" NOT NULL,
    "word" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "tag_words_pkey" PRIMARY KEY ("workspace_id","near","word")
);

-- AddForeignKey
ALTER TABLE "tag_words" ADD CONSTRAINT "tag_words_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tag_search" ADD CONSTRAINT "tag_search_workspace_id_tag_id_fkey" FOREIGN KEY ("workspace_id", "tag_id") REFERENCES "tags"("workspace_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- Without a pending list: a search would read it from end to end.
CREATE INDEX "tag_search_terms_idx" ON "tag_search" USING GIN ("terms") WITH (fastupdate = off);

-- The most used tags with all that a search compares, so that it need not look at their rows.
DROP INDEX "tags_usage_idx";
CREATE INDEX "tags_usage_idx" ON "tags"("workspace_id", "usage_count", "id") INCLUDE ("search_names", "search_sounds")
    WHERE "deletion_id" IS NULL;
