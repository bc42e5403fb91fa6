import { Failure } from './failure.ts'

/** Which bytes of which medium. What is in the trash has another address: that of when it was live stops to work. */
export interface MediaAddress {
  readonly id: string
  readonly workspaceId: string
  /** The name of a thumbnail; undefined is the original. */
  readonly variant?: string | undefined
  readonly trashed: boolean
}

/** An address with what makes it a key to the bytes: until when it is one, and who vouches for it. */
export interface SignedMediaAddress extends MediaAddress {
  /** In seconds since 1970; from then on it is not valid. */
  readonly expires: number
  readonly keyId: string
  /** In base64url. */
  readonly signature: string
}

const advice = 'Query the media item again for a new URL.'

/** A URL that nobody signed as it is, or whose key was revoked. */
export class MediaUrlInvalid extends Failure {
  readonly __typename = 'MediaUrlInvalid'
  readonly code = 'MEDIA_URL_INVALID'
  readonly message = `This URL was altered, is incomplete or has been revoked. ${advice}`
}

/** A URL whose time is over. */
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
  /** At least so long, in hours. */
  readonly hours: number
  /** For so long the same URL is given, so that browsers and caches keep what it leads to; in hours. */
  readonly windowHours: number
}

/** Longest `hours` and `windowHours`. */
export const maxMediaUrlHours = 720

/** From when on nothing is valid any more that was signed before, in milliseconds. */
export const longestMediaUrlMs = 2 * maxMediaUrlHours * 3_600_000

/**
 * Until when a URL given now is valid, in seconds since 1970: `hours` after the end of the window, so for more than
 * `hours` and for at most `hours + windowHours`. Windows of different media begin at different times, or every picture
 * there is would be fetched anew at one moment.
 */
export function mediaUrlExpiry(id: string, nowMs: number, { hours, windowHours }: MediaUrlTimes): number {
  const window = windowHours * 3600
  const start = (parseInt(id.slice(-8), 16) || 0) % window
  const windows = Math.floor((nowMs / 1000 - start) / window) + 1
  return start + windows * window + hours * 3600
}

/** What is signed. No two addresses have the same text. */
export const mediaUrlText = ({
  id,
  variant,
  workspaceId,
  trashed,
  expires,
}: MediaAddress & { expires: number }) =>
  JSON.stringify(['wordloom media 1', id, variant ?? null, workspaceId, trashed, expires])

/** The path below the server's URL. */
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

/** What a request says in the path and after the question mark. A value is a list when it is there more than once. */
export interface MediaUrlRequest {
  readonly id: string
  readonly variant?: string | undefined
  readonly query: Readonly<Record<string, unknown>>
}

/** What a URL claims to be, not checked yet; undefined when it claims nothing and the request's own credentials count. */
export function readMediaUrl({ id, variant, query }: MediaUrlRequest) {
  const { workspace, trashed, expires, key, signature } = query
  if (expires === undefined && key === undefined && signature === undefined) return undefined
  if (typeof workspace !== 'string' || typeof key !== 'string' || typeof signature !== 'string')
    return new MediaUrlInvalid()
  if (trashed !== undefined && trashed !== 'true') return new MediaUrlInvalid()
  // Only as it was written: another spelling of the number is an altered URL.
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
