-- AlterEnum
ALTER TYPE "media_role" ADD VALUE 'VIDEO';
ALTER TYPE "media_role" ADD VALUE 'ATTACHMENT';
ALTER TYPE "media_role" ADD VALUE 'MARKER_IMAGE';

-- CreateEnum
CREATE TYPE "workspace_plan" AS ENUM ('PERSONAL', 'TEAM');
CREATE TYPE "media_owner_type" AS ENUM ('BOOKSHELF', 'BOOK', 'BLOCK', 'CHECKPOINT_MARKER');
CREATE TYPE "media_event_step" AS ENUM ('REQUEST', 'DECISION', 'DB', 'RESULT');
CREATE TYPE "media_operation" AS ENUM ('ADOPT', 'UPLOAD', 'MOVE', 'TRASH', 'RESTORE');
CREATE TYPE "media_decision" AS ENUM ('INSERT', 'DUPLICATE', 'REPLACE', 'REJECT', 'NOOP');

-- AlterTable
-- A medium in a list has a place there; a cover has none, so that its list_role is null and its position does not count.
ALTER TABLE "media" DROP CONSTRAINT "media_slot_check";
ALTER TABLE "media" DROP CONSTRAINT "media_workspace_id_block_id_position_key";
ALTER TABLE "media" ADD COLUMN "marker_id" UUID;
ALTER TABLE "media" ADD COLUMN "owner_id" UUID
    GENERATED ALWAYS AS (coalesce("bookshelf_id", "book_id", "block_id", "marker_id")) STORED;
ALTER TABLE "media" ADD COLUMN "list_role" "media_role"
    GENERATED ALWAYS AS (CASE WHEN "role" <> 'COVER' THEN "role" END) STORED;
-- As text, since values that were added just now cannot be used yet.
ALTER TABLE "media" ADD CONSTRAINT "media_slot_check" CHECK (
    num_nonnulls("bookshelf_id", "book_id", "block_id", "marker_id") = 1
    AND CASE "role"::text
        WHEN 'COVER' THEN num_nonnulls("bookshelf_id", "book_id") = 1
        WHEN 'ATTACHMENT' THEN "marker_id" IS NULL
        WHEN 'MARKER_IMAGE' THEN "marker_id" IS NOT NULL
        ELSE "block_id" IS NOT NULL
    END
);
-- Deferrable, so that it is checked at the end of a statement and one statement can renumber a whole list.
ALTER TABLE "media" ADD CONSTRAINT "media_workspace_id_owner_id_list_role_position_key"
    UNIQUE ("workspace_id", "owner_id", "list_role", "position") DEFERRABLE INITIALLY IMMEDIATE;
CREATE INDEX "media_block_id_idx" ON "media"("workspace_id", "block_id") WHERE "block_id" IS NOT NULL;
CREATE INDEX "media_marker_id_idx" ON "media"("workspace_id", "marker_id") WHERE "marker_id" IS NOT NULL;
ALTER TABLE "media" ADD CONSTRAINT "media_workspace_id_marker_id_fkey" FOREIGN KEY ("workspace_id", "marker_id")
    REFERENCES "checkpoint_markers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AlterTable
-- How many media, live or in the trash, are of these bytes. Bytes that have one are charged to the workspace.
ALTER TABLE "blobs" ADD COLUMN "ref_count" INTEGER NOT NULL DEFAULT 0;
UPDATE "blobs" SET "ref_count" = (
    SELECT count(*) FROM "media" WHERE "media"."workspace_id" = "blobs"."workspace_id" AND "media"."blob_id" = "blobs"."id");
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_ref_count_check" CHECK ("ref_count" >= 0);

-- AlterTable
ALTER TABLE "workspaces" ADD COLUMN "plan" "workspace_plan" NOT NULL DEFAULT 'PERSONAL';
ALTER TABLE "workspaces" ADD COLUMN "quota_bytes" BIGINT;
ALTER TABLE "workspaces" ADD COLUMN "used_bytes" BIGINT NOT NULL DEFAULT 0;
UPDATE "workspaces" SET "used_bytes" = (
    SELECT coalesce(sum("size_bytes"), 0) FROM "blobs"
    WHERE "blobs"."workspace_id" = "workspaces"."id" AND "blobs"."ref_count" > 0);
