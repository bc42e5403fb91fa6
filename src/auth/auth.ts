import { passkey } from '@better-auth/passkey'
import { betterAuth, type BetterAuthOptions, type User } from 'better-auth'
import { isAPIError } from 'better-auth/api'
import { bearer } from 'better-auth/plugins'
import type { Config } from '../config.ts'
import { markEmailVerified, signInSecret } from '../db/people/users.ts'
import { passwordLength, resetMs, sessionMs } from '../domain/people.ts'
import { newId, type Log, type Services } from '../usecases/context.ts'
import { resetMail, sendMail } from '../usecases/people/mails.ts'
import { resetPath } from '../usecases/people/reset-link.ts'
import { newSecret } from '../usecases/people/secrets.ts'
import { auditHooks } from './audit-hooks.ts'
import { limitAttempts } from './limits.ts'
import { arrivalHooks, oidcPlugin, providerAccounts } from './oidc.ts'
import { tables } from './tables.ts'

/** The path below which better-auth answers. */
export const authPath = '/auth'

/** The beginning of the names of all cookies. */
export const cookiePrefix = 'wordloom'

/** The header in which the server tells better-auth the address of a client. Those that clients send are dropped. */
export const addressHeader = 'x-wordloom-address'

export type Auth = Awaited<ReturnType<typeof createAuth>>

/** Sets up better-auth on our database: it signs people in and out, our use cases say what they may do. */
export async function createAuth(config: Config, services: Services, log: Log) {
  const { db, now } = services
  const secret = await signInSecret(db, newSecret(), now())
  const audited = auditHooks(services, addressHeader)
  return betterAuth({
    appName: 'Wordloom',
    // A server that only this machine reaches has several names.
    baseURL: config.publicUrl ?? { allowedHosts: ['localhost:*', '127.0.0.1:*', '[::1]:*'] },
    basePath: authPath,
    secret,
    database: db.pool,
    ...tables,
    session: {
      ...tables.session,
      expiresIn: sessionMs / 1000,
      // Each request would be a write otherwise.
      disableSessionRefresh: true,
    },
    emailAndPassword: {
      enabled: true,
      // People come by invitations.
      disableSignUp: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      revokeSessionsOnPasswordReset: true,
      resetPasswordTokenExpiresIn: resetMs / 1000,
      ...resets(services, log),
      onPasswordReset: async ({ user }) => {
        // The link went to that address.
        if (services.mail) await markEmailVerified(db, user.id, now())
        await audited.passwordWasReset(user)
      },
    },
    account: { ...tables.account, ...providerAccounts },
    hooks: audited.hooks,
    databaseHooks: { ...arrivalHooks(services), ...audited.databaseHooks },
    trustedOrigins: [...config.corsOrigins],
    plugins: [
      bearer(),
      passkeys(config),
      ...(config.oidc ? [oidcPlugin(config.oidc)] : []),
      limitAttempts(services, { ...config, addressHeader }),
    ],
    // `limitAttempts` counts for all servers of this database together.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix,
      ipAddress: { ipAddressHeaders: [addressHeader] },
      useSecureCookies: config.publicUrl?.startsWith('https:') ?? false,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax' },
      database: { generateId: () => newId() },
    },
    telemetry: { enabled: false },
    logger: { level: 'warn', log: logTo(log) },
    onAPIError: { throw: false, errorURL: '/sign-in', onError: logFaults(log) },
  })
}

/** Without mail nobody can ask for a new password; operators hand out links. */
const resets = ({ mail }: Services, log: Log) =>
  mail && {
    // Not awaited: the time that the mail takes would tell that somebody has this address.
    sendResetPassword: async ({ user, token, url }: { user: User; token: string; url: string }) => {
      const link = new URL(resetPath(token), url).href
      void sendMail({ mail, log }, user.email, resetMail(link))
    },
  }

const passkeys = ({ publicUrl }: Config) =>
  passkey({
    rpID: publicUrl === undefined ? 'localhost' : new URL(publicUrl).hostname,
    rpName: 'Wordloom',
    // People sign in without saying first who they are.
    authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
    schema: { passkey: tables.passkey },
  })

/** Logs faults of the server. Without this the library prints every refused request past our log. */
const logFaults = (log: Log) => (err: unknown) => {
  if (!isAPIError(err) || err.statusCode >= 500) log.error({ err }, 'Sign-in: a request failed')
}

/** Its messages name no secrets; the level `error` is for faults of the server, which requests that fail are not. */
const logTo =
  (log: Log): NonNullable<BetterAuthOptions['logger']>['log'] =>
  (level, message) => {
    if (level === 'error') log.error({}, `Sign-in: ${message}`)
    else log.warn({}, `Sign-in: ${message}`)
  }
