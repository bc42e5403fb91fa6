import { beforeAll, afterEach, expect, test } from 'vitest'
import { Client, uploadDocument } from '../support/client.ts'
import { makeLibrary, stored } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import { until } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'
import {
  fieldPart,
  filePart,
  multipartBody,
  multipartStart,
  type Part,
  postRaw,
  RawRequest,
} from '../support/wire.ts'

cleanUpServers()

const nothing = { blobs: 0, media: 0, files: 0, incoming: 0 }

let server: RunningServer
let cover: object
let picture: Buffer

beforeAll(async () => {
  server = await startServer()
  ;({ cover } = await makeLibrary(new Client(server.url)))
  picture = await photograph()
})

// Whatever came before: nothing is left of it, and the same server goes on.
afterEach(async () => {
  await until(async () => (await stored(server)).incoming === 0)
  expect(await stored(server)).toEqual(nothing)
  expect(server.process.exitCode).toBeNull()
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
})

const input = () => ({ file: null, slot: cover })
const operations = () => fieldPart('operations', { query: uploadDocument, variables: { input: input() } })
const map = (paths: unknown = { 0: ['variables.input.file'] }) => fieldPart('map', paths)
const file = (name = '0') => filePart(name, picture)
const headed = (...headers: string[]): Part => ({ headers, content: picture })
const disposition = (fileName: string) => `Content-Disposition: form-data; name="0"; filename="${fileName}"`

const twoUploads = `mutation ($one: UploadMediaInput!, $other: UploadMediaInput!) {
  one: uploadMedia(input: $one) { __typename }
  other: uploadMedia(input: $other) { __typename }
}`
const two = () => fieldPart('operations', { query: twoUploads, variables: { one: input(), other: input() } })
const bothPaths = { 0: ['variables.one.file'], 1: ['variables.other.file'] }

/** Operations and map that put a file into the input of a new block. */
const blockWith = (place: string, fields: object) => [
  fieldPart('operations', {
    query: 'mutation ($input: CreateBlockInput!) { createBlock(input: $input) { __typename } }',
    variables: { input: { bookId: 'any', kind: 'TEXT', ...fields } },
  }),
  map({ 0: [`variables.input.${place}`] }),
  file(),
]

type Case = [what: string, parts: () => Part[], says: RegExp]

const malformed: Case[] = [
  ['no part at all', () => [], /operations/],
  ['no operations', () => [map(), file()], /operations/],
  ['no map', () => [operations(), file()], /map/],
  ['no map and no file', () => [operations()], /map/],
  ['the map before the operations', () => [map(), operations(), file()], /Misordered/],
  ['the file before the map', () => [operations(), file(), map()], /Misordered/],
  ['the file before everything', () => [file(), operations(), map()], /Misordered/],
  ['operations that are no JSON', () => [fieldPart('operations', '{'), map(), file()], /Invalid JSON/],
  ['operations that are text', () => [fieldPart('operations', '"text"'), map(), file()], /Invalid type/],
  [
    'operations without a query',
    () => [fieldPart('operations', { variables: { input: { file: null } } }), map(), file()],
    /query/,
  ],
  [
    'a list of operations',
    () => [
      fieldPart('operations', [{ query: '{ __typename }', file: null }]),
      map({ 0: ['0.file'] }),
      file(),
    ],
    /batch|array/i,
  ],
  ['a map that is no JSON', () => [operations(), fieldPart('map', 'x'), file()], /Invalid JSON/],
  ['a map that is a list', () => [operations(), map(['variables.input.file']), file()], /Invalid type/],
  ['a map to something else than paths', () => [operations(), map({ 0: [{}] }), file()], /Invalid type/],
  [
    'a map to a path that is not there',
    () => [operations(), map({ 0: ['variables.nowhere.file'] }), file()],
    /path/,
  ],
  [
    'a map to the prototype of all objects',
    () => [operations(), map({ 0: ['__proto__.polluted'] }), file()],
    /path/,
  ],
  [
    'a map to the prototype of a variable',
    () => [operations(), map({ 0: ['variables.constructor.prototype.x'] }), file()],
    /path/,
  ],
  [
    'a map into a method that all objects share',
    () => [operations(), map({ 0: ['hasOwnProperty.call'] }), file()],
    /path/,
  ],
  [
    'a map far beyond the end of a list',
    () => [
      fieldPart('operations', {
        query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
        variables: { ids: [] },
      }),
      map({ 0: ['variables.ids.4294967294'] }),
      file(),
    ],
    /path/,
  ],
  [
    'two files for one place',
    () => [
      operations(),
      map({ 0: ['variables.input.file'], 1: ['variables.input.file'] }),
      file('0'),
      file('1'),
    ],
    /2 files/,
  ],
  [
    'a map to a variable of another type',
    () => [operations(), map({ 0: ['variables.input.slot'] }), file()],
    /slot|file/,
  ],
  ['a file as a JSON object', () => blockWith('attributes', { attributes: null }), /cannot contain a file/],
  [
    'a file in a JSON object',
    () => blockWith('attributes.of.1', { attributes: { of: [1, null] } }),
    /cannot contain a file/,
  ],
  ['a file as an id', () => blockWith('bookId', { bookId: null }), /ID cannot represent value: a file$/],
  ['a file that is never sent', () => [operations(), map()], /missing/i],
  ['a file of another name than in the map', () => [operations(), map(), file('1')], /missing/i],
  ['text in place of the file', () => [operations(), map(), fieldPart('0', 'text')], /missing/i],
  [
    'operations of more than a megabyte',
    () => [fieldPart('operations', ' '.repeat(2 ** 21)), map(), file()],
    /size limit/,
  ],
  [
    'two files, in the order of their use',
    () => [two(), map(bothPaths), file('0'), file('1')],
    /one upload/i,
  ],
  ['two files, in the other order', () => [two(), map(bothPaths), file('1'), file('0')], /one upload/i],
  [
    'a control character in the name of the file',
    () => [operations(), map(), headed(disposition('a\x01b.jpg'))],
    /header|missing/i,
  ],
  [
    'a NUL in the name of the file',
    () => [operations(), map(), headed(disposition('a\0b.jpg'))],
    /header|missing/i,
  ],
  [
    '16 kB of headers of a part',
    () => [operations(), map(), headed(disposition('a.jpg'), `X-Long: ${'x'.repeat(16_384)}`)],
    /header|missing/i,
  ],
  [
    'a header line without a colon',
    () => [operations(), map(), headed(disposition('a.jpg'), 'no colon here')],
    /header|missing/i,
  ],
  ['a part without headers', () => [operations(), map(), headed('')], /header|missing/i],
  [
    'control characters in the name of the operations',
    () => [headed('Content-Disposition: form-data; name="\x02"'), map(), file()],
    /header|operations|Misordered/i,
  ],
]

