import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure, InvalidInput } from '../../domain/failure.ts'
import { EmailTaken, InvitationInvalid } from '../../domain/people.ts'
import { acceptInvitation, type NewPerson, registerByInvitation } from '../../usecases/people/invitations.ts'
import { type InvitationPreview, previewInvitation } from '../../usecases/people/invitation-preview.ts'
import { readPerson } from '../../usecases/people/read-account.ts'
import { type Html, html } from './html.ts'
import { askAuth, Fields, type PageKit, personCtx, redirect, sendPage, type View, viewOf } from './kit.ts'
import { withNext } from './next.ts'
import { alert, buttonForm, field, providerButton } from './parts.ts'
import { providerProblem } from './provider.ts'
import { signOutForm } from './sign-in.ts'
import type { Texts } from './texts-en.ts'

interface Route {
  Params: { secret: string }
}

type Shown = Partial<Omit<NewPerson, 'password'>> & {
  readonly problem?: string | undefined
  readonly wrong?: ReadonlyMap<string, string>
  readonly status?: number
}

/** `/invitations/:secret`: new people register here, others accept. */
export function invitationPages(app: FastifyInstance, kit: PageKit) {
  const path = '/invitations/:secret'
  app.get<Route>(path, (request, reply) => {
    const { error } = request.query as Record<string, unknown>
    return show(kit, request, reply, { problem: providerProblem(error, viewOf(request, reply).t) })
  })

  app.post<Route>(path, async (request, reply) => {
    const fields = new Fields(request.body)
    const [name, email, password] = [fields.text('name'), fields.text('email'), fields.text('password')]
    const { secret } = request.params
    const result = await registerByInvitation(kit.services, secret, { name, email, password })
    const { t } = viewOf(request, reply)
    if (result instanceof InvalidInput) {
      const wrong = new Map(result.issues.map(({ path: at }) => [at, problemOf(at, t)]))
      return show(kit, request, reply, { name, email, wrong, status: 400 })
    }
    if (result instanceof EmailTaken) {
      return show(kit, request, reply, { name, email, problem: t.emailTaken, status: 409 })
    }
    if (result instanceof InvitationInvalid) return invalid(request, reply)
    // An invitation may say which address it is for.
    const signIn = { email: result.email, password }
    const { status } = await askAuth(kit, request, reply, '/sign-in/email', signIn)
    return redirect(reply, status < 400 ? '/account?done=joined' : '/sign-in')
  })

  app.post<Route>(`${path}/accept`, async (request, reply) => {
    const { secret } = request.params
    const ctx = await personCtx(kit, request)
    if (!ctx) return redirect(reply, withNext('/sign-in', `/invitations/${secret}`))
    const result = await acceptInvitation(kit.services, secret, ctx.actor.id)
    return result instanceof Failure ? invalid(request, reply) : redirect(reply, '/account?done=joined')
  })
}

const problemOf = (path: string, t: Texts) =>
  ({ name: t.badName, email: t.badEmail, password: t.badPassword })[path] ?? t.badForm

function invalid(request: FastifyRequest, reply: FastifyReply) {
  const view = viewOf(request, reply)
  const body = html`${alert(view.t.invalidInvitation)}
    <p class="more"><a href="/sign-in">${view.t.signIn}</a></p>`
  return sendPage(request, reply, view, { title: view.t.invitation, body, status: 404 })
}

async function show(
  kit: PageKit,
  request: FastifyRequest<Route>,
  reply: FastifyReply,
  { problem, status = 200, ...given }: Shown,
) {
  const { secret } = request.params
  const preview = await previewInvitation(kit.services, secret)
  if (preview instanceof InvitationInvalid) return invalid(request, reply)
  const view = viewOf(request, reply)
  const ctx = await personCtx(kit, request)
  const person = ctx && (await readPerson(ctx))
  const action = `/invitations/${encodeURIComponent(secret)}`
  const choice = person
    ? acceptAs(view.t, action, person, preview)
    : html`${registration(view.t, action, preview, given)}
      ${!preview.isSetup && signInInstead(kit, view.t, action)}`
  const body = html`${alert(problem)} ${about(view, preview)} ${choice}`
  return sendPage(request, reply, view, { title: view.t.invitation, body, status })
}

const about = ({ t, lang }: View, { workspace, role, invitedBy, isSetup, expiresAt }: InvitationPreview) => {
  const until = new Intl.DateTimeFormat(lang, { dateStyle: 'long', timeZone: 'UTC' }).format(expiresAt)
  return html`<section>
    <p>${isSetup ? t.setup : invitedBy === null ? t.invited : t.invites(invitedBy)}</p>
    <h2>${workspace}</h2>
    <dl>
      <dt>${t.roleThere}</dt>
      <dd>${t.roles[role]}</dd>
      <dt>${t.validUntil}</dt>
      <dd><time datetime="${expiresAt.toISOString()}">${until}</time></dd>
    </dl>
  </section>`
}

function acceptAs(
  t: Texts,
  action: string,
  person: { readonly name: string; readonly email: string },
  { email }: InvitationPreview,
): Html {
  const isOther = email !== null && email !== person.email
  return html`<section>
    <p>${t.acceptAs(person.name, person.email)}</p>
    ${isOther && html`<p>${t.forOther(email)}</p>`}
    <div class="actions">
      ${!isOther && buttonForm(`${action}/accept`, t.accept, undefined, 'full')} ${signOutForm(t, action)}
    </div>
  </section>`
}

function registration(t: Texts, action: string, preview: InvitationPreview, given: Shown): Html {
  const wrong = (name: string) => given.wrong?.get(name)
  return html`<section>
    <h2>${t.joinTitle}</h2>
    <form method="post" action="${action}" novalidate>
      ${field({ name: 'name', label: t.name, value: given.name ?? '', autocomplete: 'name', wrong: wrong('name') })}
      ${field({
        name: 'email',
        label: t.email,
        type: 'email',
        value: preview.email ?? given.email ?? '',
        autocomplete: 'username',
        wrong: wrong('email'),
        isFixed: preview.email !== null,
      })}
      ${field({
        name: 'password',
        label: t.password,
        type: 'password',
        autocomplete: 'new-password',
        hint: t.passwordHint,
        wrong: wrong('password'),
      })}
      <button>${t.join}</button>
    </form>
  </section>`
}

const signInInstead = ({ config }: PageKit, t: Texts, action: string) =>
  html`<section>
    <h2>${t.haveAccount}</h2>
    <div class="actions">
      <a class="button plain" href="${withNext('/sign-in', action)}">${t.signInFirst}</a>
      ${providerButton(config.oidc, t, `${action}/provider`)}
    </div>
  </section>`
