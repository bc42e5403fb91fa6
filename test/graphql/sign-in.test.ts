import { expect, test } from 'vitest'
import { transact } from '../../src/db/client.ts'
import { putMember } from '../../src/db/people/members.ts'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { newId } from '../../src/usecases/context.ts'
import { hashOf, newSecret } from '../../src/usecases/people/secrets.ts'
import { acceptInvitation, offerSetup, registerByInvitation } from '../../src/usecases/people/invitations.ts'
import { useApi } from '../support/api.ts'
import { buildCtx } from '../support/builders.ts'
import { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })

const password = 'correct horse battery'
const people = { db: database, now: () => new Date() }
const services = () => ({ ...people, db: database.db })

const signIn = (email: string, given = password, headers: Record<string, string> = {}) =>
  fetch(`${api.url}/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ email, password: given }),
  })

const cookieOf = (response: Response) => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''

/** The first person, and a session of theirs. */
async function owner() {
  const secret = (await offerSetup(services())) ?? ''
  const person = { name: 'Ada', email: 'Ada@Example.org', password }
  expect(await registerByInvitation(services(), secret, person)).toMatchObject({
    workspaceId: defaultWorkspaceId,
  })
  return secret
}

const workspaceQuery = '{ workspace { id } }'

test('the link of a first start makes one owner, who signs in by cookie and by bearer', async () => {
  const stale = (await offerSetup(services())) ?? ''
  const secret = await owner()
  // The link before it, and itself a second time.
  for (const used of [stale, secret, 'nonsense']) {
    const again = { name: 'Eve', email: 'eve@example.org', password }
    expect(await registerByInvitation(services(), used, again)).toMatchObject({
      __typename: 'InvitationInvalid',
    })
  }
  expect(await offerSetup(services())).toBeUndefined()

  const response = await signIn('ADA@example.org')
  expect(response.status).toBe(200)
  const setCookie = response.headers.getSetCookie()[0] ?? ''
  expect(setCookie).toMatch(/^wordloom\.session_token=.*; Path=\/; HttpOnly; SameSite=Lax/)
  const { token } = (await response.json()) as { token: string }
  for (const headers of [{ cookie: cookieOf(response) }, { authorization: `Bearer ${token}` }]) {
    expect(await api.client(headers).send(workspaceQuery)).toMatchObject({
      data: { workspace: { id: defaultWorkspaceId } },
      errors: [],
    })
  }

  const out = await fetch(`${api.url}/auth/sign-out`, {
    method: 'POST',
    headers: { cookie: cookieOf(response), origin: api.url, 'content-type': 'application/json' },
    body: '{}',
  })
  expect(out.status).toBe(200)
  expect((await signedOut({ cookie: cookieOf(response) })).status).toBe(401)
})

const signedOut = (headers: Record<string, string>) =>
  fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: workspaceQuery }),
  })

test.each<[string, Record<string, string>]>([
  ['no credential', {}],
  ['an unknown session', { authorization: 'Bearer abc' }],
  ['an unknown API token', { authorization: 'Bearer wl_abc' }],
  ['another scheme', { authorization: 'Basic YTpi' }],
  ['an unknown cookie', { cookie: 'wordloom.session_token=abc.def' }],
])('%s is refused', async (_case, headers) => {
  const response = await signedOut(headers)
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  for (const path of ['/media/01900000-0000-7000-8000-000000000009', '/api/images', '/files']) {
    const other = await fetch(`${api.url}${path}`, { method: path === '/files' ? 'OPTIONS' : 'GET', headers })
    expect([path, other.status]).not.toEqual([path, 200])
  }
})

test('a wrong password, an unknown address and a registration without an invitation are refused', async () => {
  for (const [email, given] of [
    ['ada@example.org', 'wrong password'],
    ['nobody@example.org', password],
  ] as const) {
    expect((await signIn(email, given)).status).toBe(401)
  }
  const signUp = await fetch(`${api.url}/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'eve@example.org', password, name: 'Eve' }),
  })
  expect(signUp.status).toBe(404)
})

