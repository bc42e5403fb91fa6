import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** How long a browser is known after a sign-in, in seconds. Browsers keep no cookie for longer. */
export const knownBrowserSeconds = 400 * 24 * 60 * 60

const sign = (secret: string, id: string, email: string) =>
  createHmac('sha256', secret).update(`known browser\n${id}\n${email}`).digest()

/** The value of a cookie that a browser gets when a person signs in there with a password. */
export function knownBrowser(secret: string, email: string): string {
  const id = randomBytes(16).toString('base64url')
  return `${id}.${sign(secret, id, email).toString('base64url')}`
}

/** The ID of the browser if this person signed in there before. */
export function browserOf(secret: string, email: string, cookie: string | null | undefined) {
  const [id = '', signature = ''] = (cookie ?? '').split('.', 2)
  const given = Buffer.from(signature, 'base64url')
  const right = sign(secret, id, email)
  return given.length === right.length && timingSafeEqual(given, right) ? id : undefined
}
