-- A workspace in the trash, until when it can be restored, and since when its rows are being removed.
ALTER TABLE "workspaces"
    ADD COLUMN "deleted_at" TIMESTAMPTZ(3),
    ADD COLUMN "deleted_by" TEXT,
    ADD COLUMN "deletion_reason" TEXT,
    ADD COLUMN "purge_after" TIMESTAMPTZ(3),
    ADD COLUMN "purged_at" TIMESTAMPTZ(3),
    ADD CONSTRAINT "workspaces_trash_check" CHECK (
        num_nonnulls("deleted_at", "deleted_by", "purge_after") IN (0, 3)
        AND ("deleted_at" IS NOT NULL OR num_nonnulls("deletion_reason", "purged_at") = 0)
    ),
    -- Every installation needs its default workspace.
    ADD CONSTRAINT "workspaces_default_check" CHECK (
        "id" <> '01900000-0000-7000-8000-000000000001' OR "deleted_at" IS NULL
    );

CREATE INDEX "workspaces_trash_idx" ON "workspaces"("deleted_at", "id") WHERE "deleted_at" IS NOT NULL;

-- Shares the lock of a workspace until the end of the transaction, and says whether the workspace is live. A transaction
-- that trashes or restores it takes the lock alone. Each statement of a volatile function has a snapshot of its own, so
-- the second one sees what the lock waited for.
CREATE FUNCTION "share_workspace"("workspace" UUID) RETURNS BOOLEAN LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('workspace ' || "workspace", 0));
    RETURN EXISTS (SELECT FROM "workspaces" WHERE "id" = "workspace" AND "deleted_at" IS NULL);
END $$;

-- The events of a workspace go with it, and only then.
DROP TRIGGER "media_events_append_only" ON "media_events";
CREATE TRIGGER "media_events_append_only" BEFORE UPDATE ON "media_events"
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_media_events();
CREATE FUNCTION "refuse_removal_of_media_events"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM "workspaces" WHERE "id" = OLD."workspace_id" AND "purged_at" IS NOT NULL) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Events of media are only ever added.';
END $$;
CREATE TRIGGER "media_events_no_removal" BEFORE DELETE ON "media_events"
    FOR EACH ROW EXECUTE FUNCTION refuse_removal_of_media_events();
