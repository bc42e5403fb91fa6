import { expect, test } from 'vitest'
import { offerSetup, registerByInvitation } from '../../src/usecases/people/invitations.ts'
import { createResetLink } from '../../src/usecases/people/reset-link.ts'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { startMailServer } from '../support/mail-server.ts'

const mailServer = await startMailServer()
const database = useDatabase()
const api = useApi(database, {
  signIn: true,
  mail: { url: mailServer.url, from: 'Wordloom <library@example.org>' },
})
const people = () => ({ db: database.db, now: () => new Date() })
const email = 'ada@example.org'

const post = (path: string, body: object) =>
  fetch(`${api.url}/auth${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

const signIn = async (password: string) => (await post('/sign-in/email', { email, password })).status

const tokenOf = (link: string) => new URL(link).searchParams.get('token') ?? ''

test('an operator hands out a link for a new password, which works once and ends all sessions', async () => {
  const secret = (await offerSetup(people())) ?? ''
  await registerByInvitation(people(), secret, { name: 'Ada', email, password: 'the first password' })
  expect(await signIn('the first password')).toBe(200)

  expect(await createResetLink(people(), 'nobody@example.org', api.url)).toBeUndefined()
  const link = (await createResetLink(people(), ' Ada@Example.org', api.url)) ?? ''
  expect(link).toMatch(new RegExp(`^${api.url}/reset-password\\?token=[\\w-]{43}$`))
  const token = tokenOf(link)
  const chosen = await Promise.all(
    ['one', 'two'].map((name) => post('/reset-password', { token, newPassword: `${name} new password` })),
  )
  expect(chosen.map(({ status }) => status).sort()).toEqual([200, 400])
  expect(await signIn('the first password')).toBe(401)
  expect(await database.db.prisma.session.count()).toBe(0)
})

test('a person gets the link by mail, and nobody learns who has an address', async () => {
  const ask = async (address: string) => {
    const answer = await post('/request-password-reset', { email: address })
    return [answer.status, await answer.json()] as const
  }
  expect(await ask('nobody@example.org')).toEqual(await ask(email))
  await expect.poll(() => mailServer.received).toHaveLength(1)
  const [mail] = mailServer.received
  expect(mail?.to).toBe(email)
  expect(mail?.text).toContain('From: Wordloom <library@example.org>')
  expect(mail?.text).toContain('要设置新的 Wordloom 密码')
  const link = /http:\S+/.exec(mail?.text ?? '')?.[0] ?? ''
  expect(link).toContain(`${api.url}/reset-password?token=`)
  const reset = await post('/reset-password', { token: tokenOf(link), newPassword: 'the third password' })
  expect(reset.status).toBe(200)
  expect(await signIn('the third password')).toBe(200)
  expect(await database.db.prisma.user.findUnique({ where: { email } })).toMatchObject({
    emailVerified: true,
  })
})

test('a mail server that refuses is in the log, and the answer stays the same', async () => {
  mailServer.state.refuses = true
  expect((await post('/request-password-reset', { email })).status).toBe(200)
  await expect
    .poll(() => api.log.filter(({ msg }) => msg.startsWith('A mail could not be sent')))
    .toHaveLength(1)
})

test('the address of a session is that of the connection, whatever a client claims', async () => {
  await fetch(`${api.url}/auth/sign-in/email`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': '203.0.113.9',
      'x-wordloom-address': '203.0.113.9',
    },
    body: JSON.stringify({ email, password: 'the third password' }),
  })
  const [session] = await database.db.prisma.session.findMany({ orderBy: { createdAt: 'desc' }, take: 1 })
  expect(session?.ipAddress).toBe('127.0.0.1')
})
