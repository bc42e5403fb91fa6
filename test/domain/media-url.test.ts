import { expect, test } from 'vitest'
import {
  MediaUrlInvalid,
  mediaUrlExpiry,
  mediaUrlPath,
  mediaUrlText,
  readMediaUrl,
} from '../../src/domain/media-url.ts'

const id = '01900000-0000-7000-8000-0000000000ff'
const workspaceId = '0190aaaa-bbbb-7ccc-8ddd-eeeeffff0123'
const signature = 'A_-' + 'z'.repeat(18) + 'w'
const signed = { id, workspaceId, trashed: false, expires: 1_796_000_000, keyId: 'k1-_k2xY', signature }
const query = { workspace: 'w1', expires: '99', key: 'k1', signature: 's1' }
const claims = 'AZCqqru7fMyN3e7u__8BIw'

const read = (path: string) => {
  const { pathname, searchParams } = new URL(path, 'http://localhost')
  const [, , readId = '', variant] = pathname.split('/')
  return readMediaUrl({ id: readId, variant, query: Object.fromEntries(searchParams) })
}

test.each([
  ['the original', signed],
  ['a thumbnail', { ...signed, variant: 'thumbnail' }],
  ['what is in the trash', { ...signed, trashed: true }],
  ['one with the key of an older server', { ...signed, keyId: 'older' }],
  ['the first second and the last', { ...signed, expires: 0xffffffff }],
])('the path of %s is read as it was written, and is short', (_case, given) => {
  const path = mediaUrlPath(given)
  const { variant } = { variant: undefined, ...given }
  expect(path).toMatch(new RegExp(`^/media/${id}${variant ? `/${variant}` : ''}\\?s=${given.keyId}${claims}`))
  expect(path.length).toBeLessThan(120)
  expect(read(path)).toEqual({ ...given, variant, form: 'short' })
})

test('a path of an earlier version is read, too', () => {
  const path = `/media/${id}/thumbnail?workspace=w1&trashed=true&expires=99&key=k1&signature=s1`
  const expected = { id, variant: 'thumbnail', workspaceId: 'w1', trashed: true, expires: 99 }
  expect(read(path)).toEqual({ ...expected, keyId: 'k1', signature: 's1', form: 'long' })
})

const token = mediaUrlPath(signed).split('?s=')[1] ?? ''

test.each<[string, Record<string, unknown>]>([
  ['too little', { s: token.slice(0, 50) }],
  ['nothing', { s: '' }],
  ['two signatures', { s: [token, token] }],
  ['padding', { s: `${token}=` }],
  ['other characters', { s: token.replace('_', '/') }],
  ['a long key', { s: 'k'.repeat(1000) + token }],
  ['a trash that is neither full nor empty', { s: token.replace('IwBr', 'IwJr') }],
  ['a workspace beside it', { s: token, workspace: workspaceId }],
  ['an expiry beside it', { s: token, expires: '99' }],
  ['the trash beside it', { s: token, trashed: 'true' }],
])('a URL whose signature has %s is invalid', (_case, given) => {
  expect(token).toContain('IwBr')
  expect(readMediaUrl({ id, query: given })).toBeInstanceOf(MediaUrlInvalid)
})

test.each([
  ['nothing but a workspace', { workspace: 'w1' }],
  ['another parameter', { workspace: 'w1', trashed: 'true', download: '' }],
])('a URL with %s claims no signature', (_case, given) => {
  expect(readMediaUrl({ id, query: given })).toBeUndefined()
})

test.each<[string, Record<string, unknown>]>([
  ['no expiry', { ...query, expires: undefined }],
  ['no key', { ...query, key: undefined }],
  ['no signature', { ...query, signature: undefined }],
  ['no workspace', { ...query, workspace: undefined }],
  ['two workspaces', { ...query, workspace: ['w1', 'w2'] }],
  ['two expiries', { ...query, expires: ['99', '99'] }],
  ['two keys', { ...query, key: ['k1', 'k1'] }],
  ['two signatures', { ...query, signature: ['s1', 's1'] }],
  ['two trashes', { ...query, trashed: ['true', 'true'] }],
  ['another word for the trash', { ...query, trashed: 'false' }],
  ['another spelling of the expiry', { ...query, expires: '099' }],
  ['a fraction', { ...query, expires: '99.0' }],
  ['a power', { ...query, expires: '9e9' }],
  ['an expiry before 1970', { ...query, expires: '-99' }],
  ['an expiry beyond all dates', { ...query, expires: '9'.repeat(400) }],
  ['an expiry of words', { ...query, expires: 'NaN' }],
  ['an empty expiry', { ...query, expires: '' }],
])('a signed URL with %s is invalid', (_case, given) => {
  expect(readMediaUrl({ id, query: given })).toBeInstanceOf(MediaUrlInvalid)
})

test('no two addresses have the same text to sign', () => {
  const addresses = [
    signed,
    { ...signed, variant: 'thumbnail' },
    { ...signed, variant: '' },
    { ...signed, variant: 'null' },
    { ...signed, trashed: true },
    { ...signed, workspaceId: 'w2' },
    { ...signed, id: 'other' },
    { ...signed, expires: 100 },
    { ...signed, id: `${id}","x`, variant: undefined },
    { ...signed, variant: 'x","w1' },
  ]
  const texts = addresses.flatMap((one) => [mediaUrlText(one, 'short'), mediaUrlText(one, 'long')])
  expect(new Set(texts).size).toBe(2 * addresses.length)
})

const hour = 3_600_000
const times = { hours: 24, windowHours: 6 }

test('a URL is valid for more than its hours and at most a window longer', () => {
  for (let now = 0; now < 48 * hour; now += 0.37 * hour) {
    const validMs = mediaUrlExpiry(id, now, times) * 1000 - now
    expect(validMs).toBeGreaterThan(24 * hour)
    expect(validMs).toBeLessThanOrEqual(30 * hour)
  }
})

test('the same URL is given for a whole window, then another one', () => {
  const start = 0xff * 1000
  const expiry = (now: number) => mediaUrlExpiry(id, now, times)
  expect(expiry(start)).toBe(start / 1000 + 30 * 3600)
  expect(expiry(start + 6 * hour - 1)).toBe(expiry(start))
  expect(expiry(start + 6 * hour)).toBe(expiry(start) + 6 * 3600)
  expect(expiry(start - 1)).toBe(expiry(start) - 6 * 3600)
})

test('windows of different media begin at different times', () => {
  const ids = Array.from({ length: 50 }, (_, index) => `01900000-0000-7000-8000-00${index + 10}abcdef12`)
  const other = ids.map((one, index) => one.slice(0, -8) + (index * 40_503).toString(16).padStart(8, '0'))
  expect(new Set(other.map((one) => mediaUrlExpiry(one, 0, times))).size).toBeGreaterThan(45)
})
