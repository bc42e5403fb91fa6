import { expect, test } from 'vitest'
import { offerSetup, registerByInvitation } from '../../src/usecases/people/invitations.ts'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database, {
  signIn: true,
  trustedProxies: ['loopback'],
  protection: { wrongPasswords: 10, addressSignIns: 30 },
})

const email = 'ada@example.org'
const password = 'correct horse battery'

test('of 10,000 passwords that thousands of addresses try, ten are checked, and the person signs in', async () => {
  const services = { db: database.db, now: () => new Date() }
  await registerByInvitation(services, (await offerSetup(services)) ?? '', { name: 'Ada', email, password })
  const signIn = (given: string, address: string, cookie = '') =>
    fetch(`${api.url}/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: api.url, 'x-forwarded-for': address, cookie },
      body: JSON.stringify({ email, password: given }),
    })
  const cookies = (await signIn(password, '192.0.2.1')).headers.getSetCookie()
  const known = cookies.find((cookie) => cookie.includes('known_browser'))?.split(';')[0] ?? ''

  const counts = new Map<number, number>()
  const tries = Array.from({ length: 10_000 }, (_, index) => index)
  const guess = async () => {
    for (let index = tries.pop(); index !== undefined; index = tries.pop()) {
      const { status, body } = await signIn(`guess number ${index}`, `10.0.${index % 200}.${index % 17}`)
      await body?.cancel()
      counts.set(status, (counts.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: 50 }, guess))
  expect(Object.fromEntries(counts)).toEqual({ 401: 10, 429: 9_990 })
  expect((await signIn(password, '192.0.2.1')).status).toBe(429)
  expect((await signIn(password, '192.0.2.1', known)).status).toBe(200)
}, 300_000)
