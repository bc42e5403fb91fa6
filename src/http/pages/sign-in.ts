import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { html } from './html.ts'
import { askAuth, Fields, type PageKit, personCtx, redirect, sendPage, viewOf } from './kit.ts'
import { ownPath, withNext } from './next.ts'
import { alert, buttonForm, field, hidden, notice, providerButton } from './parts.ts'
import { providerProblem } from './provider.ts'
import type { Texts } from './texts-en.ts'

const path = '/sign-in'

/** Where a sign-in ends that was not asked for by another page. */
const accountPath = '/account'

interface Shown {
  readonly email?: string
  readonly next: string | undefined
  readonly problem?: string | undefined
  readonly message?: string | undefined
  readonly status?: number
}

/** `/sign-in`, by password, passkey or provider, and `/sign-out`. */
export function signInPages(app: FastifyInstance, kit: PageKit) {
  app.get(path, async (request, reply) => {
    const { next: asked, error, done } = request.query as Record<string, unknown>
    const next = ownPath(asked)
    const { t } = viewOf(request, reply)
    if (error === undefined && (await personCtx(kit, request))) return redirect(reply, next ?? accountPath)
    const message = { password: t.passwordSet, out: t.signedOut }[String(done)]
    return show(kit, request, reply, { next, message, problem: providerProblem(error, t) })
  })

  app.post(path, async (request, reply) => {
    const fields = new Fields(request.body)
    const next = ownPath(fields.text('next'))
    const email = fields.text('email').trim()
    const body = { email, password: fields.text('password') }
    const { status } = await askAuth(kit, request, reply, '/sign-in/email', body)
    if (status < 400) return redirect(reply, next ?? accountPath)
    const { t } = viewOf(request, reply)
    const problem = status === 429 ? t.tooMany : t.wrongPassword
    return show(kit, request, reply, { next, email, problem, status: status === 429 ? 429 : 401 })
  })

  app.post('/sign-out', async (request, reply) => {
    const next = ownPath(new Fields(request.body).text('next'))
    await askAuth(kit, request, reply, '/sign-out', {})
    return redirect(reply, next ?? `${path}?done=out`)
  })
}

function show(
  { config }: PageKit,
  request: FastifyRequest,
  reply: FastifyReply,
  { email = '', next, problem, message, status = 200 }: Shown,
) {
  const view = viewOf(request, reply)
  const { t } = view
  const continued = hidden('next', next)
  const body = html`${alert(problem)} ${notice(message)}
    <section>
      <form method="post" action="${path}" novalidate>
        ${continued}
        ${field({ name: 'email', label: t.email, type: 'email', value: email, autocomplete: 'username' })}
        ${field({ name: 'password', label: t.password, type: 'password', autocomplete: 'current-password' })}
        <button>${t.signIn}</button>
      </form>
      <p class="more"><a href="/forgot-password">${t.forgot}</a></p>
      ${passkeyForm(t, next)} ${config.oidc && html`<p class="or">${t.or}</p>`}
      ${providerButton(config.oidc, t, '/sign-in/provider', continued)}
    </section>
    <p class="more">${t.noAccount}</p>`
  return sendPage(request, reply, view, { title: t.signIn, body, status })
}

const passkeyForm = (t: Texts, next: string | undefined) =>
  html`<form
    data-passkeys="sign-in"
    data-next="${next ?? accountPath}"
    data-failed="${t.passkeyFailed}"
    hidden
  >
    <p class="or">${t.or}</p>
    <p class="alert" role="alert" hidden></p>
    <button class="plain">${t.withPasskey}</button>
  </form>`

/** A form that signs out and then continues elsewhere. */
export const signOutForm = (t: Texts, next?: string) =>
  buttonForm('/sign-out', t.signOut, hidden('next', next))

/** Sends the browser to sign in and then back to a page. */
export const signInFirst = (reply: FastifyReply, next: string) => redirect(reply, withNext(path, next))
