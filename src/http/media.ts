import { pipeline, type Readable, Transform } from 'node:stream'
import { create as contentDisposition } from 'content-disposition'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isShownInPlace } from '../domain/document-types.ts'
import { Failure } from '../domain/failure.ts'
import type { Ctx } from '../usecases/context.ts'
import { openMedia } from '../usecases/media/open-media.ts'
import { signedPath } from '../usecases/media/permanent-address.ts'
import { namesWorkspace, refuse } from './authenticate.ts'
import { asStored } from './compress.ts'
import { preconditions, rangeOf } from './conditions.ts'
import type { MediaRoute } from './media-access.ts'
import { redirected } from './media-redirect.ts'
import { embeddable } from './security-headers.ts'

/** An opened SVG or other document may only show itself. It can neither run scripts nor load anything. */
const contentPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"

const noMedia = 'There is no such media item in this workspace.'

/** Types that cannot contain scripts. */
const isPlain = (mimeType: string) => /^(image\/(?!svg)|video\/|audio\/)/.test(mimeType)

/** Whether a store may send a file, without the headers that keep a page from running. A file to save is no page. */
const mayRedirect = (mimeType: string, type: string) =>
  isPlain(mimeType) || (type === 'attachment' && !isShownInPlace(mimeType))

/**
 * `GET /media/{id}` (the original) and `GET /media/{id}/{variant}` (a thumbnail), according to RFC 9110. Without a
 * signature they are the permanent addresses of a media item for clients that are signed in: they redirect to the signed
 * URL of now. With
 * `redirect` the store sends the bytes, if it can and if nothing in them can run. Browsers save documents, whatever
 * they contain.
 */
export function mediaRoutes(
  app: FastifyInstance,
  ctxOf: (request: FastifyRequest) => Ctx,
  { redirect }: { redirect: boolean },
) {
  const serve = (request: FastifyRequest<MediaRoute>, reply: FastifyReply) => {
    const trashed = request.signed?.trashed ?? request.query['trashed'] === 'true'
    const missing = (code: string, message: string) => refuse(reply, 404, code, message)
    if (!request.signed) return sendToSigned(ctxOf(request), request, reply, { trashed, missing })
    return serveMedia(ctxOf(request), request, reply, { ...request.params, trashed, redirect, missing })
  }

  for (const url of ['/media/:id', '/media/:id/:variant']) {
    app.route<MediaRoute>({ method: ['GET', 'HEAD'], url, ...asStored, ...embeddable, handler: serve })
  }
}

/** Redirects from a permanent address to a signed URL, which caches may keep, unlike this answer. */
async function sendToSigned(
  ctx: Ctx,
  request: FastifyRequest<MediaRoute>,
  reply: FastifyReply,
  { trashed, missing }: Pick<Asked, 'trashed' | 'missing'>,
) {
  const { id, variant } = request.params
  const path = await signedPath(ctx, { id, variant, trashed, everywhere: !namesWorkspace(request) })
  if (path === undefined) return missing('NOT_FOUND', noMedia)
  const download = request.query['download'] === undefined ? '' : '&download'
  addVary(reply, 'X-Workspace-Id')
  void reply.header('cache-control', 'private, no-store')
  return reply.redirect(path + download, 302)
}

interface Asked {
  readonly id: string
  readonly variant?: string | undefined
  readonly trashed: boolean
  readonly redirect: boolean
  /** Answers that the media item or its bytes are unavailable. */
  readonly missing: (code: string, message: string) => FastifyReply
}

