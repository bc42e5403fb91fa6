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

export const statusOf = ({ __typename }: Failure): number => statuses[__typename] ?? 400

/** The fields of a failure that are plain values; a bigint as text. */
export function bodyOf(failure: Failure): Record<string, unknown> {
  const plain = Object.entries(failure).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'bigint') return [[name, String(value)] as const]
    const isList = Array.isArray(value) && value.every((item) => typeof item === 'string')
    return isList || value === null || typeof value !== 'object' ? [[name, value] as const] : []
  })
  return Object.fromEntries(plain)
}
