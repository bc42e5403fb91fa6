import type { Socket } from 'node:net'
import type { ConnectionError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AccessDenied } from '../domain/access.ts'
import { serverFault } from '../domain/server-fault.ts'
import { WorkspaceRequired } from '../domain/workspace-trash.ts'
import { retryAfterSeconds } from '../domain/unavailable.ts'
import { errorAnswer, refuse } from './authenticate.ts'
import { tooSlow } from './json-bodies.ts'

/** Advice for each error code about a body that the server refuses. */
const advice: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE:
    'Send the header `Content-Type: application/json` with a JSON body, or multipart/form-data with files.',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty. Send JSON with a member `query`.',
  FST_ERR_CTP_INVALID_JSON_BODY:
    'The body is not valid JSON, or has a member `__proto__` or `constructor.prototype`, which is not allowed.',
}

/** Answers errors and unknown paths as JSON. Routes with error texts of their own set another handler. */
export function answerErrors(app: FastifyInstance) {
  app.setErrorHandler(async (error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = error.statusCode ?? 500
    if (error instanceof WorkspaceRequired || error instanceof AccessDenied)
      return refuse(reply, status, error.code, error.message)
    if (status < 500) return refuse(reply, status, 'BAD_REQUEST', advice[error.code ?? ''] ?? error.message)
    const fault = faultOf(error, request, reply)
    return refuse(reply, fault.status, fault.code, fault.message)
  })
  app.setNotFoundHandler((request, reply) =>
    refuse(
      reply,
      404,
      'NOT_FOUND',
      `There is nothing at ${request.method} ${request.url}. The API is at /graphql.`,
    ),
  )
}

/** Logs a fault of the server and gives the answer to it; a client that should repeat the request is told when. */
export function faultOf(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  request.log.error({ err: error }, 'A request failed')
  const fault = serverFault(error, request.id)
  if (fault.status === 503) void reply.header('retry-after', retryAfterSeconds)
  return fault
}

/** Answers requests whose headers Node.js refuses, and closes the connection. */
export const answerClientError = (seconds: number) => (error: ConnectionError, socket: Socket) => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const known: Readonly<Record<string, readonly [status: string, message: string]>> = {
    ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', tooSlow(seconds)],
    HPE_HEADER_OVERFLOW: [
      '431 Request Header Fields Too Large',
      'The headers are too large. Send fewer or shorter ones.',
    ],
  }
  const [status, message] = known[error.code] ?? ['400 Bad Request', 'The request is not valid HTTP.']
  const body = JSON.stringify(errorAnswer('BAD_REQUEST', message))
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
