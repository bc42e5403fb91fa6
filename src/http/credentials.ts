import { isJwt } from '../domain/people.ts'
import type { FastifyRequest } from 'fastify'

/** The names of the cookie of a session, without and with TLS. */
const cookieNames = ['wordloom.session_token', '__Secure-wordloom.session_token']

/** What a request proves its sender with, and whether the browser sends it by itself. */
export interface Credential {
  readonly text: string
  readonly isCookie: boolean
}

/** The credential of a request: `Authorization: Bearer …`, or else the cookie of a session. */
export function credentialOf({ headers }: FastifyRequest): Credential | undefined {
  const [, bearer = ''] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  if (headers.authorization !== undefined)
    return { text: isJwt(bearer) ? bearer : sessionToken(bearer), isCookie: false }
  const cookie = cookieIn(headers.cookie ?? '', cookieNames)
  return cookie === undefined ? undefined : { text: sessionToken(cookie), isCookie: true }
}

/** The first cookie of a header with one of these names. */
export function cookieIn(header: string, names: readonly string[]): string | undefined {
  for (const part of header.split(';')) {
    const [name = '', value] = part.trim().split('=', 2)
    if (names.includes(name) && value !== undefined) return value
  }
  return undefined
}

/** The cookie is the token and its signature; the token alone cannot be guessed, so only it is looked up. */
const sessionToken = (text: string) => text.split('.', 1)[0] ?? ''
