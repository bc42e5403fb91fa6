import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { logOptions } from '../../src/log.ts'
import { offerSetup, registerByInvitation } from '../../src/usecases/people/invitations.ts'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'

/** A secret that stands nowhere else. */
const secretOf = (name: string) => `${name}${randomBytes(18).toString('hex')}`

const databasePassword = secretOf('database')
const storeKey = secretOf('store')
const s3 = {
  ...{ endpoint: 'https://store.example.org', region: 'us-east-1', bucket: 'library', prefix: '' },
  ...{ keys: { accessKeyId: 'id', secretAccessKey: storeKey }, forcePathStyle: true },
}
const database = useDatabase()
const api = useApi(database, { signIn: true })

const password = secretOf('password')
const wrong = secretOf('wrong')
const email = 'ada@example.org'

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

/** Registers a person and signs in; gives everything that must stay secret. */
async function signIn() {
  const services = { db: database.db, now: () => new Date() }
  const invitation = (await offerSetup(services)) ?? ''
  await registerByInvitation(services, invitation, { name: 'Ada', email, password })
  await post('/auth/sign-in/email', { email, password: wrong })
  const signedIn = await post('/auth/sign-in/email', { email, password })
  const { token } = (await signedIn.json()) as { token: string }
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return { invitation, token, cookie, signature: cookie.split('.').at(-1) ?? '' }
}

test('no secret reaches the log, wherever a request carries it', async () => {
  const { invitation, token, cookie, signature } = await signIn()
  const inUrl = secretOf('url')
  const apiToken = `wl_${secretOf('token')}`
  const headers = { authorization: `Bearer ${token}` }
  const paths = [
    `/invitations/${invitation}`,
    `/shared/${inUrl}/books/a`,
    `/auth/reset-password/${inUrl}?callbackURL=/reset-password`,
    `/reset-password?token=${inUrl}`,
    `/%69nvitations/${inUrl}`,
    `/sign-in?next=/invitations/${inUrl}`,
    `/media/01900000-0000-7000-8000-000000000009?s=${inUrl}`,
    `/media/01900000-0000-7000-8000-000000000009?workspace=a&expires=1&key=k&signature=${inUrl}`,
    `/api/images/01900000-0000-7000-8000-000000000009?s=${inUrl}`,
    `/graphql?query=${encodeURIComponent(`{ search(query: "${inUrl}") { __typename } }`)}&variables={"a":"${inUrl}"}`,
  ]
  for (const path of paths) await fetch(`${api.url}${path}`, { headers, redirect: 'manual' })
  for (const sent of [
    { cookie },
    { authorization: `Bearer ${apiToken}` },
    { authorization: `Basic ${inUrl}` },
  ])
    await post('/graphql', { query: '{ workspace { id } }' }, sent)
  const variables = { input: { name: { password: inUrl } } }
  const mutation =
    'mutation ($input: CreateBookshelfInput!) { createBookshelf(input: $input) { __typename } }'
  await post('/graphql', { query: mutation, variables }, headers)
  await post('/graphql', { query: `mutation { nothing(password: "${inUrl}") }` }, headers)
  await post(
    '/auth/change-password',
    { currentPassword: wrong, newPassword: password },
    { cookie, origin: api.url },
  )
  await post('/auth/reset-password', { newPassword: password, token: inUrl })

  const log = JSON.stringify(api.log)
  for (const path of ['/invitations/…', '/shared/…', 'sign-in/email', '/graphql?query=…&variables=…'])
    expect(log).toContain(path)
  const secrets = { invitation, token, signature, inUrl, apiToken, password, wrong }
  expect(Object.entries(secrets).filter(([, secret]) => log.includes(secret))).toEqual([])
})

test('nor do configured keys and passwords, even if an error carries them', () => {
  const url = `postgres://wordloom:${databasePassword}@db.example.org/wordloom`
  const lines: string[] = []
  const log = pino(logOptions({ databaseUrl: url, s3 }), { write: (line: string) => void lines.push(line) })
  const err = Object.assign(new Error(`Could not connect to ${url}`), { input: url, storeKey })
  log.error({ err }, 'A request failed')
  expect(lines[0]).toContain('Could not connect to postgres://wordloom:…@db.example.org/wordloom')
  for (const secret of [databasePassword, storeKey]) expect(lines[0]).not.toContain(secret)
})
