import { passkey } from '@better-auth/passkey'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { bearer } from 'better-auth/plugins'
import type { Config } from '../config.ts'
import { signInSecret } from '../db/people/users.ts'
import { passwordLength, sessionMs } from '../domain/people.ts'
import { newId, type Log, type Services } from '../usecases/context.ts'
import { newSecret } from '../usecases/people/secrets.ts'
import { tables } from './tables.ts'

/** The path below which better-auth answers. */
export const authPath = '/auth'

/** The beginning of the names of all cookies. */
export const cookiePrefix = 'wordloom'

export type Auth = Awaited<ReturnType<typeof createAuth>>

/** Sets up better-auth on our database: it signs people in and out, our use cases say what they may do. */
export async function createAuth(config: Config, { db, now }: Services, log: Log) {
  const secret = await signInSecret(db, newSecret(), now())
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
    },
    trustedOrigins: [...config.corsOrigins],
    plugins: [bearer(), passkeys(config)],
    advanced: {
      cookiePrefix,
      useSecureCookies: config.publicUrl?.startsWith('https:') ?? false,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax' },
      database: { generateId: () => newId() },
    },
    telemetry: { enabled: false },
    logger: { level: 'warn', log: logTo(log) },
    onAPIError: { throw: false },
  })
}

const passkeys = ({ publicUrl }: Config) =>
  passkey({
    rpID: publicUrl === undefined ? 'localhost' : new URL(publicUrl).hostname,
    rpName: 'Wordloom',
    schema: { passkey: tables.passkey },
  })

/** Its messages name no secrets; the level `error` is for faults of the server, which requests that fail are not. */
const logTo =
  (log: Log): NonNullable<BetterAuthOptions['logger']>['log'] =>
  (level, message) => {
    if (level === 'error') log.error({}, `Sign-in: ${message}`)
    else log.warn({}, `Sign-in: ${message}`)
  }
