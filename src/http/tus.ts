import { randomUUID } from 'node:crypto'
import { ERRORS, type Lock, type Locker, Server, type Upload } from '@tus/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure, InvalidInput } from '../domain/failure.ts'
import { isWhenInTrash } from '../domain/media-decision.ts'
import { UnreadableFile } from '../domain/media-types.ts'
import { StorageUnavailable } from '../domain/storage-unavailable.ts'
import { retryAfterSeconds, Unavailable } from '../domain/unavailable.ts'
import type { HeldLock } from '../db/postgres/session-locks.ts'
import type { ResumableUploadRow } from '../db/rows.ts'
import type { Ctx } from '../usecases/context.ts'
import {
  cancelResumable,
  findResumable,
  finishResumable,
  largestFile,
  plain,
  type PlainFailure,
  type ResumableResult,
  resultOf,
  slotNamed,
  startResumable,
  uploadLock,
} from '../usecases/media/resumable-uploads.ts'
import { refuse } from './authenticate.ts'
import { faultOf } from './errors.ts'
import { statusOf } from './failures.ts'

const path = '/uploads'
const version = '1.0.0'

/** The headers of the protocol that pages of other origins may read. */
export const tusHeaders = {
  exposed: ['location', 'tus-resumable', 'upload-offset', 'upload-length', 'upload-expires', 'x-media-id'],
}

/** How long a request waits for another request that writes to the same upload and was asked to stop. */
const lockMs = 5_000

interface TusRoute {
  Params: { id: string }
}

/** Resumable uploads with the tus protocol 1.0.0. */
export function resumableRoutes(
  app: FastifyInstance,
  ctxOf: (request: FastifyRequest) => Ctx,
  { origins, publicUrl }: { origins: readonly string[]; publicUrl: string | undefined },
) {
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
    await protocol(ctxOf(request), request, reply, { origins, publicUrl }).handle(request.raw, reply.raw)
  }

  const found = async (request: FastifyRequest<TusRoute>, reply: FastifyReply) => {
    const row = await findResumable(ctxOf(request), request.params.id)
    if (!row) await refuse(reply, 404, 'NOT_FOUND', 'There is no such upload in this workspace.')
    return row
  }

  app.post(path, handOver)

  app.head<TusRoute>(`${path}/:id`, async (request, reply) => {
    const ctx = ctxOf(request)
    const row = await found(request, reply)
    if (!row) return reply
    // A client treats an offset at the end as success, so report that only after the upload has succeeded.
    const whole = row.finishedAt !== null || (await ctx.partials.received(row.id)) === Number(row.sizeBytes)
    if (!whole) return handOver(request, reply)
    const result = row.finishedAt ? await resultOf(ctx, row) : await finishResumable(ctx, row)
    if (!result) return reply.code(423).send()
    return tell(reply, row, result).send()
  })

  app.patch<TusRoute>(`${path}/:id`, async (request, reply) => {
    const ctx = ctxOf(request)
    const row = await found(request, reply)
    if (!row) return reply
    if (!row.finishedAt) return handOver(request, reply)
    if (request.headers['upload-offset'] !== String(row.sizeBytes)) {
      return refuse(
        reply,
        409,
        'CONFLICT',
        `The upload is already complete: all ${row.sizeBytes} bytes have arrived.`,
      )
    }
    const result = await resultOf(ctx, row)
    return tell(reply, row, result).send(bodyOf(result))
  })

  app.delete<TusRoute>(`${path}/:id`, async (request, reply) => {
    const row = await found(request, reply)
    if (!row) return reply
    if (row.mediaId) {
      return refuse(reply, 409, 'CONFLICT', 'The upload is finished. Trash its media item instead.')
    }
    const cancelled = await cancelResumable(ctxOf(request), row)
    return cancelled
      ? reply.code(204).send()
      : refuse(reply, 423, 'LOCKED', 'Another request is writing to this upload.')
  })
}

/** Adds the state of an upload to the headers of an answer. */
function tell(reply: FastifyReply, { sizeBytes }: ResumableUploadRow, result: ResumableResult) {
  void reply.code('media' in result ? 200 : statusOfResult(result.failure))
  void reply.headers({ 'upload-offset': String(sizeBytes), 'upload-length': String(sizeBytes) })
  if ('media' in result) void reply.header('x-media-id', result.media.id)
  return reply
}

/** Clients of the protocol repeat a request after a 409, which would be useless here. */
const statusOfResult = (failure: PlainFailure) => {
  const status = statusOf(failure)
  return status === 409 ? 422 : status
}

const bodyOf = (result: ResumableResult) => {
  if ('failure' in result) return result.failure
  const { id, fileName, mimeType, sizeBytes, sha256, width, height } = result.media
  const media = { id, fileName, mimeType, sizeBytes: String(sizeBytes), sha256, width, height }
  return { __typename: 'UploadMediaSuccess', media }
}