ALTER TABLE "workspaces" ADD CONSTRAINT "workspaces_quota_check" CHECK ("used_bytes" >= 0 AND "quota_bytes" >= 0);

-- CreateTable
-- Room in the quota that is promised to an upload while its bytes are being stored.
CREATE TABLE "upload_reservations" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "upload_reservations_pkey" PRIMARY KEY ("workspace_id", "id")
);
ALTER TABLE "upload_reservations" ADD CONSTRAINT "upload_reservations_workspace_id_fkey" FOREIGN KEY ("workspace_id")
    REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- CreateTable
-- What happened to media, four rows for each request. Rows are only ever added. They outlive what they tell of, so nothing
-- but the workspace is a foreign key. Of two changes of one medium the later has the larger sequence, since both hold the
-- lock on it when they take it.
CREATE TABLE "media_events" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "sequence" BIGSERIAL NOT NULL,
    "chain_id" UUID NOT NULL,
    "request_id" UUID NOT NULL,
    "step" "media_event_step" NOT NULL,
    "operation" "media_operation" NOT NULL,
    "decision" "media_decision",
    "reason" TEXT,
    "actor_id" TEXT NOT NULL,
    "owner_type" "media_owner_type",
    "owner_id" UUID,
    "role" "media_role",
    "blob_id" UUID,
    "media_ids" UUID[] NOT NULL,
    "changes" JSONB,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "media_events_pkey" PRIMARY KEY ("workspace_id", "id")
);
ALTER TABLE "media_events" ADD CONSTRAINT "media_events_workspace_id_fkey" FOREIGN KEY ("workspace_id")
    REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE UNIQUE INDEX "media_events_workspace_id_sequence_key" ON "media_events"("workspace_id", "sequence");
CREATE INDEX "media_events_occurred_at_idx" ON "media_events"("workspace_id", "occurred_at", "id");
CREATE INDEX "media_events_request_id_idx" ON "media_events"("workspace_id", "request_id", "occurred_at", "id");
CREATE INDEX "media_events_owner_id_idx" ON "media_events"("workspace_id", "owner_id", "occurred_at", "id");
CREATE INDEX "media_events_media_ids_idx" ON "media_events" USING GIN ("media_ids");

CREATE FUNCTION refuse_change_of_media_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Events of media are only ever added.';
END $$;
CREATE TRIGGER "media_events_append_only" BEFORE UPDATE OR DELETE ON "media_events"
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_media_events();
CREATE TRIGGER "media_events_no_truncate" BEFORE TRUNCATE ON "media_events"
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_media_events();

-- The media that were there before events were kept, as they are now.
INSERT INTO "media_events" ("workspace_id", "id", "chain_id", "request_id", "step", "operation", "decision", "actor_id",
    "owner_type", "owner_id", "role", "blob_id", "media_ids", "changes", "occurred_at")
SELECT "workspace_id", gen_random_uuid(), "id", "id", "step", 'ADOPT',
    CASE WHEN "step" <> 'REQUEST' THEN 'INSERT'::"media_decision" END, 'system',
    CASE WHEN "bookshelf_id" IS NOT NULL THEN 'BOOKSHELF' WHEN "book_id" IS NOT NULL THEN 'BOOK' ELSE 'BLOCK' END::"media_owner_type",
    "owner_id", "role", "blob_id", ARRAY["id"],
    CASE WHEN "step" = 'DB' THEN jsonb_build_array(jsonb_build_object('change', 'put', 'mediaId', "id", 'blobId', "blob_id",
        'ownerId', "owner_id", 'role', "role", 'position', "position", 'fileName', "file_name", 'deletionId', "deletion_id")) END,
    now()
FROM "media" CROSS JOIN unnest(enum_range(NULL::"media_event_step")) AS "step";
