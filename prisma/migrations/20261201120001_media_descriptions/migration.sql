-- AlterTable
-- What people say about a medium, what its file name is sorted by, and copies of two columns of its blob, which never
-- change, since the bytes do not: lists filter and sort by them with one index.
ALTER TABLE "media"
    ADD COLUMN "alt_text" TEXT,
    ADD COLUMN "caption" TEXT,
    ADD COLUMN "focal_x" DOUBLE PRECISION,
    ADD COLUMN "focal_y" DOUBLE PRECISION,
    ADD COLUMN "sort_key" TEXT COLLATE "C",
    ADD COLUMN "size_bytes" BIGINT,
    ADD COLUMN "mime_type" TEXT COLLATE "C";

-- Until a job has computed it, a sort key begins with a mark that sorts before all others.
UPDATE "media" SET "sort_key" = E'\x01' || lower(left("file_name", 255)), "size_bytes" = "blobs"."size_bytes",
    "mime_type" = "blobs"."mime_type"
FROM "blobs" WHERE "blobs"."workspace_id" = "media"."workspace_id" AND "blobs"."id" = "media"."blob_id";

ALTER TABLE "media"
    ALTER COLUMN "sort_key" SET NOT NULL,
    ALTER COLUMN "size_bytes" SET NOT NULL,
    ALTER COLUMN "mime_type" SET NOT NULL;

-- A focal point has two parts, each from 0 (left, top) to 1 (right, bottom).
ALTER TABLE "media" ADD CONSTRAINT "media_focal_point_check" CHECK (
    ("focal_x" IS NULL) = ("focal_y" IS NULL)
    AND ("focal_x" IS NULL OR ("focal_x" BETWEEN 0 AND 1 AND "focal_y" BETWEEN 0 AND 1))
);

-- The file names whose sort keys the job has still to compute: none, nearly always.
CREATE INDEX "media_stale_key_idx" ON "media"("workspace_id", "id") WHERE "sort_key" < E'\x02';
