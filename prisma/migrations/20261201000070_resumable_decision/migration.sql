-- The decision of a finished upload, for a client that asks again. Null for uploads that finished before this migration.
ALTER TABLE "resumable_uploads" ADD COLUMN "decision" "media_decision";
