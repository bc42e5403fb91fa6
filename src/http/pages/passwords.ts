import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { passwordLength } from '../../domain/people.ts'
import { html } from './html.ts'
import { askAuth, Fields, type PageKit, redirect, sendPage, viewOf } from './kit.ts'
import { alert, field, hidden, notice } from './parts.ts'

const forgotPath = '/forgot-password'
const resetPath = '/reset-password'

export const isPassword = ({ length }: string) => length >= passwordLength.min && length <= passwordLength.max

/** `/forgot-password` and `/reset-password`. */
export function passwordPages(app: FastifyInstance, kit: PageKit) {
  app.get(forgotPath, (request, reply) => showForgot(kit, request, reply, {}))

  app.post(forgotPath, async (request, reply) => {
    const email = new Fields(request.body).text('email').trim()
    const { t } = viewOf(request, reply)
    if (!kit.config.mail) return showForgot(kit, request, reply, {})
    const { status } = await askAuth(kit, request, reply, '/request-password-reset', { email })
    if (status === 429) return showForgot(kit, request, reply, { email, problem: t.tooMany, status })
    if (status >= 400) return showForgot(kit, request, reply, { email, wrong: t.badEmail, status: 400 })
    return showForgot(kit, request, reply, { message: t.linkSent })
  })

  app.get(resetPath, (request, reply) => {
    const { token } = request.query as Record<string, unknown>
    return showReset(request, reply, { token: typeof token === 'string' ? token : '' })
  })

  app.post(resetPath, async (request, reply) => {
    const fields = new Fields(request.body)
    const [token, newPassword] = [fields.text('token'), fields.text('password')]
    const { t } = viewOf(request, reply)
    if (!isPassword(newPassword))
      return showReset(request, reply, { token, wrong: t.badPassword, status: 400 })
    const { status } = await askAuth(kit, request, reply, '/reset-password', { token, newPassword })
    if (status < 400) return redirect(reply, '/sign-in?done=password')
    const problem = status === 429 ? t.tooMany : t.invalidReset
    return showReset(request, reply, { token, problem, status: status === 429 ? 429 : 400 })
  })
}

interface Shown {
  readonly problem?: string
  readonly wrong?: string
  readonly status?: number
}

function showForgot(
  { config }: PageKit,
  request: FastifyRequest,
  reply: FastifyReply,
  { email = '', message, problem, wrong, status = 200 }: Shown & { email?: string; message?: string },
) {
  const view = viewOf(request, reply)
  const { t } = view
  const form = html`<p>${t.forgotHelp}</p>
    <form method="post" action="${forgotPath}" novalidate>
      ${field({ name: 'email', label: t.email, type: 'email', value: email, autocomplete: 'username', wrong })}
      <button>${t.sendLink}</button>
    </form>`
  const noMail = html`<p>${t.noMail}</p>
    <p><code>npm run cli -- users reset-password &lt;${t.email}&gt;</code></p>`
  const body = html`${alert(problem)} ${notice(message)}
    <section>${config.mail ? form : noMail}</section>
    <p class="more"><a href="/sign-in">${t.signIn}</a></p>`
  return sendPage(request, reply, view, { title: t.forgotTitle, body, status })
}

function showReset(
  request: FastifyRequest,
  reply: FastifyReply,
  { token, problem, wrong, status = 200 }: Shown & { readonly token: string },
) {
  const view = viewOf(request, reply)
  const { t } = view
  const body = html`${alert(problem)}
    <section>
      <form method="post" action="${resetPath}" novalidate>
        ${hidden('token', token)}
        ${field({
          name: 'password',
          label: t.newPassword,
          type: 'password',
          autocomplete: 'new-password',
          hint: t.passwordHint,
          wrong,
        })}
        <button>${t.setPassword}</button>
      </form>
    </section>
    <p class="more"><a href="${forgotPath}">${t.askAgain}</a></p>`
  return sendPage(request, reply, view, { title: t.resetTitle, body, status })
}
