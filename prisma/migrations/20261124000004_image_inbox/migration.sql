-- CreateTable
-- The book that takes pictures of clients that name no place for them.
CREATE TABLE "image_inboxes" (
    "workspace_id" UUID NOT NULL,
    "book_id" UUID NOT NULL,

    CONSTRAINT "image_inboxes_pkey" PRIMARY KEY ("workspace_id")
);

-- CreateIndex
CREATE INDEX "image_inboxes_workspace_id_book_id_idx" ON "image_inboxes"("workspace_id", "book_id");

-- AddForeignKey
ALTER TABLE "image_inboxes" ADD CONSTRAINT "image_inboxes_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image_inboxes" ADD CONSTRAINT "image_inboxes_workspace_id_book_id_fkey" FOREIGN KEY ("workspace_id", "book_id") REFERENCES "books"("workspace_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;
