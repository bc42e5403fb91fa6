import { randomUUID } from 'node:crypto'
import { ERRORS, type Lock, type Locker, Server, type Upload } from '@tus/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessDenied } from '../domain/access.ts'
import { Failure, InvalidInput } from '../domain/failure.ts'
import { isWhenInTrash } from '../domain/media-decision.ts'
import { UnreadableFile } from '../domain/media-types.ts'
import { DatabaseUnavailable } from '../domain/database-unavailable.ts'
import { WorkspaceRequired } from '../domain/workspace-trash.ts'
import { retryAfterSeconds } from '../domain/unavailable.ts'
import type { HeldLock } from '../db/postgres/session-locks.ts'
import type { Ctx } from '../usecases/context.ts'
import {
  cancelResumable,
  findResumable,
  finishResumable,
  plain,
  slotNamed,
  startResumable,
  uploadLock,
} from '../usecases/media/resumable-uploads.ts'
import { errorAnswer } from './authenticate.ts'
import { faultOf } from './errors.ts'
import type { AllowsOrigin } from './origins.ts'
import { resultAnswer, tusStatusOf } from './tus-answer.ts'

/** How long a request waits for another request that writes to the same upload and was asked to stop. */
const lockMs = 5_000

export interface ProtocolOptions {
  readonly allows: AllowsOrigin
  /** The URL of this server for clients, if it is configured. */
  readonly publicUrl: string | undefined
  /** The path of the uploads. */
  readonly path: string
  readonly exposedHeaders: string[]
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

const refusal = (status: number, code: string, message: string) =>
  new Refusal(status, JSON.stringify(errorAnswer(code, message)))

/** The codes of errors that the package answers as plain text. */
const codes: Readonly<Record<number, string>> = {
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  410: 'NOT_FOUND',
  412: 'PRECONDITION_FAILED',
  413: 'CONTENT_TOO_LARGE',
  423: 'LOCKED',
  501: 'NOT_IMPLEMENTED',
}

const json = 'application/json; charset=utf-8'

class ProtocolServer extends Server {
  /** Answers every error as JSON. */
  override write(...[context, headers, status, body = '']: Parameters<Server['write']>) {
    headers.set('content-type', json)
    const isOurs = body.startsWith('{')
    const text = isOurs ? body : JSON.stringify(errorAnswer(codes[status] ?? 'BAD_REQUEST', body.trim()))
    return super.write(context, headers, status, text)
  }
}

/** A protocol server for one request. It is cheap, and it works for the actor of the request. */
export function protocol(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, options: ProtocolOptions) {
  const { allows, publicUrl, path, exposedHeaders } = options
  const { search } = new URL(request.url, 'http://localhost')
  const { id: lookedUp } = request.params as { id?: string }
  const { workspaceId } = ctx.actor
  let begun: string | undefined
  // The package keeps what has arrived when the connection ends, and reports no error.
  request.raw.once('close', () => {
    if (begun !== undefined && !request.raw.complete) void discard(ctx, begun)
  })
  return new ProtocolServer({
    path,
    datastore: ctx.partials.store,
    locker: lockerOf(ctx),
    // A request stops at once when another one wants its lock, or when it loses the lock.
    lockDrainTimeout: 1,
    allowedOrigins: allows,
    exposedHeaders,
    namingFunction: () => randomUUID(),
    // Use the ID that was looked up in the workspace. The package itself would use the end of the whole URL, including
    // its query.
    getFileIdFromRequest: () => lookedUp,
    generateUrl: (_request, { id }) => `${publicUrl ?? ''}${path}/${id}${search}`,
    onUploadCreate: async (_request, upload) => {
      const started = await start(ctx, upload)
      if (started instanceof Failure) throw new Refusal(tusStatusOf(started), JSON.stringify(plain(started)))
      begun = upload.id
      return {}
    },
    onUploadFinish: async (_request, upload) => {
      const result = await finishResumable(ctx, { workspaceId, id: upload.id })
      if (!result) throw refusal(423, 'LOCKED', 'Another request is finishing this upload.')
      // The package would look for the received bytes to report when the upload expires, but it is finished.
      upload.creation_date = ''
      const { status, headers, body } = await resultAnswer(ctx, result, publicUrl ?? originOf(request))
      const isCreation = lookedUp === undefined && status === 200
      return {
        status_code: isCreation ? 201 : status,
        headers: { 'Content-Type': json, ...headers },
        body: JSON.stringify(body),
      }
    },
    onResponseError: async (_request, error) => {
      if (error instanceof Refusal) return undefined
      if (error instanceof WorkspaceRequired || error instanceof AccessDenied)
        return { status_code: error.statusCode, body: JSON.stringify(errorAnswer(error.code, error.message)) }
      // Without a database it expires by itself.
      if (begun !== undefined && !(error instanceof DatabaseUnavailable)) await discard(ctx, begun)
      if (error === ERRORS.FILE_NOT_FOUND || error === ERRORS.FILE_NO_LONGER_EXISTS) {
        // The chunks disappear when the upload is finished, which may have happened since the look-up.
        const row = await findResumable(ctx, lookedUp ?? '').catch(() => null)
        return row?.finishedAt ? { status_code: 409, body: 'The upload is finished.' } : undefined
      }
      // Another request wanted the lock. Clients of the protocol try again after a 423.
      if (error === ERRORS.ABORTED) return { ...ERRORS.ABORTED, status_code: 423 }
      if ('status_code' in error && error.status_code !== 500) return undefined
      return faultAnswer(error, request, reply)
    },
  })
}

const originOf = ({ protocol: scheme, host }: FastifyRequest) => `${scheme}://${host}`

function faultAnswer(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const { status, code, message } = faultOf(error, request, reply)
  if (status === 503) reply.raw.setHeader('retry-after', retryAfterSeconds)
  return { status_code: status, body: JSON.stringify(errorAnswer(code, message)) }
}

/** Discards an upload whose client will never learn its URL. It would keep its reservation for a day. */
async function discard(ctx: Ctx, id: string) {
  const { workspaceId } = ctx.actor
  await cancelResumable(ctx, { workspaceId, id }).catch((err: unknown) =>
    ctx.log.warn({ err }, 'Could not discard an upload that could not start'),
  )
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
    category: given('category'),
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
          if (!held) throw refusal(423, 'LOCKED', 'Another request is writing to this upload.')
        },
        unlock: async () => {
          await held?.free()
        },
      }
    },
  }
}
