-- The current text of a block: its number, when it was written and by whom.
-- Until now the owner of the installation was the only one there is, and a text was written at the last change at the latest.
ALTER TABLE "blocks" ADD COLUMN "revision" INTEGER NOT NULL DEFAULT 1,
    ADD COLUMN "written_at" TIMESTAMPTZ(3),
    ADD COLUMN "written_by" TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE "blocks" ALTER COLUMN "written_by" DROP DEFAULT;
-- Rewrites the table once and leaves nothing to vacuum, unlike an update of every row.
ALTER TABLE "blocks" ALTER COLUMN "written_at" TYPE TIMESTAMPTZ(3) USING "updated_at",
    ALTER COLUMN "written_at" SET NOT NULL;

-- CreateTable: the texts before the current one.
CREATE TABLE "block_revisions" (
    "workspace_id" UUID NOT NULL,
    "block_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "content" TEXT NOT NULL,
    "written_at" TIMESTAMPTZ(3) NOT NULL,
    "written_by" TEXT NOT NULL,

    CONSTRAINT "block_revisions_pkey" PRIMARY KEY ("workspace_id","block_id","number")
);

-- AddForeignKey
ALTER TABLE "block_revisions" ADD CONSTRAINT "block_revisions_workspace_id_block_id_fkey" FOREIGN KEY ("workspace_id", "block_id") REFERENCES "blocks"("workspace_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;
