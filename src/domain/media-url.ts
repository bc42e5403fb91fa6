import { Failure } from './failure.ts'

/** Identifies the bytes of a media item. A trashed item has a different address, so URLs from before stop working. */
export interface MediaAddress {
  readonly id: string
  readonly workspaceId: string
  /** The name of a thumbnail; undefined means the original. */
  readonly variant?: string | undefined
  readonly trashed: boolean
}

/** An address with its proof of access: expiry, key and signature. */
export interface SignedMediaAddress extends MediaAddress {
  /** In seconds since 1970. The URL is no longer valid from then on. */
  readonly expires: number
  readonly keyId: string
  /** In base64url. */
  readonly signature: string
}

const advice = 'Query the media item again for a new URL.'

/** The URL was altered, or its key was revoked. */
export class MediaUrlInvalid extends Failure {
  readonly __typename = 'MediaUrlInvalid'
  readonly code = 'MEDIA_URL_INVALID'
  readonly message = `This URL was altered, is incomplete or has been revoked. ${advice}`
}

/** The URL has expired. */
export class MediaUrlExpired extends Failure {
  readonly __typename = 'MediaUrlExpired'
  readonly code = 'MEDIA_URL_EXPIRED'
  readonly message: string

  constructor(expires: number) {
    super()
    this.message = `This URL expired at ${new Date(expires * 1000).toISOString()}. ${advice}`
  }
}

/** How long URLs are valid. */
export interface MediaUrlTimes {
  /** The minimum validity, in hours. */
  readonly hours: number
  /**
   * The length of a window in hours. During a window the URL stays the same, so that browsers and caches can keep the
   * content.
   */
  readonly windowHours: number
}

/** The maximum of `hours` and `windowHours`. */
export const maxMediaUrlHours = 720

/** Every URL that was signed longer ago than this has expired, in milliseconds. */
export const longestMediaUrlMs = 2 * maxMediaUrlHours * 3_600_000

/**
 * The expiry of a URL that is issued now, in seconds since 1970: `hours` after the end of the window, so the URL is
 * valid for more than `hours` and at most `hours + windowHours`. The windows of different media begin at different
 * times; otherwise clients would fetch every picture again at the same moment.
 */
export function mediaUrlExpiry(id: string, nowMs: number, { hours, windowHours }: MediaUrlTimes): number {
  const window = windowHours * 3600
  const start = (parseInt(id.slice(-8), 16) || 0) % window
  const windows = Math.floor((nowMs / 1000 - start) / window) + 1
  return start + windows * window + hours * 3600
}

/** The signed text. Different addresses have different texts. */
export const mediaUrlText = ({
  id,
  variant,
  workspaceId,
  trashed,
  expires,
}: MediaAddress & { expires: number }) =>
  JSON.stringify(['wordloom media 1', id, variant ?? null, workspaceId, trashed, expires])

/** The path relative to the server's URL. */
export function mediaUrlPath(media: SignedMediaAddress): string {
  const variant = media.variant === undefined ? '' : `/${media.variant}`
  const query = new URLSearchParams({
    workspace: media.workspaceId,
    ...(media.trashed ? { trashed: 'true' } : {}),
    expires: `${media.expires}`,
    key: media.keyId,
    signature: media.signature,
  })
  return `/media/${media.id}${variant}?${query.toString()}`
}

/** The path parameters and query string of a request. A value is a list if it occurs more than once. */
export interface MediaUrlRequest {
  readonly id: string
  readonly variant?: string | undefined
  readonly query: Readonly<Record<string, unknown>>
}

/** The claims of a URL, not yet verified. Undefined if it makes none; then the request's own credentials count. */
export function readMediaUrl({ id, variant, query }: MediaUrlRequest) {
  const { workspace, trashed, expires, key, signature } = query
  if (expires === undefined && key === undefined && signature === undefined) return undefined
  if (typeof workspace !== 'string' || typeof key !== 'string' || typeof signature !== 'string')
    return new MediaUrlInvalid()
  if (trashed !== undefined && trashed !== 'true') return new MediaUrlInvalid()
  // Accept only the original notation: another spelling of the number is an altered URL.
  if (typeof expires !== 'string' || !/^[1-9]\d{0,11}$/.test(expires)) return new MediaUrlInvalid()
  const claimed: SignedMediaAddress = {
    id,
    variant,
    workspaceId: workspace,
    trashed: trashed === 'true',
    expires: Number(expires),
    keyId: key,
    signature,
  }
  return claimed
}
