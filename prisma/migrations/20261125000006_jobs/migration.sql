-- AlterTable
-- When one that failed is tried again.
ALTER TABLE "jobs" ADD COLUMN "next_attempt_at" TIMESTAMPTZ(3);

-- Whose process may have died, in all workspaces; and lists of some kinds.
CREATE INDEX "jobs_running_idx" ON "jobs"("id") WHERE "status" = 'RUNNING';
CREATE INDEX "jobs_name_idx" ON "jobs"("workspace_id", "name", "id");
