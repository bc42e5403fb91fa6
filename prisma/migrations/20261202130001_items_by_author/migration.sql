-- The items that an actor created, in the order of their creation.
CREATE INDEX "bookshelves_created_by_idx" ON "bookshelves"("workspace_id", "created_by", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "books_created_by_idx" ON "books"("workspace_id", "created_by", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "blocks_created_by_idx" ON "blocks"("workspace_id", "created_by", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "checkpoints_created_by_idx" ON "checkpoints"("workspace_id", "created_by", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "tags_created_by_idx" ON "tags"("workspace_id", "created_by", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "media_created_by_idx" ON "media"("workspace_id", "created_by", "created_at", "id") WHERE "deletion_id" IS NULL;
