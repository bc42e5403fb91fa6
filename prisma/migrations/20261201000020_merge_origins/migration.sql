-- Associations and aliases that a merge brought no longer name the merge, but the tag that they come from, however many
-- merges there are in between. So a merge in the middle of a chain can be undone or purged.

-- The merges that can still be undone, or whose purge is not complete. Those of restored deletions are over.
CREATE TEMPORARY TABLE "active_merges" ON COMMIT DROP AS
SELECT merge."workspace_id", merge."deletion_id", deletion."item_id" AS "source_id", merge."target_id"
FROM "tag_merges" merge
JOIN "deletions" deletion ON deletion."workspace_id" = merge."workspace_id" AND deletion."id" = merge."deletion_id"
JOIN "tags" source ON source."workspace_id" = merge."workspace_id" AND source."id" = deletion."item_id"
WHERE deletion."restored_at" IS NULL;

-- AlterTable
-- The merged tags that the association comes from. Empty when the tag has it itself.
ALTER TABLE "tag_associations" ADD COLUMN "merged_from" UUID[] NOT NULL DEFAULT ARRAY[]::UUID[];

-- A row of "origin" leads from an association to the same object's association with a source, until that is the
-- source's own. An association whose sources are gone becomes the tag's own.
WITH RECURSIVE "origin" AS (
    SELECT one."workspace_id", one."entity_id", one."tag_id", source."tag_id" AS "from_id", source."merge_id"
    FROM "tag_associations" one
    JOIN "active_merges" active ON active."workspace_id" = one."workspace_id" AND active."target_id" = one."tag_id"
        AND active."deletion_id" >= one."merge_id"
    JOIN "tag_associations" source ON source."workspace_id" = one."workspace_id"
        AND source."entity_id" = one."entity_id" AND source."tag_id" = active."source_id"
    UNION
    SELECT origin."workspace_id", origin."entity_id", origin."tag_id", source."tag_id", source."merge_id"
    FROM "origin"
    JOIN "active_merges" active ON active."workspace_id" = origin."workspace_id"
        AND active."target_id" = origin."from_id" AND active."deletion_id" >= origin."merge_id"
    JOIN "tag_associations" source ON source."workspace_id" = origin."workspace_id"
        AND source."entity_id" = origin."entity_id" AND source."tag_id" = active."source_id"
)
UPDATE "tag_associations" one SET "merged_from" = found."ids"
FROM (
    SELECT "workspace_id", "entity_id", "tag_id", array_agg(DISTINCT "from_id") AS "ids"
    FROM "origin" WHERE "merge_id" IS NULL GROUP BY 1, 2, 3
) found
WHERE one."workspace_id" = found."workspace_id" AND one."entity_id" = found."entity_id"
    AND one."tag_id" = found."tag_id";

ALTER TABLE "tag_associations" DROP COLUMN "merge_id";

-- AlterTable
-- The merged tag that the alias comes from; null when it is the tag's own. The server computes the key of a name, by
-- which names are compared; null until it has.
ALTER TABLE "tag_aliases" ADD COLUMN "merged_from" UUID;
ALTER TABLE "tag_aliases" ADD COLUMN "name_key" TEXT COLLATE "C";

-- From source to source, as long as that one has the alias from a merge too.
WITH RECURSIVE "origin" AS (
    SELECT alias."workspace_id", alias."id", alias."name", active."source_id" AS "from_id", 1 AS "depth"
    FROM "tag_aliases" alias
    JOIN "active_merges" active ON active."workspace_id" = alias."workspace_id"
        AND active."deletion_id" = alias."merge_id"
    UNION
    SELECT origin."workspace_id", origin."id", origin."name", active."source_id", origin."depth" + 1
    FROM "origin"
    JOIN "tag_aliases" alias ON alias."workspace_id" = origin."workspace_id" AND alias."tag_id" = origin."from_id"
        AND alias."name" = origin."name"
    JOIN "active_merges" active ON active."workspace_id" = alias."workspace_id"
        AND active."deletion_id" = alias."merge_id"
)
UPDATE "tag_aliases" alias SET "merged_from" = found."from_id"
FROM (
    SELECT DISTINCT ON ("workspace_id", "id") "workspace_id", "id", "from_id"
    FROM "origin" ORDER BY "workspace_id", "id", "depth" DESC
) found
WHERE alias."workspace_id" = found."workspace_id" AND alias."id" = found."id";

ALTER TABLE "tag_aliases" DROP COLUMN "merge_id";

-- AlterTable
-- A merge is known by its source, which is in the trash as long as the merge lasts; several can be one deletion.
ALTER TABLE "tag_merges" ADD COLUMN "source_id" UUID;
UPDATE "tag_merges" merge SET "source_id" = active."source_id" FROM "active_merges" active
WHERE merge."workspace_id" = active."workspace_id" AND merge."deletion_id" = active."deletion_id";
DELETE FROM "tag_merges" WHERE "source_id" IS NULL;
ALTER TABLE "tag_merges" DROP COLUMN "deletion_id";
ALTER TABLE "tag_merges" ADD CONSTRAINT "tag_merges_pkey" PRIMARY KEY ("workspace_id", "source_id");

-- AddForeignKey
ALTER TABLE "tag_merges" ADD CONSTRAINT "tag_merges_workspace_id_source_id_fkey" FOREIGN KEY ("workspace_id", "source_id") REFERENCES "tags"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tag_aliases" ADD CONSTRAINT "tag_aliases_workspace_id_merged_from_fkey" FOREIGN KEY ("workspace_id", "merged_from") REFERENCES "tags"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- CreateIndex
CREATE INDEX "tag_aliases_workspace_id_merged_from_idx" ON "tag_aliases"("workspace_id", "merged_from");

-- CreateIndex
CREATE INDEX "tag_aliases_workspace_id_name_key_idx" ON "tag_aliases"("workspace_id", "name_key");

-- The aliases whose keys the server has yet to compute.
CREATE INDEX "tag_aliases_without_key_idx" ON "tag_aliases"("workspace_id", "id") WHERE "name_key" IS NULL;
