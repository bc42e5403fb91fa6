import { expect, test } from 'vitest'
import { offerSetup, registerByInvitation } from '../../src/usecases/people/invitations.ts'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { startMailServer } from '../support/mail-server.ts'

const password = 'correct horse battery'
const email = 'ada@example.org'
const limits = { wrongPasswords: 3, addressSignIns: 6, resets: 2, invitations: 2 }

const mailServer = await startMailServer()
const database = useDatabase()
const settings = {
  signIn: true,
  trustedProxies: ['loopback'],
  protection: limits,
  mail: { url: mailServer.url, from: 'Wordloom <library@example.org>' },
}
const api = useApi(database, settings)
const second = useApi(database, settings)

let addresses = 0
const newAddress = () => `203.0.113.${(addresses += 1)}`

interface From {
  readonly address?: string
  readonly cookie?: string
  readonly url?: string
}

const post = (path: string, body: object, { address = newAddress(), cookie, url = api.url }: From = {}) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: url,
      'x-forwarded-for': address,
      ...(cookie === undefined ? {} : { cookie }),
    },
    body: JSON.stringify(body),
  })

const signIn = (given: string, from: From = {}, who = email) =>
  post('/auth/sign-in/email', { email: who, password: given }, from)

const cookiesOf = (response: Response) =>
  response.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '')

const browserCookie = (cookies: readonly string[]) =>
  cookies.find((cookie) => cookie.includes('known_browser')) ?? ''

const statuses = (responses: readonly Response[]) => responses.map(({ status }) => status)

const known: { cookies: string[] } = { cookies: [] }

test('sign-ins that succeed do not count', async () => {
  const services = { db: database.db, now: () => new Date() }
  await registerByInvitation(services, (await offerSetup(services)) ?? '', { name: 'Ada', email, password })
  const address = newAddress()
  for (let count = 0; count < limits.wrongPasswords + 1; count += 1) {
    const response = await signIn(password, { address })
    expect(response.status).toBe(200)
    known.cookies = cookiesOf(response)
  }
  const set = browserCookie(known.cookies)
  expect(set).toMatch(/^wordloom\.known_browser=[\w-]{22}\.[\w-]{43}$/)
})

test('wrong passwords for an account end at the limit, on all servers and from any number of addresses', async () => {
  const both = [api.url, second.url]
  const tries = Array.from({ length: 12 }, (_, index) =>
    signIn(`wrong password ${index}`, { url: both[index % 2] ?? '' }),
  )
  const answers = await Promise.all(tries)
  expect(statuses(answers).filter((status) => status === 401)).toHaveLength(limits.wrongPasswords)
  const refused = answers.find(({ status }) => status === 429)
  const seconds = Number(refused?.headers.get('retry-after'))
  expect(seconds).toBeGreaterThan(60)
  expect(seconds).toBeLessThanOrEqual(900)
  expect(await refused?.json()).toMatchObject({ code: 'RATE_LIMITED', message: /Try again in 15 minutes\./ })
  // However it is written, and even with the right password.
  expect((await signIn(password, {}, ' ADA@example.org')).status).toBe(429)
})

test('its person still signs in where they did before, with as many attempts', async () => {
  const cookie = browserCookie(known.cookies)
  const forged = cookie.replace(/=./, (text) => (text === '=A' ? '=B' : '=A'))
  expect((await signIn(password, { cookie: forged })).status).toBe(429)
  expect((await signIn(password, { cookie })).status).toBe(200)
  for (let count = 0; count < limits.wrongPasswords; count += 1)
    expect((await signIn('wrong password', { cookie })).status).toBe(401)
  expect((await signIn(password, { cookie })).status).toBe(429)
  // The cookie helps with the account of the person alone.
  const others = await Promise.all(
    Array.from({ length: 6 }, () => signIn(password, { cookie }, 'other@example.org')),
  )
  expect(statuses(others).filter((status) => status === 401)).toHaveLength(limits.wrongPasswords)
})

test('an account that does not exist is answered the same', async () => {
  const who = 'nobody@example.org'
  for (let count = 0; count < limits.wrongPasswords; count += 1)
    expect((await signIn(password, {}, who)).status).toBe(401)
  expect((await signIn(password, {}, who)).status).toBe(429)
})

test('an address that fails with many accounts is refused', async () => {
  const address = newAddress()
  const failed = await Promise.all(
    Array.from({ length: limits.addressSignIns + 3 }, (_, index) =>
      signIn(password, { address }, `person${index}@example.org`),
    ),
  )
  expect(statuses(failed).filter((status) => status === 401)).toHaveLength(limits.addressSignIns)
  expect((await signIn(password, {}, 'person0@example.org')).status).toBe(401)
})

test('a stolen session does not help to find the password', async () => {
  const [session = ''] = known.cookies.filter((cookie) => cookie.includes('session_token'))
  const change = (currentPassword: string) =>
    post('/auth/change-password', { currentPassword, newPassword: 'another password' }, { cookie: session })
  for (let count = 0; count < limits.wrongPasswords; count += 1)
    expect((await change('wrong password')).status).toBe(400)
  expect((await change(password)).status).toBe(429)
})

test('one account gets as many links to reset its password as the limit says', async () => {
  const ask = (who: string) => post('/auth/request-password-reset', { email: who })
  for (const who of [email, 'nobody@example.org']) {
    const answers = [await ask(who), await ask(who), await ask(who.toUpperCase())]
    expect(statuses(answers)).toEqual([200, 200, 429])
  }
  await expect.poll(() => mailServer.received).toHaveLength(limits.resets)
})
