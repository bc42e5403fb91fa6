import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { useApi } from '../support/api.ts'
import { buildBlock } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { useServedPicture } from '../support/media/served-picture.ts'

const page = 'http://localhost:5173'
const api = useApi(useDatabase())
const { here } = useServedPicture(api)

/** A request whose answer is not decompressed. */
function raw(path: string, headers: Record<string, string>, body?: string) {
  return new Promise<{ headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const options = { method: body === undefined ? 'GET' : 'POST', headers }
    const sent = request(api.url + path, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }))
    })
    sent.on('error', reject).end(body)
  })
}

const ask = (query: string, headers: Record<string, string>) =>
  raw('/graphql', { 'content-type': 'application/json', ...headers }, JSON.stringify({ query }))

const long = '{ __schema { types { name description } } }'
const browser = 'gzip, deflate, br, zstd'

test.each([
  [browser, 'br', brotliDecompressSync],
  ['gzip, deflate', 'gzip', gunzipSync],
  ['gzip;q=1.0, br;q=0.1', 'gzip', gunzipSync],
])('a long answer to a client that takes %s is compressed with %s', async (accepted, encoding, unpack) => {
  const plain = await ask(long, {})
  const { headers, body } = await ask(long, { 'accept-encoding': accepted, origin: page })
  expect(headers).toMatchObject({ 'content-encoding': encoding, 'content-type': /json/ })
  expect(String(headers['vary']).toLowerCase()).toBe('origin, accept-encoding')
  expect(unpack(body).equals(plain.body)).toBe(true)
  expect(body.length * 3).toBeLessThan(plain.body.length)
})

test.each([
  ['a short answer', () => ask('{ __typename }', { 'accept-encoding': browser })],
  ['an answer to a client that takes none', () => ask(long, { 'accept-encoding': 'identity' })],
  ['an answer to a client that names none', () => ask(long, {})],
])('%s is not compressed', async (_what, send) => {
  const { headers, body } = await send()
  expect(headers['content-encoding']).toBeUndefined()
  expect(headers['content-length']).toBe(String(body.length))
})

test('pages and scripts are compressed, too', async () => {
  const paths = ['/graphiql', '/graphiql/graphiql.css', '/graphiql/graphiql.js']
  for (const path of paths) {
    expect((await raw(path, { 'accept-encoding': browser })).headers['content-encoding']).toBe('br')
  }
})

const types = ['photograph', 'SVG'] as const
const urls = new Map<string, string>()

beforeAll(async () => {
  const { workspace, url } = here()
  urls.set('photograph', url)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">${'<g/>'.repeat(1000)}</svg>`
  const { ctx, client } = workspace
  const block = await buildBlock(ctx)
  const slot = { ownerType: 'BLOCK', ownerId: block.id, role: 'IMAGE' }
  const answer = await client.upload({ slot }, new Blob([svg]), 'a.svg')
  urls.set('SVG', (answer.data as { uploadMedia: { media: { url: string } } }).uploadMedia.media.url)
})

test.each(types)('the bytes of a stored %s stay as they are, with their length and ranges', async (type) => {
  const url = urls.get(type) ?? ''
  const path = url.replace(api.url, '')
  const plain = await raw(path, {})
  const asked = await raw(path, { 'accept-encoding': browser })
  expect(asked.headers['content-encoding']).toBeUndefined()
  expect(asked.headers['content-length']).toBe(String(plain.body.length))
  expect(asked.headers['etag']).toBe(plain.headers['etag'])
  expect(asked.body.equals(plain.body)).toBe(true)
  const part = await raw(path, { 'accept-encoding': browser, range: 'bytes=10-2009' })
  expect(part.body.equals(plain.body.subarray(10, 2010))).toBe(true)
})

test('a compressed body is still refused', async () => {
  const { body } = await ask('{ __typename }', { 'content-encoding': 'gzip' })
  expect(body.toString()).toContain('Content-Encoding is not supported')
})
