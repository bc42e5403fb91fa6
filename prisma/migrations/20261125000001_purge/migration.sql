-- AlterTable
-- A deletion that is purged is out of the trash from then on; its rows are removed in batches, and it goes with the last of them.
ALTER TABLE "deletions" ADD COLUMN "purged_at" TIMESTAMPTZ(3);
ALTER TABLE "deletions" ADD COLUMN "purged_by" TEXT;
ALTER TABLE "deletions" ADD CONSTRAINT "deletions_purged_check" CHECK (
    ("purged_at" IS NULL) = ("purged_by" IS NULL) AND ("purged_at" IS NULL OR "restored_at" IS NULL)
);

-- The trash, newest first; what is due; what is being purged; and every deletion an item was in.
DROP INDEX "deletions_trash_idx";
CREATE INDEX "deletions_trash_idx" ON "deletions"("workspace_id", "deleted_at", "id")
    WHERE "restored_at" IS NULL AND "purged_at" IS NULL;
CREATE INDEX "deletions_due_idx" ON "deletions"("workspace_id", "purge_after", "id")
    WHERE "restored_at" IS NULL AND "purged_at" IS NULL;
CREATE INDEX "deletions_purged_idx" ON "deletions"("workspace_id", "id") WHERE "purged_at" IS NOT NULL;
CREATE INDEX "deletions_item_id_idx" ON "deletions"("workspace_id", "item_id");

-- AlterTable
-- Since when a blob has no medium, live or in the trash.
ALTER TABLE "blobs" ADD COLUMN "orphaned_at" TIMESTAMPTZ(3);
UPDATE "blobs" SET "orphaned_at" = now() WHERE "ref_count" = 0;
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_orphaned_check" CHECK (("ref_count" = 0) = ("orphaned_at" IS NOT NULL));
CREATE INDEX "blobs_orphaned_idx" ON "blobs"("workspace_id", "orphaned_at", "id") WHERE "orphaned_at" IS NOT NULL;

-- CreateTable
-- Objects whose rows are gone and whose bytes are still to be removed from the storage.
CREATE TABLE "object_removals" (
    "workspace_id" UUID NOT NULL,
    "storage_key" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "failure" TEXT,

    CONSTRAINT "object_removals_pkey" PRIMARY KEY ("workspace_id", "storage_key")
);
ALTER TABLE "object_removals" ADD CONSTRAINT "object_removals_workspace_id_fkey" FOREIGN KEY ("workspace_id")
    REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
-- The removal is asked for by the key alone too: no object of it may be taken for one that nobody knows.
CREATE UNIQUE INDEX "object_removals_storage_key_key" ON "object_removals"("storage_key");

-- CreateEnum
CREATE TYPE "job_status" AS ENUM ('QUEUED', 'RUNNING', 'RETRYING', 'DONE', 'FAILED');

-- CreateTable
-- Jobs that somebody may ask for: the long ones from the beginning, others when they fail.
CREATE TABLE "jobs" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "status" "job_status" NOT NULL DEFAULT 'QUEUED',
    "requested_by" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "done" INTEGER NOT NULL DEFAULT 0,
    "total" INTEGER,
    "result" JSONB,
    "failure" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "jobs_pkey" PRIMARY KEY ("workspace_id", "id")
);
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_workspace_id_fkey" FOREIGN KEY ("workspace_id")
    REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "jobs_status_idx" ON "jobs"("workspace_id", "status", "id");
CREATE INDEX "jobs_finished_at_idx" ON "jobs"("finished_at");
