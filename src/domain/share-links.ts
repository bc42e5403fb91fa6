import { Failure, InvalidInput } from './failure.ts'

const dayMs = 24 * 60 * 60 * 1000

/** How long share links are valid: at least, by default and at most, in milliseconds. */
export const shareLinkLife = { min: 60_000, default: 30 * dayMs, max: 366 * dayMs } as const

/** The maximum number of active share links of one item. */
export const maxShareLinks = 50

/** When a share link made at `now` expires, or what is wrong with the wanted time. */
export function shareLinkEnd(expiresAt: Date | null | undefined, now: Date): Date | InvalidInput {
  const lifeMs = (expiresAt?.getTime() ?? now.getTime() + shareLinkLife.default) - now.getTime()
  // The comparison is false also for a time that is none.
  return lifeMs >= shareLinkLife.min && lifeMs <= shareLinkLife.max
    ? new Date(now.getTime() + lifeMs)
    : new InvalidInput([{ path: 'expiresAt', message: 'Give a time from one minute to 366 days from now.' }])
}

export class TooManyShareLinks extends Failure {
  readonly __typename = 'TooManyShareLinks'
  readonly limit = maxShareLinks
  readonly message = `This item has ${maxShareLinks} active share links, which is the maximum. Revoke one that is no longer needed.`
}
