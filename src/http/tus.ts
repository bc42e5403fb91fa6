import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx, Services } from '../usecases/context.ts'
import {
  cancelResumable,
  findResumable,
  finishResumable,
  largestFile,
  type ResumableResult,
  resultOf,
} from '../usecases/media/resumable-uploads.ts'
import { refuse } from './authenticate.ts'
import { asStored } from './compress.ts'
import { resultAnswer } from './tus-answer.ts'
import { protocol, type ProtocolOptions } from './tus-protocol.ts'

const path = '/uploads'
const version = '1.0.0'

/** The headers of the protocol that pages of other origins may read. */
export const tusHeaders = {
  exposed: [
    'location',
    'tus-resumable',
    'tus-version',
    'tus-extension',
    'tus-max-size',
    'upload-offset',
    'upload-length',
    'upload-metadata',
    'upload-expires',
    'x-media-id',
  ],
}

interface TusRoute {
  Params: { id: string }
}

type Handler = (request: FastifyRequest<TusRoute>, reply: FastifyReply) => Promise<unknown>

/**
 * Answers OPTIONS requests with what the server can do, without credentials, and adds it to the answer to a browser's
 * preflight request. Call this before CORS is set up, which answers the latter.
 */
export function tellCapabilities(app: FastifyInstance, services: Services) {
  app.addHook('onRequest', async ({ method, url, headers }, reply) => {
    if (method !== 'OPTIONS' || !/^\/uploads(?:[/?]|$)/.test(url)) return
    void reply.headers({
      'tus-resumable': version,
      'tus-version': version,
      'tus-extension': services.partials.store.extensions.join(','),
      'tus-max-size': String(largestFile(services)),
    })
    if (headers['access-control-request-method'] === undefined) return reply.code(204).send()
  })
}

/** Resumable uploads with the tus protocol 1.0.0. */
export function resumableRoutes(
  app: FastifyInstance,
  ctxOf: (request: FastifyRequest) => Ctx,
  { allows, publicUrl }: Pick<ProtocolOptions, 'allows' | 'publicUrl'>,
) {
  const options = { allows, publicUrl, path, exposedHeaders: tusHeaders.exposed }
  // The server of the protocol reads the bodies itself.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  app.addHook('preHandler', async (request, reply) => {
    void reply.headers({ 'tus-resumable': version, 'cache-control': 'no-store' })
    if (request.headers['tus-resumable'] === version) return
    void reply.header('tus-version', version)
    return refuse(reply, 412, 'PRECONDITION_FAILED', `Send the header Tus-Resumable: ${version}.`)
  })

  const handOver = async (request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack()
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value)
    }
    await protocol(ctxOf(request), request, reply, options).handle(request.raw, reply.raw)
  }

  const found = async (request: FastifyRequest<TusRoute>, reply: FastifyReply) => {
    const row = await findResumable(ctxOf(request), request.params.id)
    if (!row) await refuse(reply, 404, 'NOT_FOUND', 'There is no such upload in this workspace.')
    return row
  }

  /** Answers with the outcome of a finished upload. */
  const tell = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { sizeBytes }: { sizeBytes: bigint },
    result: ResumableResult,
  ) => {
    const serverUrl = publicUrl ?? `${request.protocol}://${request.host}`
    const { status, headers, body } = await resultAnswer(ctxOf(request), result, serverUrl)
    void reply.code(status).headers(headers)
    void reply.headers({ 'upload-offset': String(sizeBytes), 'upload-length': String(sizeBytes) })
    return request.method === 'HEAD' ? reply.send() : reply.send(body)
  }

  const head: Handler = async (request, reply) => {
    const ctx = ctxOf(request)
    const row = await found(request, reply)
    if (!row) return reply
    // A client treats an offset at the end as success, so report that only after the upload has succeeded.
    const whole = row.finishedAt !== null || (await ctx.partials.received(row.id)) === Number(row.sizeBytes)
    if (!whole) return handOver(request, reply)
    const result = row.finishedAt ? await resultOf(ctx, row) : await finishResumable(ctx, row)
    return result ? tell(request, reply, row, result) : reply.code(423).send()
  }

  const patch: Handler = async (request, reply) => {
    const row = await found(request, reply)
    if (!row) return reply
    if (!row.finishedAt) return handOver(request, reply)
    if (request.headers['upload-offset'] === String(row.sizeBytes))
      return tell(request, reply, row, await resultOf(ctxOf(request), row))
    const message = `The upload is already complete: all ${row.sizeBytes} bytes have arrived.`
    return refuse(reply, 409, 'CONFLICT', message)
  }

  const cancel: Handler = async (request, reply) => {
    const row = await found(request, reply)
    if (!row) return reply
    if (row.mediaId) {
      return refuse(reply, 409, 'CONFLICT', 'The upload is finished. Trash its media item instead.')
    }
    return (await cancelResumable(ctxOf(request), row))
      ? reply.code(204).send()
      : refuse(reply, 423, 'LOCKED', 'Another request is writing to this upload.')
  }

  app.post(path, asStored, handOver)
  app.head<TusRoute>(`${path}/:id`, asStored, head)
  app.patch<TusRoute>(`${path}/:id`, asStored, patch)
  app.delete<TusRoute>(`${path}/:id`, asStored, cancel)
  app.post<TusRoute>(`${path}/:id`, asStored, instead({ HEAD: head, PATCH: patch, DELETE: cancel }))
}

/** Handles a POST request of a client that cannot send the method itself and names it in a header. */
const instead =
  (handlers: Readonly<Record<string, Handler>>): Handler =>
  (request, reply) => {
    const method = String(request.headers['x-http-method-override']).toUpperCase()
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined
    if (handler) {
      request.raw.method = method
      return handler(request, reply)
    }
    void reply.header('allow', 'HEAD, PATCH, DELETE, OPTIONS')
    const message = 'Send PATCH, HEAD or DELETE, or name it in the header X-HTTP-Method-Override.'
    return Promise.resolve(refuse(reply, 405, 'METHOD_NOT_ALLOWED', message))
  }
