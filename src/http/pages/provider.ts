import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { providerId } from '../../auth/oidc.ts'
import { html } from './html.ts'
import { askAuth, baseUrl, Fields, type PageKit, redirect, sendPage, viewOf } from './kit.ts'
import { ownPath, withNext } from './next.ts'
import type { Texts } from './texts-en.ts'

/** Where the browser comes back to from the provider, and where a person who is new here continues. */
interface Journey {
  readonly callbackURL: string
  readonly errorCallbackURL: string
  readonly newUserCallbackURL?: string
  readonly additionalData?: { readonly invitation: string }
}

/** The texts for the codes with which the way back from a provider ends. */
export function providerProblem(code: unknown, t: Texts): string | undefined {
  if (typeof code !== 'string') return undefined
  const known: Readonly<Record<string, string>> = {
    not_invited: t.notInvited,
    email_not_found: t.notVerified,
    not_verified: t.notVerified,
    other_email: t.otherEmail,
    invalid_invitation: t.invalidInvitation,
    account_not_linked: t.notLinked,
    account_already_linked_to_different_user: t.linkedOther,
    email_does_not_match: t.linkedOther,
    unable_to_link_account: t.linkedOther,
    provider_down: t.providerDown,
    oauth_provider_not_found: t.providerDown,
  }
  return known[code] ?? t.providerRefused
}

const withError = (path: string, code: string) =>
  `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams({ error: code }).toString()}`

/**
 * Leads the browser to the provider. Not by a redirect: browsers only follow those of forms to sites that the policy of
 * the page names, and a provider may lead on to others.
 */
async function leave(
  kit: PageKit,
  request: FastifyRequest,
  reply: FastifyReply,
  path: '/sign-in/social' | '/link-social',
  journey: Journey,
) {
  const body = { provider: providerId, disableRedirect: true, ...journey }
  const { status, url } = await askAuth(kit, request, reply, path, body)
  if (status >= 400 || url === undefined)
    return redirect(reply, withError(journey.errorCallbackURL, 'provider_down'))
  const view = viewOf(request, reply)
  const title = view.t.toProvider(kit.config.oidc?.name ?? '')
  const page = html`<p><a class="button" href="${url}">${title}</a></p>`
  return sendPage(request, reply, view, { title, body: page, continueAt: url })
}

/** The ways to an identity provider: to sign in, to accept an invitation, and to connect it with one's account. */
export function providerPages(app: FastifyInstance, kit: PageKit) {
  if (!kit.config.oidc) return
  app.post('/sign-in/provider', (request, reply) => {
    const next = ownPath(new Fields(request.body).text('next'))
    const base = baseUrl(kit, request)
    return leave(kit, request, reply, '/sign-in/social', {
      callbackURL: `${base}${next ?? '/account'}`,
      errorCallbackURL: withNext('/sign-in', next),
    })
  })
  app.post<{ Params: { secret: string } }>('/invitations/:secret/provider', (request, reply) => {
    const { secret } = request.params
    const page = `/invitations/${encodeURIComponent(secret)}`
    return leave(kit, request, reply, '/sign-in/social', {
      callbackURL: `${baseUrl(kit, request)}${page}`,
      newUserCallbackURL: `${baseUrl(kit, request)}/account?done=joined`,
      errorCallbackURL: page,
      additionalData: { invitation: secret },
    })
  })
  app.post('/account/provider', (request, reply) =>
    leave(kit, request, reply, '/link-social', {
      callbackURL: `${baseUrl(kit, request)}/account?done=connected`,
      errorCallbackURL: '/account',
    }),
  )
}
