import type { Failure } from '../domain/failure.ts'

/** The HTTP status of failures outside of GraphQL; 400 for those that are not here. */
const statuses: Readonly<Record<string, number>> = {
  NotFound: 404,
  MediaInTrash: 409,
  TooManyFiles: 409,
  VersionConflict: 409,
  FileTooLarge: 413,
  UnsupportedFileType: 415,
  IdempotencyKeyReused: 422,
  TooManyPixels: 422,
  UnreadableFile: 422,
  QuotaExceeded: 507,
}

export const statusOf = ({ __typename }: Pick<Failure, '__typename'>): number => statuses[__typename] ?? 400
