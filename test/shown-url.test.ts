import { expect, test } from 'vitest'
import { shownUrl } from '../src/http/shown-url.ts'
import { secretRemover } from '../src/secret-texts.ts'

test.each([
  ['/graphql', '/graphql'],
  ['/media/a/thumbnail?s=key.signature', '/media/a/thumbnail?s=…'],
  [
    '/media/a?workspace=w&expires=5&key=k&signature=x&download',
    '/media/a?workspace=w&expires=5&key=…&signature=…&download',
  ],
  ['/invitations/secret', '/invitations/…'],
  ['/invitations/secret/?lang=zh', '/invitations/…/?lang=zh'],
  ['//invitations//secret', '//invitations//…'],
  ['/%69nvitations/secret', '/invitations/…'],
  ['/invitations%2Fsecret', '/invitations/…'],
  ['/shared/secret/books/b', '/shared/…/books/b'],
  ['/auth/reset-password/secret?callbackURL=/x', '/auth/reset-password/…?callbackURL=…'],
  ['/reset-password?token=secret', '/reset-password?token=…'],
  ['/reset-password?%74oken=secret', '/reset-password?token=…'],
  ['/reset-password?secret', '/reset-password?…'],
  ['/graphql?query={a(password:"secret")}&variables={"b":"secret"}', '/graphql?query=…&variables=…'],
  ['/auth/callback/oidc?code=secret&state=secret', '/auth/callback/oidc?code=…&state=…'],
  ['/sign-in?next=/invitations/secret', '/sign-in?next=…'],
  ['/a%zz?download', '/a%zz?download'],
])('%s is logged as %s', (url, shown) => {
  expect(shownUrl(url)).toBe(shown)
})

test('a long URL is logged in part', () => {
  expect(shownUrl(`/${'a'.repeat(10_000)}`)).toHaveLength(500)
})

test('secrets of a known form and configured ones are removed from a line', () => {
  const remove = secretRemover(['S3 secret "of" the store', 'short', undefined])
  const secret = 'abcdefghij0123456789'
  const line = JSON.stringify({
    err: { message: `connect postgres://wordloom:${secret}@db/x and redis://:${secret}@cache` },
    headers: { authorization: `Bearer ${secret}`, cookie: `a=b; wordloom.session_token=${secret}.${secret}` },
    token: `wl_${secret}`,
    basic: `Basic ${secret}`,
    key: 'S3 secret "of" the store',
  })
  const shown = remove(line)
  expect(shown).not.toMatch(/abcdefghij|of.{1,2} the store/)
  expect(JSON.parse(shown)).toMatchObject({
    err: { message: 'connect postgres://wordloom:…@db/x and redis://:…@cache' },
    headers: { cookie: 'a=b; wordloom.session_token=…' },
  })
  const plain = '{"msg":"Wordloom is ready: https://a.example/graphql, user@example.org, short","url":"/a?b"}'
  expect(remove(plain)).toBe(plain)
})
