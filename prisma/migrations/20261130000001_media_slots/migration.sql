-- The slots that each type of owner has for media: `one` live medium or a `list`; null where there is no such slot.
-- src/domain/slots.ts says the same. To add a role: add its value to media_role and replace this function, in one
-- migration. The function compares texts, because a transaction cannot use an enum value that it has added itself.
CREATE FUNCTION "media_slot_holds"("owner_type" TEXT, "role" "media_role") RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE "owner_type" || ' ' || "role"::text
        WHEN 'BOOKSHELF COVER' THEN 'one'
        WHEN 'BOOKSHELF ATTACHMENT' THEN 'list'
        WHEN 'BOOK COVER' THEN 'one'
        WHEN 'BOOK ATTACHMENT' THEN 'list'
        WHEN 'BLOCK IMAGE' THEN 'list'
        WHEN 'BLOCK VIDEO' THEN 'list'
        WHEN 'BLOCK ATTACHMENT' THEN 'list'
        WHEN 'CHECKPOINT_MARKER MARKER_IMAGE' THEN 'list'
    END
$$;

-- AlterTable
-- A medium in a list has a place there. In a slot that holds one, list_role is null and the position does not count.
ALTER TABLE "media" DROP CONSTRAINT "media_slot_check";
ALTER TABLE "media" DROP CONSTRAINT "media_workspace_id_owner_id_list_role_position_key";
ALTER TABLE "media" DROP COLUMN "list_role";
ALTER TABLE "media" ADD COLUMN "list_role" "media_role" GENERATED ALWAYS AS (CASE "media_slot_holds"(
    CASE
        WHEN "bookshelf_id" IS NOT NULL THEN 'BOOKSHELF'
        WHEN "book_id" IS NOT NULL THEN 'BOOK'
        WHEN "block_id" IS NOT NULL THEN 'BLOCK'
        ELSE 'CHECKPOINT_MARKER'
    END, "role") WHEN 'list' THEN "role" END) STORED;
ALTER TABLE "media" ADD CONSTRAINT "media_slot_check" CHECK (
    num_nonnulls("bookshelf_id", "book_id", "block_id", "marker_id") = 1
    AND "media_slot_holds"(
        CASE
            WHEN "bookshelf_id" IS NOT NULL THEN 'BOOKSHELF'
            WHEN "book_id" IS NOT NULL THEN 'BOOK'
            WHEN "block_id" IS NOT NULL THEN 'BLOCK'
            ELSE 'CHECKPOINT_MARKER'
        END, "role") IS NOT NULL
);
-- Deferrable, so that it is checked at the end of a statement and one statement can renumber a whole list.
ALTER TABLE "media" ADD CONSTRAINT "media_workspace_id_owner_id_list_role_position_key"
    UNIQUE ("workspace_id", "owner_id", "list_role", "position") DEFERRABLE INITIALLY IMMEDIATE;

-- One live medium in each slot that holds one.
DROP INDEX "media_bookshelf_cover_key";
DROP INDEX "media_book_cover_key";
CREATE UNIQUE INDEX "media_one_live_key" ON "media"("workspace_id", "owner_id", "role")
    WHERE "deletion_id" IS NULL AND "list_role" IS NULL;
