-- CreateEnum
CREATE TYPE "reference_type" AS ENUM ('BOOKSHELF', 'BOOK', 'BLOCK', 'CHECKPOINT', 'TAG', 'MEDIA');

-- CreateTable
-- The targets have no foreign keys: a text may name what does not exist, or exists no longer.
CREATE TABLE "text_references" (
    "workspace_id" UUID NOT NULL,
    "block_id" UUID NOT NULL,
    "place" INTEGER NOT NULL,
    "target_type" "reference_type" NOT NULL,
    "target_id" UUID NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "text_references_pkey" PRIMARY KEY ("workspace_id","block_id","place")
);

-- CreateTable
CREATE TABLE "reference_backfills" (
    "workspace_id" UUID NOT NULL,
    "last_id" UUID,

    CONSTRAINT "reference_backfills_pkey" PRIMARY KEY ("workspace_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "text_references_workspace_id_target_type_target_id_block_id_key" ON "text_references"("workspace_id", "target_type", "target_id", "block_id");

-- AddForeignKey
ALTER TABLE "text_references" ADD CONSTRAINT "text_references_workspace_id_block_id_fkey" FOREIGN KEY ("workspace_id", "block_id") REFERENCES "blocks"("workspace_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "reference_backfills" ADD CONSTRAINT "reference_backfills_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A job reads what the texts name that are there already, because the rules are not in SQL.
INSERT INTO "reference_backfills" ("workspace_id") SELECT DISTINCT "workspace_id" FROM "blocks";
