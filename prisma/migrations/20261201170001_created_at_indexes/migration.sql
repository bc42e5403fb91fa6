-- The ranges of the time of creation. The order by it is that of the IDs.
CREATE INDEX "bookshelves_created_at_idx" ON "bookshelves"("workspace_id", "created_at") WHERE "deletion_id" IS NULL;
CREATE INDEX "books_created_at_idx" ON "books"("workspace_id", "created_at") WHERE "deletion_id" IS NULL;
CREATE INDEX "blocks_created_at_idx" ON "blocks"("workspace_id", "created_at") WHERE "deletion_id" IS NULL;
CREATE INDEX "checkpoints_created_at_idx" ON "checkpoints"("workspace_id", "created_at") WHERE "deletion_id" IS NULL;
CREATE INDEX "tags_created_at_idx" ON "tags"("workspace_id", "created_at") WHERE "deletion_id" IS NULL;
