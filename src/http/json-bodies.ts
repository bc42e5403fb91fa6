import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { giveAsString, inexactNumber } from '../domain/exact-numbers.ts'
import { type JsonLimits, shapeProblem } from '../domain/json-shape.ts'

/** The server cannot take a body. `statusCode` is the HTTP status of the answer. */
export class BadBody extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

const tooLarge = (bytes: number) =>
  new BadBody(
    413,
    `The body is larger than ${bytes / 1024 ** 2} MiB. Split it into several requests, and send files as ` +
      'multipart/form-data.',
  )

const interrupted = () => new BadBody(400, 'The request was interrupted.')

/** What a client is told whose text does not arrive in time. */
export const tooSlow = (seconds: number) =>
  `The request did not arrive within ${seconds} seconds. Send it again over a faster connection, or split it into ` +
  'several requests.'

/** Parses JSON that arrives within `seconds`. A client that sends a byte now and then cannot hold a connection. */
export function takeJson(app: FastifyInstance, { seconds, limits }: { seconds: number; limits: JsonLimits }) {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', (request, payload, done) => {
    if (request.headers['content-encoding'] !== undefined) {
      done(new BadBody(415, 'Content-Encoding is not supported. Send the body without it.'))
      return
    }
    readAll(payload, seconds, limits.bytes).then(
      (body) => {
        const text = textOf(body, limits)
        if (text instanceof BadBody) done(text)
        else void parse(request, text, done)
      },
      (error: unknown) => done(error as Error),
    )
  })
}

/** The body, unless it becomes too large or takes too long. */
function readAll(payload: IncomingMessage, seconds: number, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(payload.headers['content-length']) > maxBytes) {
      reject(tooLarge(maxBytes))
      return
    }
    if (payload.destroyed) {
      reject(interrupted())
      return
    }
    const chunks: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => end(new BadBody(408, tooSlow(seconds))), seconds * 1000)
    const end = (problem?: Error) => {
      clearTimeout(timer)
      payload.off('data', onData).off('end', onEnd).off('close', onClose)
      if (problem) reject(problem)
      else resolve(Buffer.concat(chunks, size))
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > maxBytes) end(tooLarge(maxBytes))
    }
    const onEnd = () => end()
    const onClose = () => end(interrupted())
    payload.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}

/** The text of a body. Invalid bytes would be replaced and lost, and so would digits. */
function textOf(body: Buffer, limits: JsonLimits): string | BadBody {
  if (!isUtf8(body)) return new BadBody(400, 'The body is not valid UTF-8. Encode it as UTF-8.')
  const problem = shapeProblem(body, limits)
  if (problem !== undefined) return new BadBody(400, problem)
  const text = body.toString()
  const number = inexactNumber(text)
  return number === undefined ? text : new BadBody(400, giveAsString(number))
}