test('a person works in workspaces of theirs, and another one is as one that does not exist', async () => {
  const [mine, other] = [await buildCtx(database.db), await buildCtx(database.db)]
  const response = await signIn('ada@example.org')
  const { user } = (await response.json()) as { user: { id: string } }
  await transact(database.db, (tx) =>
    putMember(tx, { ...mine.actor, userId: user.id, role: 'VIEWER' }, new Date()),
  )
  const asking = (workspaceId?: string) =>
    api
      .client({
        cookie: cookieOf(response),
        ...(workspaceId === undefined ? {} : { 'x-workspace-id': workspaceId }),
      })
      .send(workspaceQuery)
  expect((await asking(mine.actor.workspaceId)).data).toEqual({ workspace: { id: mine.actor.workspaceId } })
  const required = await asking()
  expect(required.errors[0]).toMatchObject({ extensions: { code: 'WORKSPACE_REQUIRED' } })
  const answers = [await asking(other.actor.workspaceId), await asking(newId())]
  expect(answers[0]?.errors).toEqual(answers[1]?.errors)
  expect(answers[0]?.errors[0]).toMatchObject({ extensions: { code: 'WORKSPACE_REQUIRED' } })
})

test('a page of another site cannot use the cookie', async () => {
  const response = await signIn('ada@example.org')
  const sent = await signedOut({ cookie: cookieOf(response), origin: 'https://evil.example.org' })
  expect(sent.status).toBe(403)
})

test('an API token acts in its workspace within its scope, until it expires or is revoked', async () => {
  const { actor } = await buildCtx(database.db)
  const signed = (await (await signIn('ada@example.org')).json()) as { user: { id: string } }
  const secret = `wl_${newSecret()}`
  await transact(database.db, async (tx) => {
    await putMember(tx, { ...actor, userId: signed.user.id, role: 'OWNER' }, new Date())
    await tx.apiToken.create({
      data: {
        workspaceId: actor.workspaceId,
        id: newId(),
        userId: signed.user.id,
        name: 'reader',
        scope: 'READ',
        secretHash: Uint8Array.from(hashOf(secret)),
        createdAt: new Date(),
      },
    })
  })
  const client = api.client({ authorization: `Bearer ${secret}` })
  expect((await client.send(workspaceQuery)).data).toEqual({ workspace: { id: actor.workspaceId } })
  const write = await client.send('mutation { createBookshelf(input: { name: "A" }) { __typename } }')
  expect(write.errors[0]).toMatchObject({
    message: 'The scope READ of this token does not allow this.',
    extensions: { code: 'FORBIDDEN' },
  })
  const elsewhere = new Client(api.url, {
    authorization: `Bearer ${secret}`,
    'x-workspace-id': defaultWorkspaceId,
  })
  expect((await elsewhere.send(workspaceQuery)).errors[0]).toMatchObject({
    extensions: { code: 'WORKSPACE_REQUIRED' },
  })
  await database.db.prisma.apiToken.updateMany({ data: { revokedAt: new Date() } })
  expect((await signedOut({ authorization: `Bearer ${secret}` })).status).toBe(401)
})

test('one invitation makes one member, however many accept it at once', async () => {
  const { actor } = await buildCtx(database.db)
  const secret = newSecret()
  await database.db.prisma.invitation.create({
    data: {
      workspaceId: actor.workspaceId,
      id: newId(),
      role: 'EDITOR',
      secretHash: Uint8Array.from(hashOf(secret)),
      createdBy: 'owner',
      createdAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
    },
  })
  const outcomes = await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      registerByInvitation(services(), secret, { name, email: `${name}@example.org`, password }),
    ),
  )
  expect(outcomes.filter((outcome) => 'userId' in outcome)).toHaveLength(1)
  expect(await database.db.prisma.member.count({ where: { workspaceId: actor.workspaceId } })).toBe(1)
  const [member] = await database.db.prisma.member.findMany({ where: { workspaceId: actor.workspaceId } })
  expect(await acceptInvitation(services(), secret, member?.userId ?? '')).toMatchObject({
    __typename: 'InvitationInvalid',
  })
})
