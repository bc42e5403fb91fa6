import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { JsonLimits } from '../domain/json-shape.ts'
import type { OpenedFile, RequestFiles } from '../graphql/uploads.ts'
import { refuse } from './authenticate.ts'
import { BadForm, readForm } from './forms.ts'
import { readOperations } from './graphql-form.ts'
import { tooSlow } from './json-bodies.ts'

declare module 'fastify' {
  interface FastifyRequest {
    files: RequestFiles | null
  }
}

/** The files of a request; none if it is not a multipart request. */
export const filesOf = (request: FastifyRequest): RequestFiles =>
  request.files ?? { count: 0, stop: () => {} }

/** The maximum number of parts before the file in a form that is not a GraphQL request. */
const maxParts = 100

/** How long the server reads the rest of an abandoned upload before it closes the connection. */
const drainMs = 5_000

/**
 * Headers that a web page of another origin cannot send without a preflight request, as in Apollo's CSRF prevention.
 */
const preflightHeaders = ['apollo-require-preflight', 'x-apollo-operation-name']

export const isMultipart = (request: FastifyRequest) =>
  /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')

/**
 * Handles multipart requests according to the GraphQL multipart request specification: up to `maxFiles` files, streamed
 * to the resolver. Runs after the credentials were checked.
 */
export function multipartUploads(
  app: FastifyInstance,
  { maxFiles, seconds, json }: { maxFiles: number; seconds: number; json: JsonLimits },
) {
  app.decorateRequest('files', null)
  // The parser reads the raw request in the hook below.
  app.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null))

  app.addHook('preHandler', async (request, reply) => {
    if (!isMultipart(request)) return
    if (!preflightHeaders.some((name) => request.headers[name])) {
      const message = 'A multipart request needs the header `Apollo-Require-Preflight: true`.'
      return refuseUnread(request, reply, 400, message)
    }
    try {
      const { body, files } = await inTime(seconds, readOperations(request.raw, { maxFiles, json }))
      request.body = body
      request.files = files
    } catch (error) {
      if (!(error instanceof BadForm)) throw error
      return refuseUnread(request, reply, error.statusCode, error.message)
    }
  })
}

/** The parts before the files have to arrive in time. The files take as long as they need. */
async function inTime<T>(seconds: number, parts: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new BadForm(tooSlow(seconds), 408)), seconds * 1000)
  })
  return Promise.race([parts, late]).finally(() => clearTimeout(timer))
}

/** The first file of any form, as soon as it begins to arrive; undefined if there is none. Other parts are skipped. */
export const firstFile = ({ raw }: FastifyRequest, seconds: number): Promise<OpenedFile | undefined> =>
  inTime(
    seconds,
    new Promise((resolve, reject) => {
      readForm(raw, {
        limits: { files: 1, parts: maxParts + 1 },
        tooManyParts: new BadForm(`There are more than ${maxParts} parts before the file.`, 413),
        file: (_name, file) => resolve(file),
        end: (error) => (error ? reject(error) : resolve(undefined)),
      })
    }),
  )

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
