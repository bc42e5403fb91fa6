-- AlterEnum
ALTER TYPE "trashable_kind" ADD VALUE 'CHECKPOINT';
ALTER TYPE "trashable_kind" ADD VALUE 'CHECKPOINT_MARKER';

-- CreateTable
CREATE TABLE "checkpoints" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "book_id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "reached_at" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deletion_id" UUID,

    CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "checkpoint_markers" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "checkpoint_id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "position" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deletion_id" UUID,

    CONSTRAINT "checkpoint_markers_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "checkpoints_workspace_id_book_id_reached_at_id_idx" ON "checkpoints"("workspace_id", "book_id", "reached_at", "id");

-- CreateIndex
CREATE INDEX "checkpoints_workspace_id_deletion_id_idx" ON "checkpoints"("workspace_id", "deletion_id") WHERE "deletion_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "checkpoint_markers_workspace_id_deletion_id_idx" ON "checkpoint_markers"("workspace_id", "deletion_id") WHERE "deletion_id" IS NOT NULL;

-- Deferrable, so that it is checked at the end of a statement and one statement can renumber a whole list.
ALTER TABLE "checkpoint_markers" ADD CONSTRAINT "checkpoint_markers_workspace_id_checkpoint_id_position_key" UNIQUE ("workspace_id", "checkpoint_id", "position") DEFERRABLE INITIALLY IMMEDIATE;

-- AddForeignKey
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_workspace_id_book_id_fkey" FOREIGN KEY ("workspace_id", "book_id") REFERENCES "books"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_workspace_id_deletion_id_fkey" FOREIGN KEY ("workspace_id", "deletion_id") REFERENCES "deletions"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "checkpoint_markers" ADD CONSTRAINT "checkpoint_markers_workspace_id_checkpoint_id_fkey" FOREIGN KEY ("workspace_id", "checkpoint_id") REFERENCES "checkpoints"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "checkpoint_markers" ADD CONSTRAINT "checkpoint_markers_workspace_id_deletion_id_fkey" FOREIGN KEY ("workspace_id", "deletion_id") REFERENCES "deletions"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;


-- Orders of the root list. By time of creation is by id, since ids are UUIDv7.
CREATE INDEX "checkpoints_reached_at_idx" ON "checkpoints"("workspace_id", "reached_at", "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "checkpoints_title_idx" ON "checkpoints"("workspace_id", lower("title"), "id") WHERE "deletion_id" IS NULL;
CREATE INDEX "checkpoints_updated_at_idx" ON "checkpoints"("workspace_id", "updated_at", "id") WHERE "deletion_id" IS NULL;
