import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { MediaRow } from '../db/rows.ts'
import { Failure } from '../domain/failure.ts'
import { extensionAsSent } from '../domain/file-name.ts'
import { UploadInterrupted } from '../domain/upload-interrupted.ts'
import type { Ctx } from '../usecases/context.ts'
import { inboxSlot } from '../usecases/media/image-inbox.ts'
import type { Upload } from '../usecases/media/upload.ts'
import { uploadMedia } from '../usecases/media/upload-media.ts'
import { listAttachments } from '../usecases/media/list-attachments.ts'
import { sameSiteOnly } from './cross-site.ts'
import { faultOf } from './errors.ts'
import { statusOf } from './failures.ts'
import type { MediaRoute } from './media-access.ts'
import { serveMedia } from './media.ts'
import { drain, firstFile, isMultipart } from './multipart.ts'

/**
 * The routes of the API before GraphQL, with the same JSON, kept for its clients. Pages of `origins` may use them. What
 * precedes a file in a form must arrive within `seconds`.
 */
export function restRoutes(
  app: FastifyInstance,
  ctxOf: (request: FastifyRequest) => Ctx,
  { origins, seconds }: { readonly origins: readonly string[]; readonly seconds: number },
) {
  // The handler reads the form from the raw request.
  app.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null))
  app.addHook('onResponse', async (request) => drain(request))
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return refuse(reply, status, error.message)
    const fault = faultOf(error, request, reply)
    return refuse(reply, fault.status, fault.message)
  })
  const preValidation = sameSiteOnly(origins)

  app.post('/api/images', { preValidation }, (request, reply) =>
    store(ctxOf(request), request, reply, { slot: inboxSlot, category: 'image', seconds }),
  )

  for (const [url, variant] of [
    ['/api/images/:id', undefined],
    ['/api/images/:id/thumbnail', 'thumbnail'],
  ] as const) {
    app.route<MediaRoute>({
      method: ['GET', 'HEAD'],
      url,
      handler: (request, reply) => {
        const missing = () => refuse(reply, 404, 'Image not found')
        const { id } = request.params
        return serveMedia(ctxOf(request), request, reply, {
          id,
          variant,
          trashed: false,
          redirect: false,
          missing,
        })
      },
    })
  }

  // Posts of the older API are books.
  const assets = '/api/posts/:id/assets'
  app.post<PostRoute>(assets, { preValidation }, (request, reply) => {
    const slot = { ownerType: 'BOOK', ownerId: request.params.id, role: 'ATTACHMENT' } as const
    return store(ctxOf(request), request, reply, { slot, category: 'blog-asset', seconds })
  })
  app.get<PostRoute>(assets, async (request, reply) => {
    const media = await listAttachments(ctxOf(request), request.params.id)
    return media instanceof Failure ? refuse(reply, 404, 'Post not found') : media.map(imageOf)
  })
}

interface PostRoute {
  Params: { id: string }
}

const noFile =
  'The form has no file. Send it as a part with `Content-Disposition: form-data; name="file"; filename="…"`.'

/** Stores the first file of a form, whatever the name of its field. */
async function store(
  ctx: Ctx,
  request: FastifyRequest,
  reply: FastifyReply,
  { seconds, ...upload }: Pick<Upload, 'slot' | 'category'> & { readonly seconds: number },
) {
  if (!isMultipart(request)) return refuse(reply, 415, 'Send the file as multipart/form-data.')
  const file = await firstFile(request, seconds)
  if (!file) return refuse(reply, 400, noFile)
  const { fileName, stream } = file
  try {
    const idempotencyKey = idempotencyKeyOf(request)
    const given = { ...upload, fileName, stream, idempotencyKey, whenInTrash: 'UPLOAD_AGAIN' } as const
    const result = await uploadMedia(ctx, given)
    if (result instanceof Failure) return await refuse(reply, statusOf(result), result.message)
    return await reply.code(201).send(imageOf(result.media))
  } catch (error) {
    if (error instanceof UploadInterrupted) return refuse(reply, 400, error.message)
    throw error
  }
}

/** The same file with the same key is answered as the first time and stored once. */
const idempotencyKeyOf = ({ headers }: FastifyRequest) => {
  const key = headers['idempotency-key']
  return Array.isArray(key) ? key.join(', ') : key
}

const refuse = (reply: FastifyReply, status: number, error: string) => reply.code(status).send({ error })

type ImageRow = Pick<MediaRow, 'id' | 'fileName' | 'extension' | 'mimeType' | 'sizeBytes' | 'createdAt'>

/** A media item in the format of these routes. */
const imageOf = ({ id, fileName, extension, mimeType, sizeBytes, createdAt }: ImageRow) => ({
  id,
  original_name: fileName,
  extension: `.${extensionAsSent(fileName, mimeType) ?? extension}`,
  mime_type: mimeType,
  size: Number(sizeBytes),
  url: `/api/images/${id}`,
  thumbnail_url: mimeType.startsWith('image/') ? `/api/images/${id}/thumbnail` : null,
  created_at: createdAt.toISOString(),
})
