import { expect, test } from 'vitest'
import { offerSetup, registerByInvitation } from '../../src/usecases/people/invitations.ts'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const open = useApi(database)
const withSignIn = useApi(database, { signIn: true })

const elsewhere = { origin: 'https://evil.example.org', 'sec-fetch-site': 'cross-site' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/**
 * Sends something to every route that may change something, and gives how those answered that did not refuse it: as a
 * forgery, or because they take no such type.
 */
async function accepted(api: typeof open, headers: Record<string, string>, refusals = [403, 415]) {
  const changing = api.routes.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
  expect(changing.map(({ url }) => url)).toEqual(
    expect.arrayContaining(['/graphql', '/uploads', '/api/images']),
  )
  const answers: unknown[] = []
  for (const { method, url } of changing) {
    const path = url.replaceAll(/:\w+/g, '01900000-0000-7000-8000-000000000009')
    const { status } = await fetch(api.url + path, { method, headers, body: 'a=b', redirect: 'manual' })
    if (!refusals.includes(status)) answers.push({ method, url, status })
  }
  return answers
}

test('a form in a page of another site changes nothing, whichever route it is sent to', async () => {
  const forms = open.routes.filter(({ method }) => method === 'POST')
  expect(forms.length).toBeGreaterThan(3)
  for (const type of [form['content-type'], 'text/plain', 'multipart/form-data; boundary=a']) {
    const answers = await accepted(open, { ...elsewhere, 'content-type': type })
    // Other methods need a preflight request, which pages of other sites do not pass.
    expect(answers.filter((answer) => (answer as { method: string }).method === 'POST')).toEqual([])
  }
})

test('with sign-in neither does a page of another site that brings a cookie, in any way', async () => {
  const services = { db: database.db, now: () => new Date() }
  const person = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }
  await registerByInvitation(services, (await offerSetup(services)) ?? '', person)
  const signedIn = await fetch(`${withSignIn.url}/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(person),
  })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  expect(await accepted(withSignIn, { ...elsewhere, ...form, cookie })).toEqual([])
  // Types and headers that need a preflight request do not help: the cookie counts.
  const asked = {
    'content-type': 'application/json',
    'tus-resumable': '1.0.0',
    'apollo-require-preflight': 'a',
  }
  const answers = await accepted(withSignIn, { ...elsewhere, ...asked, cookie }, [400, 403, 415])
  expect(answers).toEqual([])
})

test('without a cookie nobody is signed in from another site', async () => {
  expect(await accepted(withSignIn, { ...elsewhere, ...form }, [401, 403, 415])).toEqual([])
})
