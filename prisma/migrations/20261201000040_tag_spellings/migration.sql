-- AlterTable
-- By these the tag search tells how closely names that equal the query are spelt like it.
ALTER TABLE "tag_search" ADD COLUMN "spellings" INTEGER[] NOT NULL DEFAULT ARRAY[]::INTEGER[];

-- A job indexes all tags again after the start: their spellings, and their names with the words joined.
INSERT INTO "search_backfills" ("workspace_id", "entity_type")
SELECT DISTINCT "workspace_id", 'TAG'::searchable_type FROM "tags"
ON CONFLICT ("workspace_id", "entity_type") DO UPDATE SET "last_id" = NULL;
