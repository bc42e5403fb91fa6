import { beforeAll, expect, test } from 'vitest'
import { transact } from '../../src/db/client.ts'
import { insertInvitation } from '../../src/db/people/invitations.ts'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { newId } from '../../src/usecases/context.ts'
import { offerSetup, registerByInvitation } from '../../src/usecases/people/invitations.ts'
import { createResetLink } from '../../src/usecases/people/reset-link.ts'
import { hashOf, newSecret } from '../../src/usecases/people/secrets.ts'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { FormBrowser } from '../support/form-browser.ts'
import { startMailServer } from '../support/mail-server.ts'

const mailServer = await startMailServer()
const database = useDatabase()
const api = useApi(database, {
  signIn: true,
  mail: { url: mailServer.url, from: 'library@example.org' },
})
const people = () => ({ db: database.db, now: () => new Date() })
const browser = (headers: Record<string, string> = {}) => new FormBrowser(api.url, headers)
const ada = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }

/** The path of an invitation into the default workspace. */
async function invite({ email = null, hours = 1 }: { email?: string | null; hours?: number } = {}) {
  const secret = newSecret()
  const { id } = await database.db.prisma.user.findFirstOrThrow({ where: { email: ada.email } })
  await transact(database.db, (tx) =>
    insertInvitation(tx, {
      workspaceId: defaultWorkspaceId,
      id: newId(),
      role: 'VIEWER',
      email,
      secretHash: hashOf(secret),
      createdBy: id,
      createdAt: new Date(),
      expiresAt: new Date(Date.now() + hours * 3_600_000),
    }),
  )
  return `/invitations/${secret}`
}

const toSignIn = (next: string) => `/sign-in?${new URLSearchParams({ next }).toString()}`

async function signedIn(person = ada) {
  const client = browser()
  const answer = await client.post('/sign-in', { email: person.email, password: person.password })
  expect(answer.status).toBe(303)
  return client
}

beforeAll(async () => {
  const secret = (await offerSetup(people())) ?? ''
  const setup = await browser().get(`/invitations/${secret}`)
  expect(setup.text).toContain('you become its first owner')
  await registerByInvitation(people(), secret, ada)
})

