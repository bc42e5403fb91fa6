import type { Failure } from '../domain/failure.ts'

/** The HTTP statuses of failures outside of GraphQL; others get 400. */
const statuses: Readonly<Record<string, number>> = {
  NotFound: 404,
  MediaInTrash: 409,
  TooManyFiles: 409,
  VersionConflict: 409,
  FileTooLarge: 413,
  QuotaExceeded: 413,
  UnsupportedFileType: 415,
  IdempotencyKeyReused: 422,
  TooManyPixels: 422,
  UnreadableFile: 422,
}

export const statusOf = ({ __typename }: Pick<Failure, '__typename'>): number => statuses[__typename] ?? 400
