import type { Entity } from '../domain/failure.ts'

/** What a row of each table is called. */
export const entityOf = {
  bookshelves: 'Bookshelf',
  books: 'Book',
  blocks: 'Block',
  checkpoints: 'Checkpoint',
  checkpoint_markers: 'CheckpointMarker',
  media: 'Media',
  tags: 'Tag',
} as const satisfies Record<string, Entity>

export type ItemTable = keyof typeof entityOf
