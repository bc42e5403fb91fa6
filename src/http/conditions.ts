import type { IncomingHttpHeaders } from 'node:http'
import fresh from 'fresh'

/** What tells one representation from another. */
export interface Validators {
  /** A strong entity tag, with its quotes. */
  readonly etag: string
  /** An HTTP date, for bytes that never change; undefined when there is none. */
  readonly lastModified: string | undefined
}

export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Milliseconds of an HTTP date, or NaN, with which every comparison fails: what is no date is not heeded. */
const timeOf = (date = '') => (/^[A-Z][a-z]+, .+ GMT$/.test(date) ? Date.parse(date) : NaN)

/** The status that the conditions of a GET or HEAD lead to, or undefined to go on, in the order of RFC 9110 section 13.2.2. */
export function preconditions(
  headers: IncomingHttpHeaders,
  { etag, lastModified }: Validators,
): 304 | 412 | undefined {
  const match = headers['if-match']
  if (match !== undefined) {
    const tags = match.split(',').map((tag) => tag.trim())
    if (match.trim() !== '*' && !tags.includes(etag)) return 412
  } else if (timeOf(lastModified) > timeOf(headers['if-unmodified-since'])) return 412

  const noneMatch = headers['if-none-match']
  if (noneMatch === undefined)
    return timeOf(lastModified) <= timeOf(headers['if-modified-since']) ? 304 : undefined
  // Only its tags count: browsers add `Cache-Control: no-cache` to them, which `fresh` takes for a wish to have it all anew.
  return fresh({ 'if-none-match': noneMatch.trim() }, { etag }) ? 304 : undefined
}

/**
 * The one range to send, or undefined for the whole. A malformed header, another unit and several ranges are answered
 * with the whole, as RFC 9110 section 14.2 allows; so are HEAD, which has no ranges, and a range of other bytes than the
 * client has (`If-Range`, by tag or date).
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
