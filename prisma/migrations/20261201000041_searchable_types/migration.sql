-- In a migration of its own: PostgreSQL does not allow the transaction that adds a value to use it.
ALTER TYPE "searchable_type" ADD VALUE 'CHECKPOINT';
ALTER TYPE "searchable_type" ADD VALUE 'CHECKPOINT_MARKER';
ALTER TYPE "searchable_type" ADD VALUE 'MEDIA';
