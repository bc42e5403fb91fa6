-- AlterEnum
-- In a migration of its own: a value can only be used after the transaction that adds it.
ALTER TYPE "media_operation" ADD VALUE 'UPDATE';
