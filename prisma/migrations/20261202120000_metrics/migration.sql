-- The metrics count failed jobs of all workspaces, which are few among those that are kept.
CREATE INDEX "jobs_failed_idx" ON "jobs"("name") WHERE "status" = 'FAILED';
