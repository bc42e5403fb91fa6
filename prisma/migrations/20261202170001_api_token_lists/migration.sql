-- Tokens are listed by their ID, which has the time of creation, and counted by person.
DROP INDEX "api_tokens_workspace_id_created_at_id_idx";
CREATE INDEX "api_tokens_workspace_id_user_id_id_idx" ON "api_tokens"("workspace_id", "user_id", "id");
