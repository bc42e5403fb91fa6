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

/** What a URL claims, and the form in which it does. */
export interface MediaUrlClaim extends SignedMediaAddress {
  readonly form: MediaUrlForm
}

/** URLs of the long form were given out until version 0.1, and stay valid until they expire. */
export type MediaUrlForm = 'short' | 'long'

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

const formNames: Readonly<Record<MediaUrlForm, string>> = {
  short: 'wordloom media 2',
  long: 'wordloom media 1',
}

/** The signed text. Different addresses, and the forms, have different texts. */
export const mediaUrlText = (
  { id, variant, workspaceId, trashed, expires }: MediaAddress & { expires: number },
  form: MediaUrlForm,
) => JSON.stringify([formNames[form], id, variant ?? null, workspaceId, trashed, expires])

/** How many bytes of the signature a URL of each form has. 128 bits cannot be guessed. */
export const signatureBytes: Readonly<Record<MediaUrlForm, number>> = { short: 16, long: 32 }

/** The lengths in base64url of the claims (workspace, trashed or not, expiry) and of the signature. */
const claimsLength = 28
const signatureLength = 22

/** The claims in base64url. What is the same for all URLs of an answer comes first, so that it compresses well. */
function packClaims({ workspaceId, trashed, expires }: SignedMediaAddress): string {
  const claims = Buffer.alloc(21)
  claims.write(workspaceId.replaceAll('-', ''), 'hex')
  claims.writeUInt8(trashed ? 1 : 0, 16)
  claims.writeUInt32BE(expires, 17)
  return claims.toString('base64url')
}

function unpackClaims(text: string) {
  const claims = Buffer.from(text, 'base64url')
  const hex = claims.toString('hex', 0, 16)
  const workspaceId = [0, 8, 12, 16, 20].map((start, i, all) => hex.slice(start, all[i + 1])).join('-')
  return { workspaceId, trashed: claims.readUInt8(16) === 1, expires: claims.readUInt32BE(17) }
}

/** The path relative to the server's URL. */
export function mediaUrlPath(media: SignedMediaAddress): string {
  const variant = media.variant === undefined ? '' : `/${media.variant}`
  return `/media/${media.id}${variant}?s=${media.keyId}${packClaims(media)}${media.signature}`
}

/** The path parameters and query string of a request. A value is a list if it occurs more than once. */
export interface MediaUrlRequest {
  readonly id: string
  readonly variant?: string | undefined
  readonly query: Readonly<Record<string, unknown>>
}

/** The claims of a URL, not yet verified. Undefined if it makes none; then the request's own credentials count. */
export function readMediaUrl(request: MediaUrlRequest): MediaUrlClaim | MediaUrlInvalid | undefined {
  const { s, workspace, trashed, expires, key, signature } = request.query
  if (s === undefined) return readLongUrl(request)
  const isMixed = [workspace, trashed, expires, key, signature].some((value) => value !== undefined)
  const parts = typeof s === 'string' && !isMixed ? shortUrl.exec(s) : null
  const [, keyId, claims, short] = parts ?? []
  if (keyId === undefined || claims === undefined || short === undefined) return new MediaUrlInvalid()
  const { id, variant } = request
  const claimed = { id, variant, ...unpackClaims(claims), keyId, signature: short, form: 'short' } as const
  // Accept only the original notation: another spelling is an altered URL.
  return packClaims(claimed) === claims ? claimed : new MediaUrlInvalid()
}

const shortUrl = new RegExp(`^([\\w-]{1,64})([\\w-]{${claimsLength}})([\\w-]{${signatureLength}})$`)

function readLongUrl({ id, variant, query }: MediaUrlRequest): MediaUrlClaim | MediaUrlInvalid | undefined {
  const { workspace, trashed, expires, key, signature } = query
  if (expires === undefined && key === undefined && signature === undefined) return undefined
  if (typeof workspace !== 'string' || typeof key !== 'string' || typeof signature !== 'string')
    return new MediaUrlInvalid()
  if (trashed !== undefined && trashed !== 'true') return new MediaUrlInvalid()
  if (typeof expires !== 'string' || !/^[1-9]\d{0,11}$/.test(expires)) return new MediaUrlInvalid()
  return {
    id,
    variant,
    workspaceId: workspace,
    trashed: trashed === 'true',
    expires: Number(expires),
    keyId: key,
    signature,
    form: 'long',
  }
}
