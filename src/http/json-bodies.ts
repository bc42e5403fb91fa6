import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'

/** The maximum size of a JSON body, in bytes: a thousand long paragraphs. Files are not part of it. */
export const maxBodyBytes = 20 * 1024 * 1024

class BadBody extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** Parses JSON strictly as UTF-8: invalid bytes would otherwise be replaced and lost. */
export function takeJson(app: FastifyInstance) {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoded = request.headers['content-encoding'] !== undefined
    if (encoded) done(new BadBody(415, 'Content-Encoding is not supported. Send the body without it.'))
    else if (!isUtf8(body)) done(new BadBody(400, 'The body is not valid UTF-8. Encode it as UTF-8.'))
    else void parse(request, body.toString(), done)
  })
}