test.each(malformed)('%s is answered with what is wrong', async (_what, parts, says) => {
  const { status, body } = await postRaw(server.url, multipartBody(parts()))
  const { errors } = JSON.parse(body) as { errors: { message: string; extensions: { code: string } }[] }
  expect(errors[0]?.message).toMatch(says)
  expect(errors[0]?.extensions.code).toMatch(
    /^BAD_(REQUEST|USER_INPUT)$|^GRAPHQL_VALIDATION_FAILED$|^BATCHING_NOT_SUPPORTED$/,
  )
  expect([200, 400, 413]).toContain(status)
})

test('one file for two fields stores nothing', async () => {
  const both = { 0: ['variables.one.file', 'variables.other.file'] }
  const { body } = await postRaw(server.url, multipartBody([two(), map(both), file()]))
  expect(body).toContain('one upload')
})

test.each([
  ['no boundary in the content type', 'multipart/form-data'],
  ['an empty boundary', 'multipart/form-data; boundary='],
  ['another boundary than the content type says', 'multipart/form-data; boundary=another'],
])('%s is answered with 400', async (_what, contentType) => {
  const body = multipartBody([operations(), map(), file()])
  const answer = await postRaw(server.url, body, { 'Content-Type': contentType })
  expect(answer.status).toBe(400)
  expect((JSON.parse(answer.body) as { errors: { message: string }[] }).errors[0]?.message).toBeTruthy()
})

test.each([
  ['in the middle of the file', 0.9],
  ['in the middle of the operations', 0.001],
])('a body that ends %s is answered, and nothing of it is kept', async (_what, share) => {
  const whole = multipartBody([operations(), map(), file()])
  const { status, body } = await postRaw(server.url, whole.subarray(0, whole.length * share))
  expect(body).toMatch(/interrupted|end of form/i)
  expect([200, 400]).toContain(status)
})

test('a body without its last boundary is answered, although the file is whole', async () => {
  const start = multipartStart([operations(), map()], file())
  const { body } = await postRaw(server.url, start)
  expect(body).toMatch(/interrupted|end of form/i)
})

test('a body that is shorter than it says, from a client that waits, ends with its connection', async () => {
  const whole = multipartBody([operations(), map(), file()])
  const request = await RawRequest.post(server.url, { 'Content-Length': String(whole.length + 1000) })
  await request.send(whole.subarray(0, whole.length - 5000))
  request.socket.end()
  await until(() => request.socket.closed)
})

test('a flood of malformed requests is answered one by one', async () => {
  const bodies = malformed.map(([, parts]) => multipartBody(parts()))
  const flood = Array.from({ length: 200 }, async (_, index) => {
    const body = bodies[index % bodies.length] ?? Buffer.alloc(0)
    const anonymous = index % 3 === 0 ? { 'Apollo-Require-Preflight': undefined } : {}
    return (await postRaw(server.url, body, anonymous)).status
  })
  const statuses = await Promise.all(flood)
  expect(statuses.filter((status) => ![200, 400, 413].includes(status))).toEqual([])
})
