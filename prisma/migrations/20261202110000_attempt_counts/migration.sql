-- How often something was attempted that all servers of this database limit together, such as a sign-in. Whom it is
-- about is kept as SHA-256: addresses and accounts that do not exist are counted like others.
CREATE TABLE "attempt_counts" (
    "kind" TEXT NOT NULL,
    "key_hash" BYTEA NOT NULL,
    "count" INTEGER NOT NULL,
    "resets_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "attempt_counts_pkey" PRIMARY KEY ("kind", "key_hash"),
    CONSTRAINT "attempt_counts_key_check" CHECK (octet_length("key_hash") = 32),
    CONSTRAINT "attempt_counts_count_check" CHECK ("count" >= 0)
);
CREATE INDEX "attempt_counts_resets_at_idx" ON "attempt_counts"("resets_at");
