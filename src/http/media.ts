import { create as contentDisposition } from 'content-disposition'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'
import type { Ctx } from '../usecases/context.ts'
import { openMedia } from '../usecases/open-media.ts'
import { refuse } from './authenticate.ts'

/** What an opened SVG or other document may do: nothing. */
const contentPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

interface MediaRoute {
  Params: { id: string; variant?: string }
  Querystring: { trashed?: string; download?: string }
}

/** `GET /media/{id}` (the original) and `GET /media/{id}/{variant}` (a derived picture), by RFC 9110. */
export function mediaRoutes(app: FastifyInstance, ctxOf: (request: FastifyRequest) => Ctx) {
  const serve = async (request: FastifyRequest<MediaRoute>, reply: FastifyReply) => {
    const { id, variant } = request.params
    const ctx = ctxOf(request)
    const trashed = request.query.trashed === 'true'
    const found = await openMedia(ctx, { id, variant, trashed })
    if (!found) return refuse(reply, 404, 'NOT_FOUND', 'There is no such medium in this workspace.')

    const { key, mimeType, sizeBytes, etag, media } = found
    const download = request.query.download !== undefined
    const fileName = variant === undefined ? media.fileName : `${media.fileName}.webp`
    void reply.headers({
      etag,
      // The bytes behind an id never change; what is in the trash is not for keeping.
      'cache-control': trashed ? 'private, no-store' : 'private, max-age=31536000, immutable',
      'accept-ranges': 'bytes',
      'content-type': mimeType,
      'content-disposition': contentDisposition(fileName, { type: download ? 'attachment' : 'inline' }),
      'x-content-type-options': 'nosniff',
      'content-security-policy': contentPolicy,
      'cross-origin-resource-policy': 'cross-origin',
    })
    // Only its tag counts: browsers add `Cache-Control: no-cache` to it, which `fresh` takes for a wish to have it all anew.
    const condition = { 'if-none-match': request.headers['if-none-match'] }
    if (fresh(condition, { etag })) return reply.code(304).send()

    const range = rangeOf(request, etag, sizeBytes)
    if (range === 'unsatisfiable') {
      void reply.header('content-range', `bytes */${sizeBytes}`)
      return refuse(reply, 416, 'RANGE_NOT_SATISFIABLE', `There are ${sizeBytes} bytes.`)
    }
    if (range) {
      void reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${sizeBytes}`)
    }
    void reply.header('content-length', range ? range.end - range.start + 1 : sizeBytes)
    if (request.method === 'HEAD') return reply.send()
    return reply.send(ctx.storage.read(key, range))
  }

  for (const url of ['/media/:id', '/media/:id/:variant']) {
    app.route<MediaRoute>({ method: ['GET', 'HEAD'], url, handler: serve })
  }
}

/**
 * The one range to send, or undefined for the whole. A malformed header, another unit and several ranges are answered
 * with the whole, as RFC 9110 section 14.2 allows; so are HEAD, which has no ranges, and a range of other bytes than the
 * client has (`If-Range`).
 */
function rangeOf({ method, headers }: FastifyRequest, etag: string, sizeBytes: number) {
  const { range = '', 'if-range': ifRange = etag } = headers
  const [, first, last] = /^bytes= *(\d*)-(\d*) *$/i.exec(range) ?? []
  if (method !== 'GET' || ifRange !== etag || (!first && !last)) return undefined
  if (first && last && Number(first) > Number(last)) return undefined
  const start = first ? Number(first) : Math.max(0, sizeBytes - Number(last))
  const end = first && last ? Math.min(Number(last), sizeBytes - 1) : sizeBytes - 1
  return start > end ? 'unsatisfiable' : { start, end }
}
