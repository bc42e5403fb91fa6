import { normalizeIP } from '@fastify/rate-limit'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import { emailKey } from '../domain/people.ts'
import { passwordWindowMs, type Protection, resetWindowMs, signInWindowMs } from '../domain/protection.ts'
import type { Services } from '../usecases/context.ts'
import { attempt, giveBack, type SharedLimit } from '../usecases/people/attempts.ts'
import { browserOf, knownBrowser, knownBrowserSeconds } from './known-browser.ts'

type AuthContext = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0]

/** Which limits hold for a request, from the widest on. Those of the first list count failures only. */
interface Limits {
  readonly failures?: readonly SharedLimit[]
  readonly requests?: readonly SharedLimit[]
}

interface Limited {
  readonly protection: Protection
  /** The header with the address of the client. */
  readonly addressHeader: string
}

const browserCookie = 'known_browser'

/** An address may ask for this many times the links that one account gets. */
const accountsPerAddress = 4

/** Each visit of the page to sign in asks for a challenge of a passkey. */
const challengesPerSignIn = 10

/**
 * Limits attempts to sign in, to guess a password and to ask for mails, over all servers. Every way to better-auth passes
 * here, so its own limits are off.
 *
 * Ten wrong passwords for an account within a quarter of an hour end the attempts of everyone: of any number of
 * addresses. Its person is not locked out by others: a browser in which the person signed in before has a count of its
 * own, and passkeys, sessions and links to reset the password go on.
 */
export function limitAttempts(services: Pick<Services, 'db' | 'now'>, limited: Limited): BetterAuthPlugin {
  const limitsFor = new WeakMap<object, readonly SharedLimit[]>()
  return {
    id: 'limit-attempts',
    hooks: {
      before: [
        {
          matcher: ({ path }) => path !== undefined && Object.hasOwn(rules, path),
          handler: createAuthMiddleware(async (ctx) => {
            const { failures = [], requests = [] } = rules[ctx.path]?.(ctx, limited) ?? {}
            for (const limit of [...failures, ...requests]) await refuseBeyond(services, limit)
            limitsFor.set(ctx.context, failures)
          }),
        },
      ],
      after: [
        {
          matcher: ({ path }) => path !== undefined && Object.hasOwn(rules, path),
          handler: createAuthMiddleware(async (ctx) => {
            if (ctx.context.returned instanceof Error) return
            for (const limit of limitsFor.get(ctx.context) ?? []) await giveBack(services, limit)
            if (ctx.path === '/sign-in/email') rememberBrowser(ctx)
          }),
        },
      ],
    },
  }
}

async function refuseBeyond(services: Pick<Services, 'db' | 'now'>, limit: SharedLimit) {
  const seconds = await attempt(services, limit)
  if (seconds === undefined) return
  const message = `Too many attempts. Try again in ${Math.ceil(seconds / 60)} minutes.`
  throw new APIError(
    'TOO_MANY_REQUESTS',
    { code: 'RATE_LIMITED', message },
    { 'retry-after': String(seconds) },
  )
}

const addressOf = (ctx: AuthContext, { addressHeader }: Limited) =>
  normalizeIP(ctx.headers?.get(addressHeader) ?? '')

const emailOf = ({ body }: AuthContext): string => {
  const { email } = (body ?? {}) as { email?: unknown }
  return typeof email === 'string' ? emailKey(email) : ''
}

const fromAddress = (ctx: AuthContext, limited: Limited, kind: string, max: number, windowMs: number) => ({
  kind,
  key: addressOf(ctx, limited),
  max,
  windowMs,
})

const failedSignIns = (ctx: AuthContext, limited: Limited) =>
  fromAddress(ctx, limited, 'sign-ins of an address', limited.protection.addressSignIns, signInWindowMs)

const wrongPasswords = (kind: string, key: string, { protection }: Limited): SharedLimit => ({
  kind,
  key,
  max: protection.wrongPasswords,
  windowMs: passwordWindowMs,
})

/** The token of the session, which a client can send in several forms. */
function sessionOf(ctx: AuthContext): string {
  const bearer = /^bearer\s+(.*)$/i.exec(ctx.headers?.get('authorization')?.trim() ?? '')?.[1]
  const text = bearer ?? ctx.getCookie(ctx.context.authCookies.sessionToken.name) ?? ''
  const [token = ''] = decoded(text.trim()).split('.', 1)
  return token
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function passwordLimit(ctx: AuthContext, limited: Limited): SharedLimit {
  const email = emailOf(ctx)
  const browser = browserOf(ctx.context.secret, email, ctx.getCookie(cookieOf(ctx).name))
  return browser === undefined
    ? wrongPasswords('passwords of an account', email, limited)
    : wrongPasswords('passwords of a browser', browser, limited)
}

type Rule = (ctx: AuthContext, limited: Limited) => Limits

const rules: Readonly<Record<string, Rule>> = {
  '/sign-in/email': (ctx, limited) => ({
    failures: [failedSignIns(ctx, limited), passwordLimit(ctx, limited)],
  }),
  '/passkey/verify-authentication': (ctx, limited) => ({ failures: [failedSignIns(ctx, limited)] }),
  '/passkey/generate-authenticate-options': (ctx, limited) => {
    const max = limited.protection.addressSignIns * challengesPerSignIn
    return { requests: [fromAddress(ctx, limited, 'challenges of an address', max, signInWindowMs)] }
  },
  '/change-password': (ctx, limited) => ({
    failures: [wrongPasswords('passwords of a session', sessionOf(ctx), limited)],
  }),
  '/reset-password': (ctx, limited) => ({ failures: [failedSignIns(ctx, limited)] }),
  '/request-password-reset': (ctx, limited) => {
    const max = limited.protection.resets
    const ofAddress = fromAddress(
      ctx,
      limited,
      'resets of an address',
      max * accountsPerAddress,
      resetWindowMs,
    )
    return {
      requests: [
        ofAddress,
        { kind: 'resets of an account', key: emailOf(ctx), max, windowMs: resetWindowMs },
      ],
    }
  },
}

const cookieOf = (ctx: AuthContext) =>
  ctx.context.createAuthCookie(browserCookie, { maxAge: knownBrowserSeconds })

/** Lets the person sign in here even while others guess at the password. */
function rememberBrowser(ctx: AuthContext) {
  const { name, attributes } = cookieOf(ctx)
  ctx.setCookie(name, knownBrowser(ctx.context.secret, emailOf(ctx)), attributes)
}
