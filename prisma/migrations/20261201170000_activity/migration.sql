-- When something on a bookshelf, or in a book, last changed. Writers do not update it, since two writers of one book
-- would wait for each other: they append to `activities`, and the server adds that up. The later of both is right.
ALTER TABLE "bookshelves" ADD COLUMN "last_activity_at" TIMESTAMPTZ(3) NOT NULL DEFAULT '1970-01-01 00:00:00 +00:00';
ALTER TABLE "books" ADD COLUMN "last_activity_at" TIMESTAMPTZ(3) NOT NULL DEFAULT '1970-01-01 00:00:00 +00:00';

-- CreateTable
-- Without foreign keys: each of them would lock the row that all writers of a book share. A row whose item was purged
-- means nothing, and is removed with the next look.
CREATE TABLE "activities" (
    "workspace_id" UUID NOT NULL,
    "item_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "id" UUID NOT NULL,

    CONSTRAINT "activities_pkey" PRIMARY KEY ("workspace_id", "item_id", "at", "id")
);

-- Rows stay for seconds only, so what they leave behind is cleared away by their number, not by a share of the table.
ALTER TABLE "activities" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- What there is already was last changed when its newest part was.
UPDATE "books" SET "last_activity_at" = "latest"."at"
FROM (
  SELECT "book"."workspace_id", "book"."id", greatest("book"."updated_at", max("below"."at")) AS "at"
  FROM "books" AS "book" LEFT JOIN (
    SELECT "workspace_id", "book_id", "updated_at" AS "at" FROM "blocks"
    UNION ALL SELECT "workspace_id", "book_id", "updated_at" FROM "checkpoints"
    UNION ALL SELECT "marker"."workspace_id", "checkpoint"."book_id", "marker"."updated_at"
      FROM "checkpoint_markers" AS "marker" JOIN "checkpoints" AS "checkpoint"
        ON "checkpoint"."workspace_id" = "marker"."workspace_id" AND "checkpoint"."id" = "marker"."checkpoint_id"
    UNION ALL SELECT "workspace_id", "book_id", "updated_at" FROM "media" WHERE "book_id" IS NOT NULL
    UNION ALL SELECT "media"."workspace_id", "block"."book_id", "media"."updated_at"
      FROM "media" JOIN "blocks" AS "block"
        ON "block"."workspace_id" = "media"."workspace_id" AND "block"."id" = "media"."block_id"
    UNION ALL SELECT "media"."workspace_id", "checkpoint"."book_id", "media"."updated_at"
      FROM "media" JOIN "checkpoint_markers" AS "marker"
        ON "marker"."workspace_id" = "media"."workspace_id" AND "marker"."id" = "media"."marker_id"
      JOIN "checkpoints" AS "checkpoint"
        ON "checkpoint"."workspace_id" = "marker"."workspace_id" AND "checkpoint"."id" = "marker"."checkpoint_id"
    UNION ALL SELECT "workspace_id", "book_id", "created_at" FROM "tag_associations" WHERE "book_id" IS NOT NULL
    UNION ALL SELECT "association"."workspace_id", "block"."book_id", "association"."created_at"
      FROM "tag_associations" AS "association" JOIN "blocks" AS "block"
        ON "block"."workspace_id" = "association"."workspace_id" AND "block"."id" = "association"."block_id"
    UNION ALL SELECT "workspace_id", "parent_id", greatest("deleted_at", "restored_at") FROM "deletions"
      WHERE "parent_kind" = 'BOOK'
    UNION ALL SELECT "workspace_id", "item_id", greatest("deleted_at", "restored_at") FROM "deletions"
      WHERE "kind" = 'BOOK'
  ) AS "below" ON "below"."workspace_id" = "book"."workspace_id" AND "below"."book_id" = "book"."id"
  GROUP BY "book"."workspace_id", "book"."id"
) AS "latest"
WHERE "books"."workspace_id" = "latest"."workspace_id" AND "books"."id" = "latest"."id";

UPDATE "bookshelves" SET "last_activity_at" = "latest"."at"
FROM (
  SELECT "shelf"."workspace_id", "shelf"."id", greatest("shelf"."updated_at", max("below"."at")) AS "at"
  FROM "bookshelves" AS "shelf" LEFT JOIN (
    SELECT "workspace_id", "bookshelf_id", "last_activity_at" AS "at" FROM "books"
    UNION ALL SELECT "workspace_id", "bookshelf_id", "updated_at" FROM "media" WHERE "bookshelf_id" IS NOT NULL
    UNION ALL SELECT "workspace_id", "bookshelf_id", "created_at" FROM "tag_associations"
      WHERE "bookshelf_id" IS NOT NULL
    UNION ALL SELECT "workspace_id", "parent_id", greatest("deleted_at", "restored_at") FROM "deletions"
      WHERE "parent_kind" = 'BOOKSHELF'
    UNION ALL SELECT "workspace_id", "item_id", greatest("deleted_at", "restored_at") FROM "deletions"
      WHERE "kind" = 'BOOKSHELF'
  ) AS "below" ON "below"."workspace_id" = "shelf"."workspace_id" AND "below"."bookshelf_id" = "shelf"."id"
  GROUP BY "shelf"."workspace_id", "shelf"."id"
) AS "latest"
WHERE "bookshelves"."workspace_id" = "latest"."workspace_id" AND "bookshelves"."id" = "latest"."id";

-- The order by it.
CREATE INDEX "bookshelves_activity_idx" ON "bookshelves"("workspace_id", "last_activity_at", "id")
  WHERE "deletion_id" IS NULL;
CREATE INDEX "books_activity_idx" ON "books"("workspace_id", "last_activity_at", "id") WHERE "deletion_id" IS NULL;
