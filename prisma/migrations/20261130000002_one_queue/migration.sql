-- The table of jobs is the queue itself: every job has one row, from the moment that it is enqueued.
ALTER TABLE "jobs"
    -- Whether clients see it. One that the server starts by itself is seen from its first failure on.
    ADD COLUMN "listed" BOOLEAN NOT NULL DEFAULT true,
    -- When it may begin, by the clock of the database.
    ADD COLUMN "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    -- Of several jobs of a kind with the same key, only the first is enqueued.
    ADD COLUMN "once" TEXT;
CREATE UNIQUE INDEX "jobs_once_key" ON "jobs"("name", "once") WHERE "once" IS NOT NULL;
CREATE INDEX "jobs_due_idx" ON "jobs"("name", "due_at", "id") WHERE "status" IN ('QUEUED', 'RETRYING');

-- The lists pass over what is not listed.
DROP INDEX "jobs_status_idx";
DROP INDEX "jobs_name_idx";
CREATE INDEX "jobs_listed_idx" ON "jobs"("workspace_id", "id") WHERE "listed";
CREATE INDEX "jobs_status_idx" ON "jobs"("workspace_id", "status", "id") WHERE "listed";
CREATE INDEX "jobs_name_idx" ON "jobs"("workspace_id", "name", "id") WHERE "listed";

-- Carries over the messages of pg-boss, which delivered the jobs before. Every server of the older version has ended.
DO $$
BEGIN
    IF to_regclass('pgboss.job') IS NULL THEN RETURN; END IF;

    -- A message about a row says when that row is due.
    UPDATE "jobs" SET "due_at" = message.start_after
    FROM pgboss.job message
    WHERE message.state < 'active' AND message.data ->> 'jobId' = "jobs"."id"::text
        AND message.data ->> 'workspaceId' = "jobs"."workspace_id"::text AND "jobs"."status" IN ('QUEUED', 'RETRYING');

    -- A message without a row gets one. A job that a process had begun is RUNNING without a lock: it is recovered.
    INSERT INTO "jobs" ("workspace_id", "id", "name", "payload", "status", "requested_by", "attempts", "created_at",
        "started_at", "listed", "due_at")
    SELECT coalesce(workspace.id, '01900000-0000-7000-8000-000000000001'),
        -- A UUIDv7 of the time at which it was enqueued.
        (substr(moment.hex, 1, 8) || '-' || substr(moment.hex, 9, 4) || '-7' || substr(message.id::text, 16))::uuid,
        kind.name, coalesce(message.data, '{}'),
        CASE WHEN message.state < 'active' THEN 'QUEUED' ELSE 'RUNNING' END::job_status, 'system',
        CASE WHEN message.state < 'active' THEN 0 ELSE 1 END, message.created_on, message.started_on, false,
        message.start_after
    FROM pgboss.job message
    JOIN (VALUES ('daily-purge', 'daily-purge'), ('daily-collection', 'daily-garbage-collection'),
        ('daily-garbage-collection', 'daily-garbage-collection'), ('remove-objects', 'remove-objects'),
        ('render-thumbnails', 'render-thumbnails'), ('forget-idempotency-keys', 'forget-idempotency-keys'),
        ('index-library', 'index-library'), ('sweep-storage', 'sweep-storage'),
        ('tidy-resumable-uploads', 'tidy-resumable-uploads')) AS kind(message, name) ON kind.message = message.name
    CROSS JOIN LATERAL (
        SELECT lpad(to_hex((extract(epoch FROM message.created_on) * 1000)::bigint), 12, '0') AS hex) moment
    LEFT JOIN "workspaces" workspace ON workspace.id::text = message.data ->> 'workspaceId'
    WHERE message.state IN ('created', 'retry', 'active', 'failed') AND coalesce(message.data ->> 'jobId', '') = '';

    -- Nobody begins them a second time. Other programs may use pg-boss in the same schema: theirs stays.
    DELETE FROM pgboss.schedule WHERE name IN ('daily-purge', 'daily-collection', 'daily-garbage-collection',
        'forget-idempotency-keys', 'sweep-storage', 'tidy-resumable-uploads');
    DELETE FROM pgboss.job WHERE name IN ('purge-trash', 'collect-garbage', 'verify-storage', 'daily-purge',
        'daily-collection', 'daily-garbage-collection', 'remove-objects', 'render-thumbnails',
        'forget-idempotency-keys', 'index-library', 'sweep-storage', 'tidy-resumable-uploads');
END $$;
