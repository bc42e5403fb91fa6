import { createHmac, timingSafeEqual } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type MediaUrlKeyRow, mediaUrlKeys, offerMediaUrlKey } from '../../db/media/media-url-keys.ts'
import {
  type MediaAddress,
  MediaUrlExpired,
  mediaUrlExpiry,
  type MediaUrlForm,
  MediaUrlInvalid,
  mediaUrlPath,
  mediaUrlText,
  type MediaUrlTimes,
  readMediaUrl,
  signatureBytes,
} from '../../domain/media-url.ts'
import { Failure } from '../../domain/failure.ts'
import type { MediaUrls, Services } from '../context.ts'
import { newMediaUrlKey } from './rotate-media-url-keys.ts'

/** How old cached keys may be, in milliseconds: so soon a server refuses keys that another one revoked. */
const keysRefreshMs = 5_000

/** An unknown key triggers a reload, at most once per interval, in milliseconds; that request waits for it. */
const rereadMs = 1_000

interface KeyRing {
  readonly signing: MediaUrlKeyRow
  readonly all: ReadonlyMap<string, MediaUrlKeyRow>
  /** By the monotonic clock. */
  readonly readAt: number
}

type Signed = MediaAddress & { readonly expires: number }

/** The beginning of an HMAC is as good as an HMAC of that length. */
const signatureOf = ({ secret }: MediaUrlKeyRow, media: Signed, form: MediaUrlForm) =>
  createHmac('sha256', secret)
    .update(mediaUrlText(media, form))
    .digest()
    .subarray(0, signatureBytes[form])
    .toString('base64url')

export function openMediaUrls(
  { db, now }: Pick<Services, 'db' | 'now'>,
  times: MediaUrlTimes,
  refreshMs = keysRefreshMs,
): MediaUrls {
  const state: { ring?: KeyRing; reading?: Promise<KeyRing>; next?: Promise<KeyRing>; startedAt: number } = {
    startedAt: -Infinity,
  }

  async function readRing(): Promise<KeyRing> {
    const readAt = performance.now()
    state.startedAt = readAt
    for (;;) {
      const rows = await mediaUrlKeys(db)
      const signing = rows.find(({ retiredAt }) => retiredAt === null)
      if (signing) return { signing, all: new Map(rows.map((row) => [row.id, row])), readAt }
      await offerMediaUrlKey(db, newMediaUrlKey(now()))
    }
  }

  function read(): Promise<KeyRing> {
    state.reading ??= readRing()
      .then((ring) => (state.ring = ring))
      .finally(() => delete state.reading)
    return state.reading
  }

  /** The cached keys, reloaded when they are too old. */
  function current(): KeyRing | Promise<KeyRing> {
    const { ring } = state
    return ring && performance.now() - ring.readAt < refreshMs ? ring : read()
  }

  /** Reloads the keys; requests that ask in the meantime share one reload. */
  function reread(): Promise<KeyRing> {
    const wait = Math.max(0, state.startedAt + rereadMs - performance.now())
    state.next ??= delay(wait)
      .then(() => {
        delete state.next
        return state.reading
      })
      .then(() => read())
    return state.next
  }

  function path(media: MediaAddress, { signing }: KeyRing) {
    const expires = mediaUrlExpiry(media.id, now().getTime(), times)
    const signature = signatureOf(signing, { ...media, expires }, 'short')
    return mediaUrlPath({ ...media, expires, keyId: signing.id, signature })
  }

  return {
    sign: (media) => {
      const ring = current()
      return ring instanceof Promise ? ring.then((read) => path(media, read)) : path(media, ring)
    },

    verify: async (request) => {
      const claimed = readMediaUrl(request)
      if (claimed === undefined || claimed instanceof Failure) return claimed
      const { keyId, expires, signature, form } = claimed
      const key = (await current()).all.get(keyId) ?? (await reread()).all.get(keyId)
      if (!key) return new MediaUrlInvalid()
      // Compare as text: the last character of base64url has bits that decoding would ignore.
      const [given, due] = [Buffer.from(signature), Buffer.from(signatureOf(key, claimed, form))]
      if (given.length !== due.length || !timingSafeEqual(given, due)) return new MediaUrlInvalid()
      return now().getTime() < expires * 1000 ? claimed : new MediaUrlExpired(expires)
    },
  }
}
