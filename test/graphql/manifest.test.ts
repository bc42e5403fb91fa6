import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { BadManifest } from '../../src/domain/operations-manifest.ts'
import { createApollo } from '../../src/graphql/server.ts'
import { openManifest } from '../../src/http/manifest.ts'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'

const folder = mkdtempSync(join(tmpdir(), 'wordloom-manifest-'))
afterAll(() => rmSync(folder, { recursive: true }))

const hashOf = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex')
const shelves = 'query Shelves($first: Int) { bookshelves(first: $first) { totalCount __typename } }'
const create =
  'mutation Create($input: CreateBookshelfInput!) { createBookshelf(input: $input) { __typename } }'

const operations = [
  { id: hashOf('sha256', shelves), name: 'Shelves', type: 'query', body: shelves },
  { id: 'create-1', name: 'Create', type: 'mutation', body: create },
]
const write = (name: string, content: object | string) => {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
const apolloManifest = (entries: readonly object[]) => ({
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: entries,
})
const md5 = hashOf('md5', shelves)

const database = useDatabase()
const ofApollo = useApi(database, { operationsManifest: write('apollo.json', apolloManifest(operations)) })
const ofRelay = useApi(database, { operationsManifest: write('relay.json', { [md5]: shelves }) })

async function send(url: string, body: object | string) {
  const headers = { 'content-type': 'application/json' }
  const response =
    typeof body === 'string'
      ? await fetch(`${url}/graphql?${body}`)
      : await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) })
  const { data, errors } = (await response.json()) as {
    data?: object
    errors?: { extensions: { code: string } }[]
  }
  return { status: response.status, data, code: errors?.[0]?.extensions.code }
}

const persisted = (id: string) => ({ persistedQuery: { version: 1, sha256Hash: id } })
const [shelvesId, createId] = operations.map(({ id }) => id) as [string, string]
const variables = { first: 1 }
const encoded = (fields: Record<string, unknown>) =>
  new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ).toString()

test.each<[string, object | string]>([
  ['the ID of Apollo Client', { extensions: persisted(shelvesId), variables }],
  ['the ID and the text', { query: shelves, extensions: persisted(shelvesId), variables }],
  ['the text alone', { query: shelves, variables }],
  ['`documentId`', { documentId: shelvesId, variables }],
  ['`documentId` with the name of the hash', { documentId: `sha256:${shelvesId}`, variables }],
  ['the ID by GET', encoded({ extensions: persisted(shelvesId), variables })],
  ['the text by GET', encoded({ query: shelves, variables, operationName: 'Shelves' })],
])('an operation of the manifest is run by %s', async (_what, body) => {
  expect(await send(ofApollo.url, body)).toMatchObject({
    status: 200,
    data: { bookshelves: { __typename: 'BookshelfConnection' } },
  })
})

test('an ID need not be a hash, and Relay gives its own', async () => {
  const input = { name: 'Manifest' }
  expect(await send(ofApollo.url, { extensions: persisted(createId), variables: { input } })).toMatchObject({
    data: { createBookshelf: { __typename: 'CreateBookshelfSuccess' } },
  })
  for (const body of [{ doc_id: md5 }, { id: md5 }, { query: shelves }])
    expect((await send(ofRelay.url, body)).status).toBe(200)
})

test.each<[string, object | string]>([
  ['another text', { query: '{ __typename }' }],
  ['a text that differs in a space', { query: `${shelves} ` }],
  ['another text with a known ID', { query: '{ __typename }', extensions: persisted(shelvesId) }],
  ['an unknown ID', { extensions: persisted('0'.repeat(64)) }],
  ['an unknown ID with a known text', { query: shelves, extensions: persisted('0'.repeat(64)) }],
  ['an ID that is an object', { documentId: {} }],
  ['a text that does not parse', { query: '{' }],
  ['introspection', { query: '{ __schema { types { name } } }' }],
  ['nothing', { variables }],
  ['another text by GET', encoded({ query: '{ __typename }' })],
  ['two texts by GET', `${encoded({ query: shelves })}&query=%7B__typename%7D`],
])('%s is refused', async (_what, body) => {
  expect(await send(ofApollo.url, body)).toEqual({
    status: 400,
    data: undefined,
    code: 'OPERATION_NOT_IN_MANIFEST',
  })
})

const start = async (path: string) => {
  const operationsManifest = await openManifest(path)
  const apollo = await createApollo({ ...readConfig({}), firstQuery: '', manifest: operationsManifest })
  await apollo.stop()
}

test.each([
  ['no JSON', '{', /not valid JSON/],
  ['a list', '[]', /generate-persisted-query-manifest/],
  ['of another version', { ...apolloManifest(operations), version: 2 }, /version 1/],
  ['without a body', apolloManifest([{ id: 'a' }]), /id and body/],
  ['empty', {}, /no operations/],
  [
    'with one ID for two texts',
    apolloManifest([
      { id: 'a', body: shelves },
      { id: 'a', body: create },
    ]),
    /ID a stands for two/,
  ],
  [
    'with an operation that the schema does not have',
    { a1: 'query Old { shelves { id } }' },
    /Old \(a1\): Cannot query field "shelves"/,
  ],
  ['with a text that does not parse', { a1: 'query {' }, /a1: Syntax Error/],
  [
    'with two operations under one ID',
    { a1: 'query A { __typename } query B { __typename }' },
    /A \(a1\): has 2/,
  ],
  [
    'with an operation that is too large',
    { a1: `query Wide { ${Array.from({ length: 101 }, (_, index) => `a${index}: __typename`).join(' ')} }` },
    /Wide \(a1\): exceeds the limit of 100 for aliases/,
  ],
])('a manifest that is %s is refused at the start', async (_what, content, message) => {
  const started = start(write('bad.json', content))
  await expect(started).rejects.toThrow(message)
  await expect(started).rejects.toBeInstanceOf(BadManifest)
})

test('a manifest that is missing is refused at the start', async () => {
  await expect(start(join(folder, 'missing.json'))).rejects.toThrow(/OPERATIONS_MANIFEST.*\n.*ENOENT/)
})
