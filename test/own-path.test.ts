import { expect, test } from 'vitest'
import { ownPath, withNext } from '../src/http/pages/next.ts'

test.each([
  'https://evil.example.org/',
  '//evil.example.org/',
  '/\\evil.example.org/',
  '/\t/evil.example.org',
  '/..//evil.example.org',
  '/.//evil.example.org',
  'javascript:alert(1)',
  '',
  undefined,
  ['/a'],
])('%s may lead to another site', (text) => {
  expect(ownPath(text)).toBeUndefined()
})

test.each(['/', '/graphiql', '/graphql?query=%7Ba%7D#x', '/invitations/a-b_c', '/?next=//evil.example.org'])(
  '%s is a path of this server',
  (text) => {
    expect(ownPath(text)).toBe(text)
  },
)

test('a path to continue at survives in a URL', () => {
  const path = withNext('/sign-in', '/graphql?query={a}&x=1')
  expect(new URL(path, 'http://x').searchParams.get('next')).toBe('/graphql?query={a}&x=1')
  expect(withNext('/sign-in', undefined)).toBe('/sign-in')
})
