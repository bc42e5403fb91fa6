-- CreateTable
-- What the URLs of media are signed with, by every server of this database. Not of a workspace: a key proves who made
-- a URL, and the workspace is in what it signs.
CREATE TABLE "media_url_keys" (
    "id" TEXT NOT NULL,
    "secret" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "media_url_keys_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "media_url_keys_secret_check" CHECK (octet_length("secret") >= 32)
);

-- One key signs, the others only verify.
CREATE UNIQUE INDEX "media_url_keys_signing_key" ON "media_url_keys"(("retired_at" IS NULL)) WHERE "retired_at" IS NULL;
