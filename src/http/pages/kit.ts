import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Auth } from '../../auth/auth.ts'
import type { Config } from '../../config.ts'
import { Failure } from '../../domain/failure.ts'
import { WorkspaceRequired } from '../../domain/workspace-trash.ts'
import type { Ctx, Services } from '../../usecases/context.ts'
import { identify } from '../../usecases/people/identify.ts'
import { callAuth } from '../auth-request.ts'
import { credentialOf } from '../credentials.ts'
import type { AllowsOrigin } from '../origins.ts'
import { type Html, html } from './html.ts'
import { chooseLanguage } from './language.ts'
import type { Texts } from './texts-en.ts'
import { type Language, texts } from './texts.ts'

/** What the pages are made with. */
export interface PageKit {
  readonly auth: Auth
  readonly services: Services
  readonly config: Pick<Config, 'publicUrl' | 'oidc' | 'mail'>
  readonly allows: AllowsOrigin
}

/** The language of a request, with its texts. */
export interface View {
  readonly lang: Language
  readonly t: Texts
}

export function viewOf(request: FastifyRequest, reply: FastifyReply): View {
  const lang = chooseLanguage(request, reply)
  return { lang, t: texts[lang] }
}

const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'"

/** The URL of the server as clients know it, without a trailing slash. */
export const baseUrl = ({ config }: Pick<PageKit, 'config'>, { protocol, host }: FastifyRequest) =>
  config.publicUrl ?? `${protocol}://${host}`

export interface Page {
  readonly title: string
  readonly body: Html
  readonly status?: number
  readonly isWide?: boolean
  /** Sends the browser on at once. */
  readonly continueAt?: string
}

/** The URL of this page in the other language. */
function otherLanguage(request: FastifyRequest, lang: Language) {
  const url = new URL(request.url, 'http://here.invalid')
  url.searchParams.set('lang', lang === 'en' ? 'zh' : 'en')
  return `${url.pathname}${url.search}`
}

/** Answers with a page, which no cache and no frame may have. */
export function sendPage(request: FastifyRequest, reply: FastifyReply, { lang, t }: View, page: Page) {
  const { text } = html`<!doctype html>
    <html lang="${lang}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${page.continueAt !== undefined && html`<meta http-equiv="refresh" content="0; url=${page.continueAt}" />`}
        <title>${page.title} – Wordloom</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/sign-in/style.css" />
        <script src="/sign-in/passkeys.js" defer></script>
      </head>
      <body class="${page.isWide === true ? 'wide' : 'narrow'}">
        <header class="bar">
          <span class="brand">Wordloom</span>
          <a href="${otherLanguage(request, lang)}" lang="${lang === 'en' ? 'zh-CN' : 'en'}"
            >${t.otherLanguage}</a
          >
        </header>
        <main>
          <h1>${page.title}</h1>
          ${page.body}
        </main>
      </body>
    </html> `
  return (
    reply
      .code(page.status ?? 200)
      .header('cache-control', 'no-store')
      .header('content-security-policy', policy)
      .header('x-frame-options', 'DENY')
      .header('x-content-type-options', 'nosniff')
      // Addresses of pages contain secrets; forms need an origin, which `no-referrer` would take from them.
      .header('referrer-policy', 'same-origin')
      .type('text/html; charset=utf-8')
      .send(text)
  )
}

/** Sends the browser to another page after a form. */
export const redirect = (reply: FastifyReply, path: string) =>
  reply.header('cache-control', 'no-store').redirect(path, 303)

/** Asks better-auth as the sender of a request, and hands on the cookies that it sets. */
export async function askAuth(
  kit: PageKit,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  body: object,
) {
  const answer = await callAuth(kit.auth, request, baseUrl(kit, request), path, body)
  for (const cookie of answer.cookies) void reply.header('set-cookie', cookie)
  return answer
}

/** The context of the person whose session the cookie of a request names; undefined without a valid one. */
export async function personCtx(kit: PageKit, request: FastifyRequest): Promise<Ctx | undefined> {
  const credential = credentialOf(request)
  if (!credential?.isCookie) return undefined
  const actor = await identify(kit.services, credential.text, undefined)
  if (actor === undefined || actor instanceof Failure || actor instanceof WorkspaceRequired) return undefined
  return { ...kit.services, actor, log: request.log, requestId: request.id, ipAddress: request.ip }
}

/** The fields of a submitted form. */
export class Fields {
  readonly #given: URLSearchParams

  constructor(body: unknown) {
    this.#given = new URLSearchParams(typeof body === 'string' ? body : '')
  }

  /** A field, empty if it is missing. */
  text(name: string): string {
    return this.#given.get(name) ?? ''
  }
}
