import { personByEmail } from '../../db/people/users.ts'
import { insertVerification } from '../../db/people/verifications.ts'
import { emailKey, resetMs } from '../../domain/people.ts'
import { newId, type Services } from '../context.ts'
import { newSecret } from './secrets.ts'

/** The page on which a person chooses a new password, below the URL of the server. */
export const resetPath = (secret: string) => `/reset-password?token=${encodeURIComponent(secret)}`

/**
 * The link by which a person chooses a new password, for an operator to hand over; undefined when nobody has this
 * address. `baseUrl` is the URL of the server.
 */
export async function createResetLink(
  { db, now }: Pick<Services, 'db' | 'now'>,
  email: string,
  baseUrl: string,
): Promise<string | undefined> {
  const person = await personByEmail(db, emailKey(email))
  if (!person) return undefined
  const secret = newSecret()
  const at = now()
  await insertVerification(db, {
    id: newId(),
    // As better-auth, which takes the secret back, names it.
    identifier: `reset-password:${secret}`,
    value: person.id,
    createdAt: at,
    expiresAt: new Date(at.getTime() + resetMs),
  })
  return `${baseUrl}${resetPath(secret)}`
}