/** An answer in the form that the server of the protocol accepts. */
class Refusal extends Error {
  readonly status_code: number
  readonly body: string

  constructor(status: number, body: string) {
    super(body)
    this.status_code = status
    this.body = body
  }
}

/** A protocol server for one request. It is cheap, and it works for the actor of the request. */
function protocol(
  ctx: Ctx,
  request: FastifyRequest,
  reply: FastifyReply,
  { origins, publicUrl }: { origins: readonly string[]; publicUrl: string | undefined },
) {
  const { log, url, params } = request
  const { search } = new URL(url, 'http://localhost')
  const { workspaceId } = ctx.actor
  const { id: lookedUp } = params as Partial<TusRoute['Params']>
  let begun: string | undefined
  return new Server({
    path,
    datastore: ctx.partials.store,
    locker: lockerOf(ctx),
    // A request stops at once when another one wants its lock, or when it loses the lock.
    lockDrainTimeout: 1,
    maxSize: largestFile(ctx),
    allowedOrigins: (origin) => origins.includes(origin),
    exposedHeaders: tusHeaders.exposed,
    namingFunction: () => randomUUID(),
    // Use the ID that was looked up in the workspace. The library itself would use the end of the whole URL, including
    // its query.
    getFileIdFromRequest: () => lookedUp,
    generateUrl: (_request, { id }) => `${publicUrl ?? ''}${path}/${id}${search}`,
    onUploadCreate: async (_request, upload) => {
      const started = await start(ctx, upload)
      if (started instanceof Failure) throw new Refusal(statusOf(started), JSON.stringify(plain(started)))
      begun = upload.id
      return {}
    },
    onUploadFinish: async (_request, { id }) => {
      const result = await finishResumable(ctx, { workspaceId, id })
      if (!result) throw new Refusal(423, 'Another request is finishing this upload.\n')
      const media: Record<string, string> = 'media' in result ? { 'X-Media-Id': result.media.id } : {}
      return {
        status_code: 'media' in result ? 200 : statusOfResult(result.failure),
        headers: { 'Content-Type': 'application/json; charset=utf-8', ...media },
        body: JSON.stringify(bodyOf(result)),
      }
    },
    onResponseError: async (_request, error) => {
      if (error === ERRORS.FILE_NOT_FOUND || error === ERRORS.FILE_NO_LONGER_EXISTS) {
        // The chunks disappear when the upload is finished, which may have happened since the look-up.
        const row = await findResumable(ctx, lookedUp ?? '').catch(() => null)
        return row?.finishedAt ? { status_code: 409, body: 'The upload is finished.\n' } : undefined
      }
      // Another request wanted the lock. Clients of the protocol try again after a 423.
      if (error === ERRORS.ABORTED) return { ...ERRORS.ABORTED, status_code: 423 }
      if ('status_code' in error && error.status_code !== 500) return undefined
      const { status, code, message } = faultOf(error, request, reply)
      if (!(error instanceof Unavailable)) return { status_code: status, body: `${message}\n` }
      // Its client will never learn the URL of the upload. Without a database it expires by itself.
      if (begun !== undefined && error instanceof StorageUnavailable)
        await cancelResumable(ctx, { workspaceId, id: begun }).catch((err: unknown) =>
          log.warn({ err }, 'Could not discard an upload that could not start'),
        )
      reply.raw.setHeader('retry-after', retryAfterSeconds)
      const body = { message, extensions: { code } }
      return { status_code: status, body: JSON.stringify({ errors: [body] }) }
    },
  })
}

/** Starts an upload as described by the client's metadata. */
function start(ctx: Ctx, { id, size = 0, metadata }: Upload) {
  const given = (name: string) => metadata?.[name] ?? undefined
  const slot = slotNamed(given('ownerType') ?? '', given('ownerId') ?? '', given('role') ?? '')
  if (slot instanceof Failure) return slot
  const whenInTrash = given('whenInTrash') ?? 'OFFER_RESTORE'
  if (!isWhenInTrash(whenInTrash)) {
    const message = 'Give OFFER_RESTORE or UPLOAD_AGAIN, or omit it.'
    return new InvalidInput([{ path: 'whenInTrash', message }])
  }
  if (size === 0) return new UnreadableFile('empty')
  const request = {
    slot,
    fileName: given('filename'),
    idempotencyKey: given('idempotencyKey'),
    whenInTrash,
  }
  return startResumable(ctx, id, request, size)
}

/** Adapts our session locks to the interface of the protocol server. */
function lockerOf({ locks }: Ctx): Locker {
  return {
    newLock: (id): Lock => {
      let held: HeldLock | undefined
      return {
        lock: async (_signal, release) => {
          held = await locks.take(uploadLock(id), lockMs, () => void release())
          if (!held) throw new Refusal(423, 'Another request is writing to this upload.\n')
        },
        unlock: async () => {
          await held?.free()
        },
      }
    },
  }
}
