import { createServer } from 'node:http'
import Provider from 'oidc-provider'
import { afterAll } from 'vitest'

export interface Identity {
  readonly sub: string
  readonly name: string
  readonly email: string
  readonly email_verified: boolean
}

export const client = { id: 'wordloom', secret: 'a secret of the client' }

/** An OpenID Connect provider that is down until `serve`. Whoever comes is signed in as `state.person`. */
export async function startIdentityProvider() {
  const state: { person?: Identity; provider?: Provider } = {}
  const server = createServer((request, answer) => {
    const { provider, person } = state
    if (!provider || !person) {
      answer.writeHead(503).end()
    } else if (request.url?.startsWith('/interaction/')) {
      const login = { accountId: person.sub }
      void provider.interactionFinished(request, answer, { login }, { mergeWithLastSubmission: false })
    } else {
      void provider.callback()(request, answer)
    }
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  afterAll(() => {
    server.closeAllConnections()
    return new Promise((closed) => server.close(closed))
  })
  const serve = (redirectUri: string) => {
    state.provider = new Provider(issuer, {
      clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [redirectUri] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      cookies: { keys: ['test'] },
      features: { devInteractions: { enabled: false } },
      findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ ...state.person, sub: accountId }) }),
      // Everyone consents.
      loadExistingGrant: async ({ oidc }) => {
        const grant = new oidc.provider.Grant({
          clientId: oidc.client?.clientId ?? '',
          accountId: oidc.session?.accountId ?? '',
        })
        grant.addOIDCScope('openid profile email')
        await grant.save()
        return grant
      },
    })
  }
  return { issuer, state, serve }
}
