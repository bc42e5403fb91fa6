import { Writable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { processRequest, Upload } from 'graphql-upload-minimal'
import type { RequestFiles } from '../graphql/uploads.ts'
import { refuse } from './authenticate.ts'

declare module 'fastify' {
  interface FastifyRequest {
    files: RequestFiles | null
  }
}

/** The files of a request; none when it is no multipart one. */
export const filesOf = (request: FastifyRequest): RequestFiles =>
  request.files ?? { count: 0, stop: () => {} }

/** Largest `operations` or `map` part, in bytes. */
const maxFieldBytes = 1024 * 1024

/** How long the rest of an upload that is not wanted any more is taken in, before the connection is closed. */
const drainMs = 5_000

/** Headers that a web page of another origin cannot send without asking first, as in Apollo's CSRF prevention. */
const preflightHeaders = ['apollo-require-preflight', 'x-apollo-operation-name']

/** In place of the parser's message, which looks for the fault in the server. */
const emptyForm = 'The form is empty. Send the parts `operations`, `map` and the file, in this order.'

const isMultipart = (request: FastifyRequest) =>
  /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')

/**
 * Takes multipart requests by the GraphQL multipart request specification: so many files each, streamed to the resolver. Runs
 * after the credentials were checked.
 */
export function multipartUploads(app: FastifyInstance, maxFiles: number) {
  app.decorateRequest('files', null)
  // The parser gets the raw request in the hook below.
  app.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null))

  app.addHook('preHandler', async (request, reply) => {
    if (!isMultipart(request)) return
    if (!preflightHeaders.some((name) => request.headers[name])) {
      const message = 'A multipart request needs the header `Apollo-Require-Preflight: true`.'
      return refuseUnread(request, reply, 400, message)
    }
    try {
      const { raw, stop } = guarded(request)
      request.body = await processRequest(raw, reply.raw, { maxFieldSize: maxFieldBytes, maxFiles })
      request.files = { count: countUploads(request.body), stop }
    } catch (error) {
      const { message, status } = error as Error & { status?: number }
      if (status === 413)
        return refuseUnread(request, reply, 413, `${message} Send at most ${maxFiles} files in a request.`)
      return refuseUnread(request, reply, 400, status === 500 ? emptyForm : message)
    }
  })

  app.addHook('onResponse', async (request) => {
    if (isMultipart(request)) drain(request)
  })
}

/**
 * The request, with a listener on whatever it is piped into. The parser raises a second error for some malformed parts
 * (headers that are too large, control characters) when nobody listens any more, which would end the process.
 */
function guarded({ raw }: FastifyRequest) {
  const pipe = raw.pipe.bind(raw)
  let stop = () => {}
  raw.pipe = (destination, options) => {
    destination.on('error', () => {})
    if (destination instanceof Writable) {
      stop = () => void destination.destroy(new Error('The rest of the request was not read any more.'))
    }
    return pipe(destination, options)
  }
  return { raw, stop: () => stop() }
}

/** How many files the map of a request has put into its operations. Nesting may be deep, so nothing recurs. */
function countUploads(operations: unknown): number {
  const found = new Set<Upload>()
  const pending = [operations]
  while (pending.length > 0) {
    const value = pending.pop()
    if (value instanceof Upload) found.add(value)
    else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value) as unknown[]) pending.push(inner)
    }
  }
  return found.size
}

function refuseUnread(request: FastifyRequest, reply: FastifyReply, status: number, message: string) {
  drain(request)
  return refuse(reply, status, 'BAD_REQUEST', message)
}

/** Lets a client that is still sending read our answer: a connection closed at once would take it away. */
export function drain({ raw }: FastifyRequest) {
  if (raw.complete || raw.destroyed) return
  raw.unpipe()
  raw.resume()
  const timer = setTimeout(() => raw.destroy(), drainMs)
  timer.unref()
  raw.once('close', () => clearTimeout(timer))
}
