import type { FastifyInstance } from 'fastify'
import { faultOf } from '../errors.ts'
import { mayBeFromOtherSite } from '../cross-site.ts'
import { accountPages } from './account.ts'
import { html } from './html.ts'
import { invitationPages } from './invitation.ts'
import { type PageKit, sendPage, viewOf } from './kit.ts'
import { alert } from './parts.ts'
import { passwordPages } from './passwords.ts'
import { providerPages } from './provider.ts'
import { script } from './script.ts'
import { signInPages } from './sign-in.ts'
import { style } from './style.ts'

/** The largest form, in bytes. */
const maxFormBytes = 16 * 1024

/** The pages on which people sign in, register and manage their account: plain forms that work without a script. */
export function signInPageRoutes(app: FastifyInstance, kit: PageKit) {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: maxFormBytes },
    (_request, body, done) => done(null, body),
  )
  app.addHook('preValidation', async (request, reply) => {
    if (request.method !== 'POST' || !mayBeFromOtherSite(request, kit.allows)) return
    const view = viewOf(request, reply)
    return sendPage(request, reply, view, {
      title: view.t.signIn,
      body: html`${alert(view.t.otherSite)}`,
      status: 403,
    })
  })
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    const view = viewOf(request, reply)
    const status = error.statusCode ?? 500
    const fault = status < 500 ? undefined : faultOf(error, request, reply)
    const { t } = view
    const messages = fault ? `${t.failed} ${t.failedWith(request.id)}` : t.badForm
    return sendPage(request, reply, view, {
      title: 'Wordloom',
      body: html`${alert(messages)}`,
      status: fault?.status ?? status,
    })
  })
  const files = [
    ['/sign-in/style.css', 'text/css', style],
    ['/sign-in/passkeys.js', 'text/javascript', script],
  ] as const
  for (const [path, type, text] of files) {
    app.get(path, (_request, reply) =>
      reply.type(`${type}; charset=utf-8`).header('cache-control', 'public, max-age=3600').send(text),
    )
  }
  signInPages(app, kit)
  providerPages(app, kit)
  invitationPages(app, kit)
  passwordPages(app, kit)
  accountPages(app, kit)
}
