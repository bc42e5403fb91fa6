import type { BetterAuthOptions, User } from 'better-auth'
import { createAuthMiddleware, getSessionFromCtx, isAPIError } from 'better-auth/api'
import { personByEmail } from '../db/people/users.ts'
import type { AuditAction } from '../domain/audit.ts'
import { emailKey } from '../domain/people.ts'
import { isStorable } from '../domain/text.ts'
import { record } from '../usecases/audit.ts'
import type { Services } from '../usecases/context.ts'

interface Request {
  readonly path?: string
  readonly headers?: Headers | undefined
}

/** The longest name of a browser that is written down, in characters. */
const maxUserAgent = 200

const methods: Readonly<Record<string, string>> = {
  '/sign-in/email': 'PASSWORD',
  '/passkey/verify-authentication': 'PASSKEY',
}

/** The paths at which signing in can fail. */
const signIns = Object.keys(methods)

/**
 * Records what people do to their sessions, passwords and passkeys. The library has written the change by then, in
 * transactions of its own.
 */
export function auditHooks({ db, now }: Pick<Services, 'db' | 'now'>, addressHeader: string) {
  const note = (action: AuditAction, userId: string | null, request: Request | null, details = {}) => {
    const ipAddress = request?.headers?.get(addressHeader)
    const source = { now, ...(ipAddress ? { ipAddress } : {}) }
    // Nobody is known as the actor of a request that proved nothing.
    const actorId = anonymous.has(action) ? null : userId
    return record(source, db, { action, actorId, subjectId: userId, workspaceId: null, details })
  }
  const known = async (body: unknown) => {
    const { email } = (body ?? {}) as { readonly email?: unknown }
    if (typeof email !== 'string' || !isStorable(email)) return null
    return (await personByEmail(db, emailKey(email)))?.id ?? null
  }
  const after = createAuthMiddleware(async (ctx) => {
    const { path, context } = ctx
    const body: unknown = ctx.body
    const returned: unknown = context.returned
    if (isAPIError(returned)) {
      if (signIns.includes(path) && returned.statusCode === 401)
        await note('SIGN_IN_FAILED', await known(body), ctx, { method: methods[path] })
      return
    }
    if (path === '/request-password-reset') await note('PASSWORD_RESET_REQUESTED', await known(body), ctx)
    const action = changes[path]
    if (!action) return
    const session = context.newSession ?? context.session ?? (await getSessionFromCtx(ctx))
    await note(action, session?.user.id ?? null, ctx)
  })
  return {
    hooks: { after },
    databaseHooks: {
      session: {
        create: {
          after: async (
            session: { readonly userId: string; readonly userAgent?: string | null | undefined },
            ctx,
          ) => {
            // Changing the password replaces the session.
            if (ctx?.path === '/change-password') return
            const method = methods[ctx?.path ?? ''] ?? 'PROVIDER'
            const userAgent = session.userAgent?.slice(0, maxUserAgent) ?? null
            await note('SIGNED_IN', session.userId, ctx, { method, userAgent })
          },
        },
        delete: {
          after: async (session: { readonly userId: string; readonly expiresAt: Date }, ctx) => {
            if (session.expiresAt <= now()) return
            const action = ctx?.path === '/sign-out' ? 'SIGNED_OUT' : 'SESSION_ENDED'
            await note(action, session.userId, ctx)
          },
        },
      },
    } satisfies BetterAuthOptions['databaseHooks'],
    /** A new password was set by a link. */
    passwordWasReset: ({ id }: User) => note('PASSWORD_RESET', id, null),
  }
}

const anonymous: ReadonlySet<AuditAction> = new Set(['SIGN_IN_FAILED', 'PASSWORD_RESET_REQUESTED'])

const changes: Readonly<Record<string, AuditAction>> = {
  '/change-password': 'PASSWORD_CHANGED',
  '/passkey/verify-registration': 'PASSKEY_ADDED',
  '/passkey/delete-passkey': 'PASSKEY_REMOVED',
}
