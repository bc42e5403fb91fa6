-- CreateIndex
-- Removals in the order in which they are tried: what failed often comes last.
CREATE INDEX "object_removals_attempts_idx" ON "object_removals"("attempts", "storage_key");
