import type { IncomingHttpHeaders } from 'node:http'

/** The values that identify a representation. */
interface Validators {
  /** A strong entity tag, with its quotes. */
  readonly etag: string
  /** An HTTP date for bytes that never change; undefined for others. */
  readonly lastModified: string | undefined
}

interface ByteRange {
  readonly start: number
  readonly end: number
}

/** The milliseconds of an HTTP date. NaN if it is none; then every comparison fails, so the header is ignored. */
const timeOf = (date = '') => (/^[A-Z][a-z]+, .+ GMT$/.test(date) ? Date.parse(date) : NaN)

/** Whether a list of entity tags, or `*` for any, has this one. */
const names = (list: string, etag: string) =>
  list.trim() === '*' || list.split(',').some((tag) => tag.trim() === etag)

/**
 * The status that the conditions of a GET or HEAD request require, or undefined to serve it. Follows the order of RFC
 * 9110 section 13.2.2.
 */
export function preconditions(
  headers: IncomingHttpHeaders,
  { etag, lastModified }: Validators,
): 304 | 412 | undefined {
  const match = headers['if-match']
  if (match !== undefined) {
    if (!names(match, etag)) return 412
  } else if (timeOf(lastModified) > timeOf(headers['if-unmodified-since'])) return 412

  const noneMatch = headers['if-none-match']
  if (noneMatch === undefined)
    return timeOf(lastModified) <= timeOf(headers['if-modified-since']) ? 304 : undefined
  return names(noneMatch, etag) || names(noneMatch, `W/${etag}`) ? 304 : undefined
}

/**
 * The single range to send, or undefined for the whole file. A malformed header, another unit or several ranges get the
 * whole file, as RFC 9110 section 14.2 allows. So do HEAD requests, and requests whose `If-Range` (tag or date) names
 * another version.
 */
export function rangeOf(
  method: string,
  { range = '', 'if-range': ifRange }: IncomingHttpHeaders,
  { etag, lastModified }: Validators,
  sizeBytes: number,
): ByteRange | 'unsatisfiable' | undefined {
  const same = ifRange === undefined || ifRange === etag || ifRange === lastModified
  const [, first, last] = /^bytes= *(\d*)-(\d*) *$/i.exec(range) ?? []
  if (method !== 'GET' || !same || (!first && !last)) return undefined
  if (first && last && Number(first) > Number(last)) return undefined
  const start = first ? Number(first) : Math.max(0, sizeBytes - Number(last))
  const end = first && last ? Math.min(Number(last), sizeBytes - 1) : sizeBytes - 1
  return start > end ? 'unsatisfiable' : { start, end }
}
