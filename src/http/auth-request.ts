import type { FastifyRequest } from 'fastify'
import { addressHeader, type Auth, authPath } from '../auth/auth.ts'

/** The headers of a request for better-auth, with the address of the client, which no client can give itself. */
export function headersOf(request: FastifyRequest, names = Object.keys(request.headers)): Headers {
  const headers = new Headers()
  for (const name of names) {
    const value = request.headers[name]
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  headers.set(addressHeader, request.ip)
  return headers
}

export interface AuthAnswer {
  readonly status: number
  /** Why it refused. */
  readonly code: string | undefined
  /** Where the browser is to go, of a sign-in at a provider. */
  readonly url: string | undefined
  readonly cookies: readonly string[]
}

/** Sends better-auth a request of ours for the sender of `request`, whose origin has been checked. */
export async function callAuth(
  auth: Auth,
  request: FastifyRequest,
  baseUrl: string,
  path: string,
  body: object,
): Promise<AuthAnswer> {
  const headers = headersOf(request, ['cookie', 'user-agent', 'accept-language'])
  headers.set('content-type', 'application/json')
  headers.set('origin', new URL(baseUrl).origin)
  const url = new URL(`${authPath}${path}`, baseUrl)
  const response = await auth.handler(
    new Request(url, { method: 'POST', headers, body: JSON.stringify(body) }),
  )
  const text = await response.text()
  const answer = (text === '' ? {} : JSON.parse(text)) as { code?: string; url?: string } | null
  const { status } = response
  if (status >= 500) throw new Error(`The sign-in failed: ${answer?.code ?? status}`)
  return { status, code: answer?.code, url: answer?.url, cookies: response.headers.getSetCookie() }
}
