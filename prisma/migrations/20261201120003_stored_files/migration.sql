-- The orders of the list of stored files, and its filters, newest first.
CREATE INDEX "blobs_created_at_idx" ON "blobs"("workspace_id", "created_at", "id");
CREATE INDEX "blobs_size_idx" ON "blobs"("workspace_id", "size_bytes", "id");
CREATE INDEX "blobs_unused_idx" ON "blobs"("workspace_id", "created_at", "id") WHERE "ref_count" = 0;

-- The media of a file are listed by id.
DROP INDEX "media_workspace_id_blob_id_idx";
CREATE INDEX "media_workspace_id_blob_id_id_idx" ON "media"("workspace_id", "blob_id", "id");
