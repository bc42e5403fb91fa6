import { beforeAll, expect, test } from 'vitest'
import { transact } from '../../src/db/client.ts'
import { insertInvitation } from '../../src/db/people/invitations.ts'
import { markEmailVerified } from '../../src/db/people/users.ts'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { newId } from '../../src/usecases/context.ts'
import { offerSetup, registerByInvitation } from '../../src/usecases/people/invitations.ts'
import { hashOf, newSecret } from '../../src/usecases/people/secrets.ts'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { type FormAnswer, FormBrowser } from '../support/form-browser.ts'
import { client, type Identity, startIdentityProvider } from '../support/identity-provider.ts'

const provider = await startIdentityProvider()
const database = useDatabase()
const api = useApi(database, {
  signIn: true,
  oidc: { issuer: provider.issuer, clientId: client.id, clientSecret: client.secret, name: 'Campus' },
})
const people = () => ({ db: database.db, now: () => new Date() })
const ada = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }

const identity = (email: string, isVerified = true): Identity => ({
  sub: `subject of ${email}`,
  name: email.split('@', 1)[0] ?? '',
  email,
  email_verified: isVerified,
})

/** A person, by the address at the provider, sends a form and follows the way to the provider and back. */
async function travel(
  person: Identity,
  form: string,
  browser = new FormBrowser(api.url),
): Promise<FormAnswer & { readonly browser: FormBrowser }> {
  provider.state.person = person
  const page = await browser.post(form, {})
  expect(page.text).toContain('Continue to Campus')
  const [, start = ''] = /http-equiv="refresh" content="0; url=([^"]+)"/.exec(page.text) ?? []
  const there = new FormBrowser(provider.issuer)
  let answer = await there.get(start.replaceAll('&amp;', '&'))
  while (answer.location?.startsWith(api.url) === false) answer = await there.get(answer.location)
  return { ...(await browser.get(answer.location ?? '')), browser }
}

async function invite(email: string | null = null) {
  const secret = newSecret()
  await transact(database.db, (tx) =>
    insertInvitation(tx, {
      workspaceId: defaultWorkspaceId,
      id: newId(),
      role: 'EDITOR',
      email,
      secretHash: hashOf(secret),
      createdBy: 'owner',
      createdAt: new Date(),
      expiresAt: new Date(Date.now() + 3_600_000),
    }),
  )
  return `/invitations/${secret}`
}

const member = (email: string) =>
  database.db.prisma.member.findFirst({ where: { user: { email }, workspaceId: defaultWorkspaceId } })

beforeAll(async () => {
  await registerByInvitation(people(), (await offerSetup(people())) ?? '', ada)
})

test('a provider that was down when the server started works as soon as it is up', async () => {
  const browser = new FormBrowser(api.url)
  expect((await browser.get('/sign-in')).text).toContain('Sign in with Campus')
  const down = await browser.post('/sign-in/provider', { next: '/graphiql' })
  expect(down.location).toBe('/sign-in?next=%2Fgraphiql&error=provider_down')
  expect((await browser.get(down.location ?? '')).text).toContain('This provider cannot be reached')

  provider.serve(`${api.url}/auth/callback/oidc`)
  const refused = await travel(identity('eve@example.org'), '/sign-in/provider')
  expect(refused.location).toMatch(/^\/sign-in\?error=not_invited/)
  expect((await refused.browser.get(refused.location ?? '')).text).toContain('Ask an owner of a workspace')
  expect(await database.db.prisma.user.count()).toBe(1)
})

test('a new person comes in by a verified address that an invitation is for, and is known afterwards', async () => {
  await invite('grace@example.org')
  const unverified = await travel(identity('grace@example.org', false), '/sign-in/provider')
  expect(unverified.location).toMatch(/error=not_verified/)
  const arrived = await travel(identity('grace@example.org'), '/sign-in/provider')
  expect(arrived.location).toBe('/account')
  expect((await arrived.browser.get('/account')).text).toMatch(/grace@example\.org[\s\S]*Editor/)
  expect(await member('grace@example.org')).toMatchObject({ role: 'EDITOR' })

  const again = await travel(identity('grace@example.org'), '/sign-in/provider')
  expect((await again.browser.get('/account')).status).toBe(200)
  const accounts = await database.db.prisma.account.findMany({ where: { providerId: 'oidc' } })
  expect(accounts).toMatchObject([{ accessToken: null, refreshToken: null, idToken: null }])
})

test('a new person comes in from the page of an invitation, which makes one member', async () => {
  const path = await invite()
  const arrived = await travel(identity('joan@example.org', false), `${path}/provider`)
  expect(arrived.location).toBe('/account?done=joined')
  expect(await member('joan@example.org')).toMatchObject({ role: 'EDITOR' })
  const late = await travel(identity('kay@example.org'), `${path}/provider`)
  expect(late.location).toMatch(/error=invalid_invitation/)
  const theirs = await travel(identity('kay@example.org'), `${await invite('lin@example.org')}/provider`)
  expect(theirs.location).toMatch(/error=other_email/)
  expect(await database.db.prisma.user.count({ where: { email: 'kay@example.org' } })).toBe(0)
})

test('a person with a password connects the provider on their page, unless their address is known to be theirs', async () => {
  const refused = await travel(identity(ada.email), '/sign-in/provider')
  expect(refused.location).toMatch(/error=account_not_linked/)
  expect((await refused.browser.get(refused.location ?? '')).text).toContain('connect the provider on your')

  const browser = new FormBrowser(api.url)
  await browser.post('/sign-in', ada)
  expect((await browser.get('/account')).text).toContain('Connect Campus')
  const stolen = await travel(identity('grace@example.org'), '/account/provider', browser)
  expect(stolen.location).toMatch(/^\/account\?error=account_already_linked/)
  const connected = await travel(identity('ada@elsewhere.example'), '/account/provider', browser)
  expect(connected.location).toBe('/account?done=connected')
  expect((await browser.get('/account')).text).toContain('Connected with Campus.')
  const arrived = await travel(identity('ada@elsewhere.example'), '/sign-in/provider')
  expect((await arrived.browser.get('/account')).text).toContain('ada@example.org')

  const { id } = await database.db.prisma.user.findFirstOrThrow({ where: { email: ada.email } })
  await markEmailVerified(database.db, id, new Date())
  const verified = await travel(identity(ada.email), '/sign-in/provider')
  expect(verified.location).toBe('/account')
})

test('the way back belongs to the browser that went', async () => {
  provider.state.person = identity('grace@example.org')
  const page = await new FormBrowser(api.url).post('/sign-in/provider', {})
  const [, start = ''] = /content="0; url=([^"]+)"/.exec(page.text) ?? []
  const there = new FormBrowser(provider.issuer)
  let answer = await there.get(start.replaceAll('&amp;', '&'))
  while (answer.location?.startsWith(api.url) === false) answer = await there.get(answer.location)
  const other = new FormBrowser(api.url)
  expect((await other.get(answer.location ?? '')).location).toMatch(/^\/sign-in\?error=state_mismatch/)
  expect((await other.get('/account')).status).toBe(303)
})
