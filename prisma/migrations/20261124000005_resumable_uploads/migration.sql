-- CreateTable
-- A file that arrives in pieces: what is to become of it, and, once it is whole, what became of it. The bytes that are
-- there are the storage's to tell. `media_id` is no reference: the medium may be purged before this row goes.
CREATE TABLE "resumable_uploads" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "request" JSONB NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "started_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "media_id" UUID,
    "failure" JSONB,

    CONSTRAINT "resumable_uploads_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "resumable_uploads_created_at_idx" ON "resumable_uploads"("created_at");

-- AddForeignKey
ALTER TABLE "resumable_uploads" ADD CONSTRAINT "resumable_uploads_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
