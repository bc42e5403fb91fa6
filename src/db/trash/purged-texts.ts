import type { HolderTable } from './purge-rows.ts'

/**
 * What a purge does to a text column of a row that it leaves: erases it, to a value that says nothing, or keeps it for
 * a reason.
 */
export type TextFate =
  { readonly erasedTo: 'null' | 'empty text' | 'empty object' } | { readonly kept: string }

type Texts = Readonly<Record<string, TextFate>>

const toNull: TextFate = { erasedTo: 'null' }
const name: TextFate = { kept: 'It shows what is still in the tombstone as its place.' }
const madeOfName: TextFate = { kept: 'It is made from the name, which is kept.' }
const look: TextFate = { kept: 'It says how to show the name, which is kept.' }
const position: TextFate = { kept: 'It only sorts.' }
const actor: TextFate = { kept: 'It is the id of a person, not a text of the item.' }
const authors = { created_by: actor, updated_by: actor } as const

/** Every column with text of the tombstones, which are what a purge leaves of items that still hold others. */
export const textsOfTombstones: Readonly<Record<HolderTable, Texts>> = {
  bookshelves: { name, sort_key: madeOfName, description: toNull, color: look, position, ...authors },
  books: { title: name, sort_key: madeOfName, summary: toNull, position, ...authors },
  blocks: {
    content: { erasedTo: 'empty text' },
    attributes: { erasedTo: 'empty object' },
    position,
    written_by: actor,
    ...authors,
  },
  checkpoints: { title: name, sort_key: madeOfName, description: toNull, ...authors },
  checkpoint_markers: { title: name, description: toNull, position, ...authors },
  tags: {
    name,
    name_key: madeOfName,
    sort_key: madeOfName,
    search_names: madeOfName,
    search_sounds: madeOfName,
    description: toNull,
    color: look,
    icon: look,
    ...authors,
  },
}

const ofDeletion: TextFate = {
  kept: 'It belongs to the deletion, which goes with the last of its tombstones.',
}

/** What a purge does to the texts of every table of the database. */
export const purgedTexts: {
  /** Tables in which a purge may leave rows of what it purges, with every column that has text. */
  readonly left: Readonly<Record<string, Texts>>
  /** Tables whose rows go with the item that they belong to, and how. */
  readonly removed: Readonly<Record<string, string>>
  /** Tables that a purge does not change, and the reason. */
  readonly untouched: Readonly<Record<string, string>>
} = {
  left: {
    ...textsOfTombstones,
    deletions: {
      name: ofDeletion,
      name_folded: ofDeletion,
      reason: ofDeletion,
      position: ofDeletion,
      path: { kept: 'Deletions of other items show where those were.' },
      deleted_by: actor,
      purged_by: actor,
    },
  },
  removed: {
    activities: 'Removed the next time that the server adds activity up, within seconds.',
    media: 'No medium holds others, so none becomes a tombstone.',
    block_revisions: 'Removed also from tombstones.',
    text_references: 'Removed also from tombstones.',
    tag_associations: 'Removed also from tombstones.',
    search_documents: 'Removed also from tombstones; with the row of an item by its foreign key.',
    tag_aliases: 'Removed with the row of the tag.',
    tag_merges: 'Removed with the row of the source, or given the next target when the target goes.',
    tag_search: 'Removed with the row of the tag, by its foreign key.',
    share_links: 'Removed with the row of the item, by its foreign key. A link to a tombstone leads nowhere.',
    image_inboxes: 'Removed with the row of the book, by its foreign key.',
  },
  untouched: {
    workspaces: 'A purge is of a part of a workspace.',
    blobs: 'Other media may have the same bytes. Garbage collection removes those that none has.',
    thumbnails: 'They go with their blob.',
    pending_deletions: 'They name bytes that are still to be removed.',
    upload_reservations: 'They have no text.',
    resumable_uploads: 'They go by themselves after a time.',
    idempotency_keys: 'They go by themselves after a time.',
    jobs: 'They go by themselves after a time.',
    media_events: 'They are the history of the media: the purge is written down there too.',
    media_url_keys: 'They belong to no item.',
    users: 'People are no part of a library.',
    sessions: 'They belong to people.',
    accounts: 'They belong to people.',
    attempt_counts: 'They go by themselves after a time.',
    passkeys: 'They belong to people.',
    verifications: 'They go by themselves after a time.',
    sign_in_secrets: 'They belong to no item.',
    members: 'They belong to the workspace.',
    invitations: 'They belong to the workspace.',
    api_tokens: 'They belong to the workspace.',
    audit_events: 'They are the history of the installation.',
    removal_runs: 'Their only text is the name of a job.',
    search_segments: 'They have no text.',
    search_backfills: 'They have no text.',
    reference_backfills: 'They have no text.',
    tag_words: 'They are words, and do not say which tag has them.',
    search_words: 'They are words, and do not say which name has them.',
  },
}
