import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../domain/failure.ts'
import { UploadInterrupted } from '../domain/upload-interrupted.ts'
import type { Ctx } from '../usecases/context.ts'
import { inboxSlot } from '../usecases/media/image-inbox.ts'
import type { Upload } from '../usecases/media/upload.ts'
import { uploadMedia } from '../usecases/media/upload-media.ts'
import { listAttachments } from '../usecases/media/list-attachments.ts'
import { trashItem } from '../usecases/trash/trash.ts'
import { asStored } from './compress.ts'
import { sameSiteOnly } from './cross-site.ts'
import { faultOf } from './errors.ts'
import { statusOf } from './failures.ts'
import type { MediaRoute } from './media-access.ts'
import { serveMedia } from './media.ts'
import type { AllowsOrigin } from './origins.ts'
import { firstFile, isMultipart } from './multipart.ts'
import { imageOf } from './rest-answer.ts'
import { embeddable } from './security-headers.ts'

/**
 * The routes of the API before GraphQL, with the same JSON, kept for its clients. Pages that `allows` accepts may use
 * them. What precedes a file in a form must arrive within `seconds`.
 */
export function restRoutes(
  app: FastifyInstance,
  ctxOf: (request: FastifyRequest) => Ctx,
  { allows, seconds }: { readonly allows: AllowsOrigin; readonly seconds: number },
) {
  // The handler reads the form from the raw request.
  app.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null))
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return refuse(reply, status, error.message)
    const fault = faultOf(error, request, reply)
    return refuse(reply, fault.status, fault.message)
  })
  const preValidation = sameSiteOnly(allows)

  app.post('/api/images', { preValidation }, (request, reply) =>
    store(ctxOf(request), request, reply, { slot: inboxSlot, category: 'image', seconds }),
  )

  for (const url of ['/api/images/:id', '/api/images/:id/:variant']) {
    app.route<MediaRoute>({
      method: ['GET', 'HEAD'],
      url,
      ...asStored,
      ...embeddable,
      handler: (request, reply) => {
        const missing = () => refuse(reply, 404, 'Image not found')
        const { id, variant } = request.params
        if (variant !== undefined && variant !== 'thumbnail') return missing()
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
  app.delete<PostRoute>('/api/images/:id', { preValidation }, (request, reply) =>
    trash(ctxOf(request), reply, request.params.id, 'Image not found'),
  )

  // Posts of the older API are books.
  const assets = '/api/posts/:id/assets'
  app.post<PostRoute>(assets, { preValidation }, (request, reply) => {
    const slot = { ownerType: 'BOOK', ownerId: request.params.id, role: 'ATTACHMENT' } as const
    return store(ctxOf(request), request, reply, { slot, category: 'blog-asset', seconds })
  })
  app.get<PostRoute>(assets, async (request, reply) => {
    const ctx = ctxOf(request)
    const media = await listAttachments(ctx, request.params.id)
    if (media instanceof Failure) return refuse(reply, 404, 'Post not found')
    return Promise.all(media.map((asset) => imageOf(ctx, asset)))
  })

  const findAsset = async (ctx: Ctx, { id, assetId }: AssetRoute['Params']) => {
    const media = await listAttachments(ctx, id)
    return media instanceof Failure ? undefined : media.find((asset) => asset.id === assetId)
  }
  const noAsset = 'Asset not found'
  app.get<AssetRoute>(`${assets}/:assetId`, async (request, reply) => {
    const ctx = ctxOf(request)
    const asset = await findAsset(ctx, request.params)
    return asset ? imageOf(ctx, asset) : refuse(reply, 404, noAsset)
  })
  app.delete<AssetRoute>(`${assets}/:assetId`, { preValidation }, async (request, reply) => {
    const ctx = ctxOf(request)
    const asset = await findAsset(ctx, request.params)
    return asset ? trash(ctx, reply, asset.id, noAsset) : refuse(reply, 404, noAsset)
  })
}

/** Moves a media item to the trash. One that is there already no longer exists for these clients. */
async function trash(ctx: Ctx, reply: FastifyReply, id: string, missing: string) {
  const result = await trashItem(ctx, { kind: 'MEDIA', id })
  return result instanceof Failure ? refuse(reply, 404, missing) : reply.code(204).send()
}

interface PostRoute {
  Params: { id: string }
}

interface AssetRoute {
  Params: { id: string; assetId: string }
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
    return await reply.code(201).send(await imageOf(ctx, result.media))
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
