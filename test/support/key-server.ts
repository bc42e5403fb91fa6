import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll } from 'vitest'

/** The keys of an issuer of JSON Web Tokens, which can change and be out of reach. */
export async function startKeyServer() {
  const state: { status: number; keys: object[]; requests: number } = { status: 200, keys: [], requests: 0 }
  const server = createServer((request, answer) => {
    state.requests += 1
    const issuer = `http://${request.headers.host}`
    const discovery = { issuer, jwks_uri: `${issuer}/keys` }
    const body = request.url === '/keys' ? { keys: state.keys } : discovery
    answer.writeHead(state.status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  afterAll(() => {
    server.closeAllConnections()
    return new Promise((closed) => server.close(closed))
  })
  const issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`

  /** A new key, which replaces those before it, and what signs with it. */
  async function rotate(kid: string) {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    state.keys = [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256' }]
    return (claims: JWTPayload, expires: string | number | null = '5m') => {
      const token = new SignJWT({ iss: issuer, aud: 'library', ...claims }).setProtectedHeader({
        alg: 'ES256',
        kid,
      })
      return (expires === null ? token : token.setExpirationTime(expires)).sign(privateKey)
    }
  }
  return { issuer, state, rotate }
}
