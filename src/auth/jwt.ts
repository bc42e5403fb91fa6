import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose'
import { IdentityProviderUnavailable } from '../domain/identity-provider-unavailable.ts'
import { emailKey } from '../domain/people.ts'
import type { JwtConfig } from '../sign-in-config.ts'
import type { JwtClaims, JwtVerifier } from '../usecases/context.ts'

/** Only keys of two halves: with a shared secret, anyone who can check a token could make one. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

const clockToleranceSeconds = 30
const answerMs = 5_000

/** After an unknown key the keys are read again, but not more often than this, in milliseconds. */
const defaultCooldownMs = 5_000

/** The provider could not be asked, or its answer was of no use. */
class ProviderFault extends Error {}

/** Any failure of a request to the provider is a fault of its side, never of the token. */
async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs), ...init })
    if (response.ok) return response
    throw new Error(`${url} answers ${response.status}.`)
  } catch (cause) {
    throw new ProviderFault('The identity provider does not answer.', { cause })
  }
}

/** Where the configuration of an issuer says that its keys are. */
async function discoverKeys(issuer: string): Promise<string> {
  const response = await ask(`${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`)
  const { jwks_uri: url } = (await response.json().catch(() => ({}))) as { readonly jwks_uri?: unknown }
  if (typeof url === 'string' && URL.canParse(url)) return url
  throw new ProviderFault(`The configuration of ${issuer} names no keys.`)
}

/** Verifies the tokens of an issuer by its keys, which are read when they are first needed, and again when they change. */
export function openJwtVerifier(
  { issuer, audience, jwksUrl }: JwtConfig,
  cooldownDuration = defaultCooldownMs,
): JwtVerifier {
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined
  const options = { issuer, audience, algorithms, clockTolerance: clockToleranceSeconds }
  const open = async () => {
    const url = new URL(jwksUrl ?? (await discoverKeys(issuer)))
    return createRemoteJWKSet(url, { cooldownDuration, timeoutDuration: answerMs, [customFetch]: ask })
  }
  return {
    verify: async (token) => {
      try {
        keys ??= await open()
        const { payload } = await jwtVerify(token, keys, { ...options, requiredClaims: ['exp', 'sub'] })
        return claimsOf(issuer, payload)
      } catch (error) {
        if (isFaultOfProvider(error)) throw new IdentityProviderUnavailable(error)
        if (error instanceof errors.JOSEError) return undefined
        throw error
      }
    },
  }
}

const isFaultOfProvider = (error: unknown) =>
  error instanceof ProviderFault || error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid

function claimsOf(
  issuer: string,
  { sub, email, email_verified: isVerified }: JWTPayload,
): JwtClaims | undefined {
  if (sub === undefined || sub === '') return undefined
  return {
    issuer,
    subject: sub,
    email: isVerified === true && typeof email === 'string' ? emailKey(email) : undefined,
  }
}