/** Sends the bytes of a media item, or the requested range. */
export async function serveMedia(
  ctx: Ctx,
  request: FastifyRequest<MediaRoute>,
  reply: FastifyReply,
  { id, variant, trashed, redirect, missing }: Asked,
) {
  const found = await openMedia(ctx, { id, variant, trashed, accept: request.headers.accept })
  if (found instanceof Failure) return missing('NO_PICTURE', found.message)
  if (!found) return missing('NOT_FOUND', noMedia)

  const { key, mimeType, charset, sizeBytes, etag, media, focus } = found
  // The original never changes; a thumbnail may be made differently in future.
  const lastModified = variant === undefined ? media.createdAt.toUTCString() : undefined
  const isSaved = request.query['download'] !== undefined || !isShownInPlace(mimeType)
  const type = isSaved ? 'attachment' : 'inline'
  const fileName = variant === undefined ? media.fileName : `${media.fileName}.${mimeType.split('/')[1]}`
  if (variant !== undefined) addVary(reply, 'Accept')
  if (!request.signed) addVary(reply, 'X-Workspace-Id')
  const disposition = contentDisposition(fileName, { type })
  const contentType = charset === undefined ? mimeType : `${mimeType}; charset=${charset}`
  const isFixed = focus === undefined || focus === request.query['focus']
  const file = { key, mimeType: contentType, disposition, trashed, isFixed }
  if (redirect && mayRedirect(mimeType, type) && (await redirected(ctx, request, reply, file))) return reply

  void reply.headers({
    etag,
    ...(lastModified === undefined ? {} : { 'last-modified': lastModified }),
    'cache-control': cacheControl(ctx, request, file),
    'accept-ranges': 'bytes',
    'content-type': contentType,
    'content-disposition': disposition,
    ...(isPlain(mimeType) ? {} : { 'content-security-policy': contentPolicy }),
  })
  const validators = { etag, lastModified }
  const status = preconditions(request.headers, validators)
  if (status === 304) return reply.code(304).send()
  if (status === 412) {
    const message =
      'The resource no longer matches If-Match or If-Unmodified-Since. Repeat the request without them, or ' +
      'with the current ETag.'
    return refuse(reply, 412, 'PRECONDITION_FAILED', message)
  }

  const range = rangeOf(request.method, request.headers, validators, sizeBytes)
  if (range === 'unsatisfiable') {
    void reply.header('content-range', `bytes */${sizeBytes}`)
    return refuse(
      reply,
      416,
      'RANGE_NOT_SATISFIABLE',
      `The range lies outside the file, which has ${sizeBytes} bytes.`,
    )
  }
  if (range) {
    void reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${sizeBytes}`)
  }
  const length = range ? range.end - range.start + 1 : sizeBytes
  void reply.header('content-length', length)
  if (request.method === 'HEAD') return reply.send()
  return reply.send(exactly(length, ctx.storage.read(key, range)))
}

/** Adds to the `Vary` header without removing earlier values. */
function addVary(reply: FastifyReply, name: string) {
  const before = reply.getHeader('vary')
  void reply.header('vary', before === undefined ? name : `${String(before)}, ${name}`)
}

/**
 * The bytes of an address never change, except those of a square whose address does not name its focal point. The holder
 * of a signed URL may read them until it expires, so shared caches may keep them until then. Trashed media must not be
 * cached.
 */
function cacheControl(
  { now }: Ctx,
  { signed }: FastifyRequest,
  { trashed, isFixed }: { readonly trashed: boolean; readonly isFixed: boolean },
) {
  if (trashed) return 'private, no-store'
  if (!isFixed) return 'no-cache'
  if (!signed) return 'private, max-age=31536000, immutable'
  return `public, max-age=${Math.max(0, Math.floor(signed.expires - now().getTime() / 1000))}, immutable`
}

/**
 * Passes the bytes on and fails if they end early, so that no client waits for the rest or mistakes a part for the
 * whole.
 */
function exactly(length: number, source: Readable): Readable {
  let sent = 0
  const counted = new Transform({
    highWaterMark: 256 * 1024,
    transform: (chunk: Buffer, _encoding, done) => {
      sent += chunk.length
      done(null, chunk)
    },
    flush: (done) =>
      done(sent === length ? null : new Error(`The storage returned ${sent} of ${length} bytes of a file.`)),
  })
  pipeline(source, counted, () => {})
  return counted
}
