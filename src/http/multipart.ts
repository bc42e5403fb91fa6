import { Writable } from 'node:stream'
import busboy from 'busboy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { processRequest } from 'graphql-upload-minimal'
import type { OpenedFile, RequestFiles } from '../graphql/uploads.ts'
import { refuse } from './authenticate.ts'

declare module 'fastify' {
  interface FastifyRequest {
    files: RequestFiles | null
  }
}

/** The files of a request; none if it is not a multipart request. */
export const filesOf = (request: FastifyRequest): RequestFiles =>
  request.files ?? { count: 0, stop: () => {} }

/** The maximum size of the parts `operations` and `map`, in bytes. */
const maxFieldBytes = 1024 * 1024

/** The maximum number of parts before the file in a form that is not a GraphQL request. */
const maxParts = 100

/** How long the server reads the rest of an abandoned upload before it closes the connection. */
const drainMs = 5_000

/**
 * Headers that a web page of another origin cannot send without a preflight request, as in Apollo's CSRF prevention.
 */
const preflightHeaders = ['apollo-require-preflight', 'x-apollo-operation-name']

/** Replaces the parser's message, which blames the server. */
const emptyForm = 'The form is empty. Send the parts `operations`, `map` and the file, in this order.'

export const isMultipart = (request: FastifyRequest) =>
  /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')

/**
 * Handles multipart requests according to the GraphQL multipart request specification: up to `maxFiles` files, streamed
 * to the resolver. Runs after the credentials were checked.
 */
export function multipartUploads(app: FastifyInstance, maxFiles: number) {
  app.decorateRequest('files', null)
  // The parser reads the raw request in the hook below.
  app.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null))

  const atMost = `Send at most ${maxFiles} files in one request.`
  const smaller = `Send \`operations\` and \`map\` of at most ${maxFieldBytes / 1024 ** 2} MiB each.`
  app.addHook('preHandler', async (request, reply) => {
    if (!isMultipart(request)) return
    if (!preflightHeaders.some((name) => request.headers[name])) {
      const message = 'A multipart request needs the header `Apollo-Require-Preflight: true`.'
      return refuseUnread(request, reply, 400, message)
    }
    try {
      const { raw, files } = guarded(request)
      request.body = await processRequest(raw, reply.raw, { maxFieldSize: maxFieldBytes, maxFiles })
      request.files = files
    } catch (error) {
      const { message, status } = error as Error & { status?: number }
      if (status === 413)
        return refuseUnread(
          request,
          reply,
          413,
          `${message} ${/file uploads/.test(message) ? atMost : smaller}`,
        )
      return refuseUnread(request, reply, 400, status === 500 ? emptyForm : message)
    }
  })

  app.addHook('onResponse', async (request) => {
    if (isMultipart(request)) drain(request)
  })
}

/**
 * The request and its files, with an error listener on every stream that the request is piped into. For some malformed
 * parts (oversized headers, control characters) the parser raises a second error when nobody listens any more, which
 * would end the process. The map is validated before the library applies it.
 */
function guarded({ raw }: FastifyRequest) {
  const pipe = raw.pipe.bind(raw)
  const files = { count: 0, stop: () => {} }
  raw.pipe = (destination, options) => {
    destination.on('error', () => {})
    if (destination instanceof Writable) {
      files.stop = () => void destination.destroy(new Error('The rest of the request was not read.'))
    }
    const emit = destination.emit.bind(destination)
    let operations: unknown
    destination.emit = (event: string | symbol, name?: unknown, text?: unknown, ...rest: unknown[]) => {
      if (event === 'field' && name === 'operations') operations = parsed(text)
      if (event === 'field' && name === 'map') {
        const map = parsed(text)
        const path = operations === undefined ? undefined : misplaced(operations, map)
        if (path !== undefined) {
          const message = `The map has the path '${path.slice(0, 100)}', but the operations have no null there for a file.`
          return emit('error', new Error(message))
        }
        files.count = Object.keys(Object(map) as object).length
      }
      return emit(event, name, text, ...rest)
    }
    return pipe(destination, options)
  }
  return { raw, files }
}

/** The first file of any form, as soon as it begins to arrive; undefined if there is none. Other parts are skipped. */
export function firstFile({ raw }: FastifyRequest): Promise<OpenedFile | undefined> {
  return new Promise((resolve, reject) => {
    const refuseForm = (error: unknown, statusCode = 400) =>
      reject(Object.assign(error as Error, { statusCode }))
    try {
      const limits = { files: 1, parts: maxParts + 1 }
      const parser = busboy({ headers: raw.headers, defParamCharset: 'utf8', limits })
      // Some malformed parts raise more than one error; without a listener that would end the process.
      parser.on('error', refuseForm)
      parser.on('file', (_field, stream, { filename }) => {
        // The stream may fail before anybody reads it.
        stream.on('error', () => {})
        resolve({ fileName: filename, stream })
      })
      parser.on('partsLimit', () =>
        refuseForm(new Error(`There are more than ${maxParts} parts before the file.`), 413),
      )
      parser.on('finish', () => resolve(undefined))
      raw.once('close', () => {
        if (!raw.readableEnded) parser.destroy(new Error('The request was interrupted.'))
      })
      raw.pipe(parser)
    } catch (error) {
      // The content type has no boundary.
      refuseForm(error)
    }
  })
}

/** Undefined if the text is not JSON; the library reports that. */
function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}

/**
 * A path of the map that does not lead to a null of the operations. The library would put a file there nevertheless:
 * into the methods that all objects share, or so far beyond the end of a list that reading it takes all memory.
 */
function misplaced(operations: unknown, map: unknown): string | undefined {
  const paths = Object.values(Object(map) as object).flat(1) as unknown[]
  return paths.find((path): path is string => {
    if (typeof path !== 'string') return false
    let place = operations
    for (const name of path.split('.')) {
      if (typeof place !== 'object' || place === null || !Object.hasOwn(place, name)) return true
      place = (place as Record<string, unknown>)[name]
    }
    return place !== null
  })
}

function refuseUnread(request: FastifyRequest, reply: FastifyReply, status: number, message: string) {
  drain(request)
  return refuse(reply, status, 'BAD_REQUEST', message)
}

/**
 * Keeps reading so that a client that is still sending can receive the answer; closing the connection at once would
 * discard it.
 */
export function drain({ raw }: FastifyRequest) {
  if (raw.complete || raw.destroyed) return
  raw.unpipe()
  raw.resume()
  const timer = setTimeout(() => raw.destroy(), drainMs)
  timer.unref()
  raw.once('close', () => clearTimeout(timer))
}
