import { APIError, getOAuthState } from 'better-auth/api'
import { genericOAuth } from 'better-auth/plugins'
import type { BetterAuthOptions, BetterAuthPlugin } from 'better-auth'
import { Failure } from '../domain/failure.ts'
import type { OidcConfig } from '../sign-in-config.ts'
import type { Services } from '../usecases/context.ts'
import { acceptArrival, type Arrival, arrivalProblem, forgetArrival } from '../usecases/people/arrivals.ts'

/** The name of the configured identity provider in URLs and accounts. */
export const providerId = 'oidc'

/**
 * Signs people in at an OpenID Connect provider. Its configuration is read when somebody first wants to, and again until
 * that works: a provider that is down neither delays the start of this server nor is it lost until the next one.
 */
export function oidcPlugin({ issuer, clientId, clientSecret, name }: OidcConfig): BetterAuthPlugin {
  const config = {
    providerId,
    name,
    clientId,
    ...(clientSecret === undefined ? { tokenEndpointAuth: { method: 'none' } as const } : { clientSecret }),
    discoveryUrl: `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`,
    scopes: ['openid', 'profile', 'email'],
    pkce: true,
    requireIdTokenVerification: true,
  }
  const plugin = genericOAuth({ config: [config] })
  return {
    ...plugin,
    // The plugin retries what is pending before each request that needs it, with a limit of time.
    init: async () => ({ context: { genericOAuthPendingDiscovery: new Map([[providerId, config]]) } }),
  }
}

/** Accounts at the provider: we only need to know whose they are, so its tokens are not kept. */
export const providerAccounts = {
  updateAccountOnSignIn: false,
  // In a cookie, encrypted: nothing is written for people who do not come back.
  storeStateStrategy: 'cookie',
  // Who has signed in may connect an account with another address. By itself the library connects only people whose
  // address both the provider and we have verified: somebody could register with that of another person and wait.
  accountLinking: { allowDifferentEmails: true },
} as const satisfies BetterAuthOptions['account']

const withoutTokens = { accessToken: null, refreshToken: null, idToken: null }

const refuse = ({ code, message }: { readonly code: string; readonly message: string }) =>
  new APIError('FORBIDDEN', { code, message })

/** New people come from a provider only by an invitation, which they accept by coming. */
export const arrivalHooks = (services: Services): BetterAuthOptions['databaseHooks'] => ({
  user: {
    create: {
      before: async ({ name, email, emailVerified }) => {
        const problem = await arrivalProblem(services, await arrivalOf(email, emailVerified))
        if (problem) throw refuse(problem)
        return { data: { name: name.trim().slice(0, 200) || (email.split('@', 1)[0] ?? email) } }
      },
      after: async ({ id, email, emailVerified }) => {
        const outcome = await acceptArrival(services, await arrivalOf(email, emailVerified), id)
        if (!(outcome instanceof Failure)) return
        await forgetArrival(services, id)
        throw refuse({ code: 'invalid_invitation', message: outcome.message })
      },
    },
  },
  account: { create: { before: async (account) => ({ data: { ...account, ...withoutTokens } }) } },
})

/** The secret of the invitation comes with the browser, through the way to the provider and back. */
async function arrivalOf(email: string, isVerified: boolean): Promise<Arrival> {
  const state: unknown = await getOAuthState()
  const secret = (state as { readonly invitation?: unknown } | null)?.invitation
  return { email, isVerified, secret: typeof secret === 'string' ? secret : undefined }
}
