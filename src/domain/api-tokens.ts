import { can, type Role, type TokenScope } from './access.ts'
import { Failure } from './failure.ts'
import { InputCheck, zeroUuid } from './text.ts'

const dayMs = 24 * 60 * 60 * 1000

/** How long tokens are valid: at least, by default and at most, in milliseconds. */
export const apiTokenLife = { min: 60_000, default: 90 * dayMs, max: 366 * dayMs } as const

/** The maximum number of active tokens of one person in one workspace. */
export const maxApiTokens = 50

/** A use is written down when the last one is older, in milliseconds. */
const usedAgainMs = 60_000

export type ApiTokenState = 'ACTIVE' | 'EXPIRED' | 'REVOKED'

interface Ends {
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

export function apiTokenState({ expiresAt, revokedAt }: Ends, now: Date): ApiTokenState {
  if (revokedAt !== null) return 'REVOKED'
  return expiresAt !== null && expiresAt <= now ? 'EXPIRED' : 'ACTIVE'
}

export const isUseToWrite = (lastUsedAt: Date | null, now: Date) =>
  lastUsedAt === null || now.getTime() - lastUsedAt.getTime() >= usedAgainMs

export interface NewApiToken {
  readonly name: string
  readonly scope: TokenScope
  readonly expiresAt?: Date | null | undefined
}

/** What the smallest role must permit for a token of each scope. */
const neededFor = { READ: 'read', WRITE: 'edit', ADMIN: 'manage' } as const

/** What is wrong with a new token of a member with this role at `now`. */
export function apiTokenProblems({ scope, expiresAt }: Omit<NewApiToken, 'name'>, role: Role, now: Date) {
  const check = new InputCheck()
  if (!can({ role, workspaceId: zeroUuid }, neededFor[scope]))
    check.refuse('scope', `Your role ${role} does not permit the scope ${scope}. Give a smaller scope.`)
  const lifeMs = (expiresAt?.getTime() ?? now.getTime() + apiTokenLife.default) - now.getTime()
  // The comparison is false also for a time that is none.
  if (!(lifeMs >= apiTokenLife.min && lifeMs <= apiTokenLife.max))
    check.refuse('expiresAt', 'Give a time from one minute to 366 days from now.')
  return check.failure()
}

export class TooManyApiTokens extends Failure {
  readonly __typename = 'TooManyApiTokens'
  readonly limit = maxApiTokens
  readonly message = `You have ${maxApiTokens} active API tokens in this workspace, which is the maximum. Revoke one that you no longer need.`
}
