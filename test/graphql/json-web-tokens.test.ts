import { SignJWT } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { openJwtVerifier } from '../../src/auth/jwt.ts'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { IdentityProviderUnavailable } from '../../src/domain/identity-provider-unavailable.ts'
import { offerSetup, registerByInvitation } from '../../src/usecases/people/invitations.ts'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { startKeyServer } from '../support/key-server.ts'

const keyServer = await startKeyServer()
const sign = await keyServer.rotate('first')
const config = { issuer: keyServer.issuer, audience: 'library', jwksUrl: undefined }
const database = useDatabase()
const api = useApi(database, { signIn: true, jwt: config })
const people = () => ({ db: database.db, now: () => new Date() })

const seconds = (from: number) => Math.floor(Date.now() / 1000) + from

const send = async (token: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ query: '{ workspace { id } }' }),
  })
  const answer = (await response.json()) as { errors?: { extensions: { code: string } }[] }
  return [response.status, answer.errors?.[0]?.extensions.code ?? 'OK']
}

beforeAll(async () => {
  const ada = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }
  await registerByInvitation(people(), (await offerSetup(people())) ?? '', ada)
})

test('while the keys cannot be read, a request gets 503 and may be repeated', async () => {
  keyServer.state.status = 500
  expect(await send(await sign({ sub: 'ada' }))).toEqual([503, 'IDENTITY_PROVIDER_UNAVAILABLE'])
  keyServer.state.status = 200
  expect(await send(await sign({ sub: 'ada' }))).toEqual([401, 'UNAUTHENTICATED'])
})

test('a token is of the person with its verified address, whose subject is remembered', async () => {
  const claims = { sub: 'ada', email: 'Ada@Example.org' }
  expect(await send(await sign({ sub: 'ada' }))).toEqual([401, 'UNAUTHENTICATED'])
  expect(await send(await sign({ ...claims, email_verified: false }))).toEqual([401, 'UNAUTHENTICATED'])
  expect(await send(await sign({ ...claims, email_verified: 'true' }))).toEqual([401, 'UNAUTHENTICATED'])
  expect(await send(await sign({ sub: 'eve', email: 'eve@example.org', email_verified: true }))).toEqual([
    401,
    'UNAUTHENTICATED',
  ])
  // However many come at once.
  const verified = await sign({ ...claims, email_verified: true })
  const answers = await Promise.all(['', '', '', ''].map(() => send(verified)))
  expect(answers).toEqual(['', '', '', ''].map(() => [200, 'OK']))
  expect(await send(await sign({ sub: 'ada' }))).toEqual([200, 'OK'])
  expect(await database.db.prisma.account.findMany({ where: { providerId: 'jwt' } })).toMatchObject([
    { accountId: `${keyServer.issuer} ada` },
  ])

  const named = (id: string) => sign({ sub: 'ada' }).then((token) => send(token, { 'x-workspace-id': id }))
  expect(await named(defaultWorkspaceId)).toEqual([200, 'OK'])
  expect(await named('01900000-0000-7000-8000-000000000009')).toEqual([400, 'WORKSPACE_REQUIRED'])
  await database.db.prisma.member.deleteMany()
  expect(await send(await sign({ sub: 'ada' }))).toEqual([400, 'WORKSPACE_REQUIRED'])
})

test('a token that is not of the issuer, not for this server, expired or badly signed is refused', async () => {
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { sub: 'ada', iss: keyServer.issuer, aud: 'library', exp: seconds(60) }
  const valid = await sign({ sub: 'ada' })
  const [head = '', , signature = ''] = valid.split('.')
  const secret = new TextEncoder().encode(JSON.stringify(keyServer.state.keys[0]))
  const never = new SignJWT(claims)
  const refused = {
    'another issuer': await sign({ sub: 'ada', iss: 'https://evil.example.org' }),
    'another audience': await sign({ sub: 'ada', aud: 'shop' }),
    expired: await sign({ sub: 'ada' }, seconds(-60)),
    'not yet valid': await sign({ sub: 'ada', nbf: seconds(600) }),
    'without a subject': await sign({}),
    'without an end': await sign({ sub: 'ada' }, null),
    'other claims than signed': `${head}.${base64({ ...claims, sub: 'root' })}.${signature}`,
    'alg none': `${base64({ alg: 'none' })}.${base64(claims)}.`,
    'signed with the public key as a secret': await never
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .sign(secret),
    'not a token': 'a.b.c',
  }
  const verifier = openJwtVerifier(config)
  expect(await verifier.verify(valid)).toMatchObject({ subject: 'ada' })
  expect(await verifier.verify(await sign({ sub: 'ada' }, seconds(-10)))).toMatchObject({ subject: 'ada' })
  for (const [name, token] of Object.entries(refused)) {
    expect([name, await verifier.verify(token)]).toEqual([name, undefined])
  }
  expect(await send(refused['alg none'])).toEqual([401, 'UNAUTHENTICATED'])
})

test('keys that rotate are read again, and one that nobody knows is not asked for at every request', async () => {
  const verifier = openJwtVerifier(config, 0)
  const before = await sign({ sub: 'ada' })
  expect(await verifier.verify(before)).toBeDefined()
  const signNew = await keyServer.rotate('second')
  expect(await verifier.verify(await signNew({ sub: 'ada' }))).toBeDefined()
  expect(await verifier.verify(before)).toBeUndefined()

  const calm = openJwtVerifier(config, 60_000)
  expect(await calm.verify(await signNew({ sub: 'ada' }))).toBeDefined()
  const { requests } = keyServer.state
  for (let count = 0; count < 5; count += 1) expect(await calm.verify(before)).toBeUndefined()
  expect(keyServer.state.requests).toBe(requests)
})

test('while the issuer is out of reach a token cannot be checked, which is no fault of the client', async () => {
  const signThird = await keyServer.rotate('third')
  const verifier = openJwtVerifier(config)
  keyServer.state.status = 503
  await expect(verifier.verify(await signThird({ sub: 'ada' }))).rejects.toThrow(IdentityProviderUnavailable)
  keyServer.state.status = 200
  expect(await verifier.verify(await signThird({ sub: 'ada' }))).toBeDefined()
})
