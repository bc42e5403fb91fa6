import { mediaOfOwners, rowsById } from '../../db/lookup.ts'
import { assertCan } from '../../domain/access.ts'
import { NotFound } from '../../domain/failure.ts'
import { isUuid } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'

const fields = ['fileName', 'mimeType', 'sizeBytes', 'extension', 'placeholder', 'createdAt'] as const

/** The live attachments of a live book, in order: their ids and what describes the files. */
export async function listAttachments({ actor, db }: Ctx, bookId: string) {
  assertCan(actor, 'read')
  const [book] = isUuid(bookId) ? await rowsById(db, 'books', actor.workspaceId, [bookId]) : []
  if (!book || book.deletionId !== null) return new NotFound('Book', bookId)
  return mediaOfOwners(db, 'ATTACHMENT', actor.workspaceId, [bookId], fields)
}
