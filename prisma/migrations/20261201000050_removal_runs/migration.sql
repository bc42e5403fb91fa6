-- When the jobs that permanently remove what has expired last ran, and whether they wait or are on hold. The table
-- belongs to no workspace, because each of these jobs looks at all of them.
CREATE TABLE "removal_runs" (
    "name" TEXT NOT NULL CHECK ("name" IN ('daily-purge', 'daily-garbage-collection')),
    "ran_at" TIMESTAMPTZ(3),
    "waits_until" TIMESTAMPTZ(3),
    "held_at" TIMESTAMPTZ(3),
    CONSTRAINT "removal_runs_pkey" PRIMARY KEY ("name")
);

-- A new library has nothing to remove. In others the time of the last run is unknown, so the next one waits first.
INSERT INTO "removal_runs" ("name", "ran_at")
SELECT name, CASE WHEN EXISTS (SELECT FROM "deletions") OR EXISTS (SELECT FROM "blobs") THEN NULL ELSE now() END
FROM unnest(ARRAY['daily-purge', 'daily-garbage-collection']) AS kind (name);
