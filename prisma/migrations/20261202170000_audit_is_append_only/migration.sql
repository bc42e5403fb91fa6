-- The audit trail is read by time: all of it, that of a workspace, of an actor, about a subject, or of one action.
DROP INDEX "audit_events_workspace_id_id_idx";
DROP INDEX "audit_events_actor_id_id_idx";
DROP INDEX "audit_events_subject_id_id_idx";
CREATE INDEX "audit_events_occurred_at_id_idx" ON "audit_events"("occurred_at", "id");
CREATE INDEX "audit_events_workspace_id_occurred_at_id_idx" ON "audit_events"("workspace_id", "occurred_at", "id");
CREATE INDEX "audit_events_actor_id_occurred_at_id_idx" ON "audit_events"("actor_id", "occurred_at", "id");
CREATE INDEX "audit_events_subject_id_occurred_at_id_idx" ON "audit_events"("subject_id", "occurred_at", "id");
CREATE INDEX "audit_events_action_occurred_at_id_idx" ON "audit_events"("action", "occurred_at", "id");

ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_details_check" CHECK (jsonb_typeof("details") = 'object');

-- An event stays as it was written. Personal data can be taken out of it: the address, and details.
CREATE FUNCTION "refuse_change_of_audit_events"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW."id", NEW."occurred_at", NEW."action") = (OLD."id", OLD."occurred_at", OLD."action")
        AND (NEW."workspace_id", NEW."actor_id", NEW."subject_id", NEW."request_id")
            IS NOT DISTINCT FROM (OLD."workspace_id", OLD."actor_id", OLD."subject_id", OLD."request_id")
        AND (NEW."ip_address" IS NULL OR NEW."ip_address" IS NOT DISTINCT FROM OLD."ip_address")
        AND NEW."details" <@ OLD."details"
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Audit events are only ever added.';
END $$;
CREATE TRIGGER "audit_events_append_only" BEFORE UPDATE ON "audit_events"
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit_events();

-- Events go with their workspace, or when they are old. 30 days is the shortest retention that can be configured.
CREATE FUNCTION "refuse_removal_of_audit_events"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD."occurred_at" < now() - interval '30 days'
        OR EXISTS (SELECT FROM "workspaces" WHERE "id" = OLD."workspace_id" AND "purged_at" IS NOT NULL)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Audit events are only ever added.';
END $$;
CREATE TRIGGER "audit_events_no_removal" BEFORE DELETE ON "audit_events"
    FOR EACH ROW EXECUTE FUNCTION refuse_removal_of_audit_events();

CREATE FUNCTION "refuse_truncation_of_audit_events"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Audit events are only ever added.';
END $$;
CREATE TRIGGER "audit_events_no_truncate" BEFORE TRUNCATE ON "audit_events"
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncation_of_audit_events();
