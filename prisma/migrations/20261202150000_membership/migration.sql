-- People and members are changed at an expected version, as everything else is.
ALTER TABLE "users" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "members" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1;

-- How long the trash of a workspace keeps new deletions. Null: as long as the server is configured to.
ALTER TABLE "workspaces" ADD COLUMN "retention_days" INTEGER
    CONSTRAINT "workspaces_retention_days_check" CHECK ("retention_days" BETWEEN 1 AND 3650);

-- The sessions of a person are a list. IDs sort by the time of the sign-in.
DROP INDEX "sessions_user_id_idx";
CREATE INDEX "sessions_user_id_id_idx" ON "sessions"("user_id", "id");

-- To erase the address of a person.
CREATE INDEX "invitations_email_idx" ON "invitations"("email");
