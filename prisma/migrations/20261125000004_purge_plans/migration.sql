-- CreateIndex
-- Where others once were: it is forgotten when what they were in is purged.
CREATE INDEX "deletions_parent_id_idx" ON "deletions"("workspace_id", "parent_id") WHERE "parent_id" IS NOT NULL;
