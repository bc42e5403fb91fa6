-- CreateEnum
CREATE TYPE "probe_status" AS ENUM ('READ', 'NO_DURATION', 'UNREADABLE', 'TIMED_OUT', 'UNAVAILABLE');

-- CreateEnum
CREATE TYPE "processing_status" AS ENUM ('PENDING', 'READY', 'FAILED');

-- AlterTable
ALTER TABLE "blobs"
    ADD COLUMN "dominant_color" TEXT,
    ADD COLUMN "probe_status" "probe_status",
    ADD COLUMN "processing_status" "processing_status" NOT NULL DEFAULT 'PENDING',
    ADD COLUMN "processing_failure" TEXT;

-- What was derived before is ready; the job or the first request makes what there is besides now.
UPDATE "blobs" SET "processing_status" = 'READY'
WHERE EXISTS (
    SELECT FROM "renditions"
    WHERE "renditions"."workspace_id" = "blobs"."workspace_id" AND "renditions"."blob_id" = "blobs"."id"
);

ALTER TABLE "blobs" ADD CONSTRAINT "blobs_dominant_color_check" CHECK ("dominant_color" ~ '^#[0-9a-f]{6}$');
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_processing_check"
    CHECK (("processing_status" = 'FAILED') = ("processing_failure" IS NOT NULL));
-- What cannot be read is null, never nothing.
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_measures_check"
    CHECK (("width" IS NULL) = ("height" IS NULL) AND "width" > 0 AND "height" > 0 AND "duration_ms" > 0);

-- A rendition for each format of a recipe. All there are so far are WebPs.
ALTER TABLE "renditions" ADD COLUMN "format" TEXT NOT NULL DEFAULT 'webp';
ALTER TABLE "renditions" ALTER COLUMN "format" DROP DEFAULT;
ALTER TABLE "renditions" ADD CONSTRAINT "renditions_format_check" CHECK ("format" IN ('webp', 'avif'));
ALTER TABLE "renditions" DROP CONSTRAINT "renditions_pkey";
ALTER TABLE "renditions" ADD CONSTRAINT "renditions_pkey" PRIMARY KEY ("workspace_id", "blob_id", "recipe", "format");