test('every page is in the language of the reader, keeps to itself and is cached nowhere', async () => {
  const paths = ['/sign-in', '/forgot-password', '/reset-password?token=x', await invite()]
  for (const path of paths) {
    const english = await browser({ 'accept-language': 'fr, en;q=0.5' }).get(path)
    expect([path, english.status]).toEqual([path, 200])
    expect(english.text).toContain('<html lang="en">')
    const chinese = await browser({ 'accept-language': 'en;q=0.5, zh-TW' }).get(path)
    expect(chinese.text).toContain('<html lang="zh-CN">')
    expect(Object.fromEntries(english.headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
    })
    expect(english.headers.get('content-security-policy')).toMatch(/default-src 'none';.*script-src 'self';/)
    expect(english.text).not.toMatch(/<script(?! src="\/)|style=|\son\w+="|https?:/)
  }
  const chooser = browser()
  expect((await chooser.get('/sign-in?lang=zh')).text).toContain('登录')
  expect((await chooser.get('/forgot-password')).text).toContain('忘记密码')
})

test('the explorers and only they lead a browser to sign in and back', async () => {
  const client = browser()
  for (const path of ['/graphiql', '/graphql?query=%7Ba%7D']) {
    const answer = await client.get(path)
    expect([answer.status, answer.location]).toEqual([302, toSignIn(path)])
  }
  expect((await client.get('/media/01900000-0000-7000-8000-000000000009')).status).toBe(401)
  const program = await fetch(`${api.url}/graphiql`)
  expect(program.status).toBe(401)
  const page = await client.get('/sign-in?next=%2Fgraphiql')
  expect(page.text).toContain('name="next" value="/graphiql"')
  const answer = await client.post('/sign-in', { ...ada, next: '/graphiql' })
  expect([answer.status, answer.location]).toEqual([303, '/graphiql'])
  expect((await client.get('/graphiql')).text).toContain('GraphiQL')
  expect((await client.get('/sign-in?next=%2Fgraphiql')).location).toBe('/graphiql')
})

test('a sign-in never continues at another site', async () => {
  const answer = await browser().post('/sign-in', { ...ada, next: '//evil.example.org/' })
  expect(answer.location).toBe('/account')
})

test('a wrong password is told in the form, which keeps the address but not the password', async () => {
  const typed = { email: '"><b>ada@example.org', password: 'a wrong password' }
  const answer = await browser().post('/sign-in', typed)
  expect(answer.status).toBe(401)
  expect(answer.text).toContain('The email address or the password is wrong.')
  expect(answer.text).toContain('value="&quot;&gt;&lt;b&gt;ada@example.org"')
  expect(answer.text).not.toContain('a wrong password')
})

test('forms of other sites do nothing', async () => {
  const path = await invite()
  const client = await signedIn()
  const forms = ['/sign-in', '/sign-out', path, `${path}/accept`, '/forgot-password', '/reset-password']
  const own = [
    'name',
    'password',
    'passkeys/remove',
    'sessions/end',
    'sessions/end-others',
    'sessions/end-all',
  ]
  for (const form of [...forms, ...own.map((name) => `/account/${name}`)]) {
    const answer = await client.post(form, ada, { origin: 'https://evil.example.org' })
    expect([form, answer.status]).toEqual([form, 403])
  }
  expect((await client.get('/account')).status).toBe(200)
})

test('a form that is too large or none at all is refused with a page', async () => {
  const large = await browser().post('/sign-in', { ...ada, next: `/${'x'.repeat(20_000)}` })
  expect([large.status, large.headers.get('content-type')]).toEqual([413, 'text/html; charset=utf-8'])
  const json = await fetch(`${api.url}/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(json.status).toBe(415)
})

test('a new person registers by an invitation, whose form keeps what was typed', async () => {
  const path = await invite()
  const client = browser()
  const page = await client.get(path)
  expect(page.text).toContain('Ada invites you to')
  expect(page.text).toContain('Viewer')
  const wrong = await client.post(path, { name: 'Grace', email: 'grace', password: 'short' })
  expect(wrong.status).toBe(400)
  expect(wrong.text).toContain('value="Grace"')
  expect(wrong.text).toMatch(/Give an email address\.[\s\S]*Use 10 to 128 characters\./)
  const taken = await client.post(path, { ...ada, name: 'Eve' })
  expect([taken.status, taken.text.includes('Sign in as that person to accept')]).toEqual([409, true])

  const grace = { name: 'Grace', email: 'Grace@example.org', password: 'another good one' }
  expect((await client.post(path, grace)).location).toBe('/account?done=joined')
  const account = await client.get('/account?done=joined')
  expect(account.text).toMatch(/Welcome\.[\s\S]*grace@example\.org[\s\S]*Viewer/)
  for (const again of [await client.get(path), await client.post(path, grace)]) {
    expect([again.status, again.text.includes('was accepted or revoked')]).toEqual([404, true])
  }
  expect((await browser().get(await invite({ hours: -1 }))).status).toBe(404)
})

test('a person who is signed in accepts an invitation as that person', async () => {
  const path = await invite()
  const asked = await browser().get(path)
  expect(asked.text).toContain(`href="${toSignIn(path)}"`)
  expect((await browser().post(`${path}/accept`, {})).location).toContain('/sign-in?next=')
  const client = await signedIn()
  expect((await client.get(path)).text).toContain('You are signed in as Ada (ada@example.org).')
  expect((await client.post(`${path}/accept`, {})).location).toBe('/account?done=joined')
})

test('an invitation for an address is for that person alone', async () => {
  const path = await invite({ email: 'joan@example.org' })
  expect((await browser().get(path)).text).toMatch(/value="joan@example.org"[^>]*readonly/)
  const page = await (await signedIn()).get(path)
  expect(page.text).toContain('This invitation is for joan@example.org.')
  expect(page.text).not.toContain('Accept the invitation')
})

test('a forgotten password is replaced by mail, and the page says the same of every address', async () => {
  const client = browser()
  const [known, unknown] = [
    await client.post('/forgot-password', { email: ada.email }),
    await client.post('/forgot-password', { email: 'nobody@example.org' }),
  ]
  expect(known.text).toBe(unknown.text)
  expect((await client.post('/forgot-password', { email: 'x' })).status).toBe(400)
  await expect.poll(() => mailServer.received).toHaveLength(1)
  const [, mailed = ''] = /http:\/\/[^/]+(\/reset-password\S+)/.exec(mailServer.received[0]?.text ?? '') ?? []
  const token = new URLSearchParams(mailed.split('?')[1]).get('token') ?? ''
  expect((await client.get(mailed)).text).toContain(`name="token" value="${token}"`)
  const short = await client.post('/reset-password', { token, password: 'short' })
  expect([short.status, short.text.includes(token)]).toEqual([400, true])
  expect((await client.post('/reset-password', { token, password: ada.password })).location).toBe(
    '/sign-in?done=password',
  )
  const again = await client.post('/reset-password', { token, password: ada.password })
  expect(again.text).toContain('This link does not exist, was used, or has expired.')
  const link = (await createResetLink(people(), ada.email, '')) ?? ''
  expect((await client.get(link)).status).toBe(200)
})

test('the account page changes the name and the password and ends sessions', async () => {
  const [here, there, elsewhere] = [await signedIn(), await signedIn(), await signedIn()]
  expect((await browser().get('/account')).location).toBe('/sign-in?next=%2Faccount')

  expect((await here.post('/account/name', { name: ' ' })).text).toContain('Give a name of at most')
  expect((await here.post('/account/name', { name: 'Ada <L>' })).location).toBe('/account?done=name')
  const page = await here.get('/account?done=name')
  expect(page.text).toMatch(/Your name is saved\.[\s\S]*value="Ada &lt;L&gt;"/)

  const [, ended = ''] = /name="id" value="([\w-]+)"/.exec(page.text.split('Sessions</h2>')[1] ?? '') ?? []
  await here.post('/account/sessions/end', { id: ended })
  expect((await elsewhere.get('/account')).status).toBe(303)
  // That of another person stays.
  const stranger = await database.db.prisma.session.findFirstOrThrow({
    where: { user: { email: 'grace@example.org' } },
  })
  await here.post('/account/sessions/end', { id: stranger.id })
  expect(await database.db.prisma.session.count({ where: { id: stranger.id } })).toBe(1)
  await here.post('/account/sessions/end-others', {})
  expect((await there.get('/account')).status).toBe(303)
  expect((await here.get('/account')).status).toBe(200)

  const password = 'a changed password'
  const wrong = await here.post('/account/password', { current: 'not it at all', password })
  expect([wrong.status, wrong.text.includes('The current password is wrong.')]).toEqual([400, true])
  const changed = await here.post('/account/password', { current: ada.password, password })
  expect(changed.location).toBe('/account?done=password')
  expect((await here.get('/account')).status).toBe(200)
  expect((await browser().post('/sign-in', ada)).status).toBe(401)
  const other = await signedIn({ ...ada, password })
  expect((await here.post('/account/sessions/end-all', {})).location).toBe('/sign-in?done=out')
  for (const client of [here, other]) expect((await client.get('/account')).status).toBe(303)
})
