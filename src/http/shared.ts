import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../domain/failure.ts'
import type { Services } from '../usecases/context.ts'
import { openShared, type SharedBook, type SharedBookshelf } from '../usecases/sharing/shared-page.ts'
import { refuse } from './authenticate.ts'
import { missingPage, sharedHtml, sharedPolicy } from './shared-html.ts'

interface SharedRoute {
  Params: { secret: string; bookId?: string }
  Querystring: Record<string, unknown>
}

const noLink =
  'This link leads nowhere: it does not exist, has expired or was revoked, or what it showed is gone.'

/**
 * `GET /shared/{secret}` and, on a shared bookshelf, `GET /shared/{secret}/books/{id}`: what a share link shows, as JSON
 * or, for browsers, as a page. The secret in the path is the only credential.
 */
export function sharedRoutes(app: FastifyInstance, services: Services, publicUrl: string | undefined) {
  app.addHook('onRequest', async (_request, reply) => {
    void reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow, noarchive',
      vary: 'Accept',
    })
  })
  const serve = async (request: FastifyRequest<SharedRoute>, reply: FastifyReply) => {
    const { secret, bookId } = request.params
    const { after } = request.query
    const base = publicUrl ?? `${request.protocol}://${request.host}`
    const asked = { secret, bookId, after: typeof after === 'string' ? after : undefined }
    const shown = await openShared({ ...services, publicUrl: base }, asked)
    if (shown instanceof Failure) return refuse(reply, 400, 'BAD_USER_INPUT', shown.message)
    const isPage = request.headers.accept?.includes('text/html') === true
    if (isPage) void reply.type('text/html; charset=utf-8').header('content-security-policy', sharedPolicy)
    if (!shown)
      return isPage ? reply.code(404).send(missingPage(noLink)) : refuse(reply, 404, 'NOT_FOUND', noLink)
    const link = `${base}/shared/${encodeURIComponent(secret)}`
    const answer = withLinks(shown, link, bookId)
    return reply.send(isPage ? sharedHtml(answer, bookId === undefined ? null : link) : answer)
  }
  for (const url of ['/shared/:secret', '/shared/:secret/books/:bookId'])
    app.route<SharedRoute>({ method: ['GET', 'HEAD'], url, handler: serve })
}

/** The same with the URLs of the next page and of the books. */
function withLinks(shown: SharedBook | SharedBookshelf, link: string, bookId: string | undefined) {
  const booksUrl = `${link}/books/`
  const page = bookId === undefined ? link : booksUrl + bookId
  const next = shown.next === null ? null : `${page}?after=${encodeURIComponent(shown.next)}`
  if (shown.type === 'BOOK') return { ...shown, next }
  return { ...shown, next, books: shown.books.map((book) => ({ ...book, url: booksUrl + book.id })) }
}

/** What the answer has. */
export type SharedAnswer = ReturnType<typeof withLinks>
