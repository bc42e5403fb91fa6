-- Links by which people who do not sign in read a book or a bookshelf. Only the SHA-256 of the secret is kept.
CREATE TABLE "share_links" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "bookshelf_id" UUID,
    "book_id" UUID,
    "secret_hash" BYTEA NOT NULL,
    "allows_downloads" BOOLEAN NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "share_links_pkey" PRIMARY KEY ("workspace_id", "id"),
    CONSTRAINT "share_links_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "share_links_workspace_id_bookshelf_id_fkey" FOREIGN KEY ("workspace_id", "bookshelf_id") REFERENCES "bookshelves"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "share_links_workspace_id_book_id_fkey" FOREIGN KEY ("workspace_id", "book_id") REFERENCES "books"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "share_links_item_check" CHECK (num_nonnulls("bookshelf_id", "book_id") = 1),
    CONSTRAINT "share_links_secret_check" CHECK (octet_length("secret_hash") = 32)
);
CREATE UNIQUE INDEX "share_links_secret_hash_key" ON "share_links"("secret_hash");
CREATE INDEX "share_links_workspace_id_bookshelf_id_id_idx" ON "share_links"("workspace_id", "bookshelf_id", "id");
CREATE INDEX "share_links_workspace_id_book_id_id_idx" ON "share_links"("workspace_id", "book_id", "id");
