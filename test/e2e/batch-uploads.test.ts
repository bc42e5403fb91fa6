import { createHash } from 'node:crypto'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { type BatchAnswer, batchDocument, batchHead, batchParts } from '../support/media/batch.ts'
import { Client } from '../support/client.ts'
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

const limit = 4 * 1024 * 1024

let server: RunningServer
let slot: object
let blockId: string

beforeAll(async () => {
  server = await startServer({ MAX_IMAGE_BYTES: String(limit) })
  ;({ images: slot, blockId } = await makeLibrary(new Client(server.url)))
})

afterEach(async () => {
  await until(async () => (await stored(server)).incoming === 0)
  expect(server.process.exitCode).toBeNull()
  const { media } = await stored(server)
  expect(media).toBe(expectedMedia)
})

let expectedMedia = 0
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const pictures = (count: number) => Promise.all(Array.from({ length: count }, () => photograph()))
const text = Buffer.from('This is no picture.')

async function send(parts: readonly Part[]) {
  const { status, body } = await postRaw(server.url, multipartBody(parts))
  const { data, errors } = JSON.parse(body) as {
    data?: { uploadMediaBatch: BatchAnswer } | null
    errors?: { message: string }[]
  }
  const batch = data?.uploadMediaBatch
  expectedMedia += batch?.succeededCount ?? 0
  return { status, batch, errors }
}

const types = (batch: BatchAnswer | undefined) => batch?.results.map(({ __typename }) => __typename)

test.each([
  ['as they are listed', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ['in the reverse order', [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
  ['in any order', [3, 9, 0, 7, 1, 8, 2, 6, 5, 4]],
])('ten files that arrive %s are stored and answered in the order of the input', async (_what, arriving) => {
  const files = await pictures(10)
  const { batch } = await send(batchParts(slot, files, { arriving }))
  expect(batch).toMatchObject({ succeededCount: 10, failedCount: 0 })
  expect(batch?.results.map(({ media }) => media?.sha256)).toEqual(files.map(sha256))
  expect(batch?.results.map(({ media }) => media?.fileName)).toEqual(
    files.map((_file, index) => `${index}.jpg`),
  )
  const answer = await new Client(server.url).send(
    'query ($id: ID!) { block(id: $id) { images { sha256 } } }',
    { id: blockId },
  )
  const { block } = answer.data as { block: { images: { sha256: string }[] } }
  expect(block.images.slice(-10).map((image) => image.sha256)).toEqual(files.map(sha256))
})

test('what is wrong with some files does not keep the others from being stored', async () => {
  const [one, other] = await pictures(2)
  const tooLarge = Buffer.alloc(limit + 1, 0x20)
  const files = [text, one, tooLarge, Buffer.alloc(0), other] as Buffer[]
  const { batch } = await send(batchParts(slot, files))
  expect(types(batch)).toEqual([
    'UnsupportedFileType',
    'UploadMediaSuccess',
    'FileTooLarge',
    'UnreadableFile',
    'UploadMediaSuccess',
  ])
  expect(batch).toMatchObject({ succeededCount: 2, failedCount: 3 })
})

test('a file for an owner that is not there is refused alone, and its bytes are read over', async () => {
  const files = await pictures(2)
  const nowhere = { ...slot, ownerId: '01890a5d-ac96-774b-bcce-b302099a8057' }
  const large = Buffer.alloc(limit * 3, 0x20)
  const parts = [filePart('0', large), filePart('1', files[0] as Buffer), filePart('2', files[1] as Buffer)]
  const { batch } = await send([...batchHead([nowhere, slot, slot]), ...parts])
  expect(types(batch)).toEqual(['NotFound', 'UploadMediaSuccess', 'UploadMediaSuccess'])
})

test('the same key gives the first results again, and does what failed before', async () => {
  const [one, other, late] = (await pictures(3)) as [Buffer, Buffer, Buffer]
  const first = await send(batchParts(slot, [one, other, text], { key: 'holiday' }))
  expect(types(first.batch)).toEqual(['UploadMediaSuccess', 'UploadMediaSuccess', 'UnsupportedFileType'])
  const again = await send(batchParts(slot, [one, other, late], { key: 'holiday', arriving: [2, 1, 0] }))
  expectedMedia -= 2
  expect(again.batch).toMatchObject({ succeededCount: 3, failedCount: 0 })
  const idsOf = (batch?: BatchAnswer) => batch?.results.slice(0, 2).map(({ media }) => media?.id)
  expect(idsOf(again.batch)).toEqual(idsOf(first.batch))
})

test('the same key with other files is refused for those', async () => {
  const [one, other, another] = (await pictures(3)) as [Buffer, Buffer, Buffer]
  await send(batchParts(slot, [one, other], { key: 'trip' }))
  const changed = await send(batchParts(slot, [one, another], { key: 'trip' }))
  expectedMedia -= 1
  expect(types(changed.batch)).toEqual(['UploadMediaSuccess', 'IdempotencyKeyReused'])
  expect(changed.batch?.results[1]?.idempotencyKey).toBe('trip')
  const longer = await send(batchParts(slot, [one, other, another], { key: 'trip' }))
  expect(types(longer.batch)).toEqual(['IdempotencyKeyReused', 'IdempotencyKeyReused', 'UploadMediaSuccess'])
})

test('one batch sent twice at once is stored once', async () => {
  const files = await pictures(4)
  const answers = await Promise.all([1, 2].map(() => send(batchParts(slot, files, { key: 'twice' }))))
  expectedMedia -= 4
  const [first, second] = answers.map(({ batch }) => batch?.results.map(({ media }) => media?.id))
  expect(first?.every(Boolean)).toBe(true)
  expect(first).toEqual(second)
})

test('more files than a batch may have are refused before anything is read', async () => {
  const { status, errors } = await send(batchParts(slot, await pictures(11)))
  expect(status).toBe(413)
  expect(errors?.[0]?.message).toMatch(/at most 10 files/)
})

test('operations that are too large are refused, saying so', async () => {
  const { status, errors } = await send(batchParts(slot, [], { key: 'x'.repeat(2 ** 20) }))
  expect(status).toBe(413)
  expect(errors?.[0]?.message).toMatch(/operations` .* 1 MiB/)
})

test('a batch without a file is refused', async () => {
  const { batch } = await send([...batchHead([])])
  expect(batch).toMatchObject({
    __typename: 'InvalidInput',
    message: expect.stringContaining('at least one file') as string,
  })
})

test('a file that is listed but never sent fails alone', async () => {
  const files = await pictures(3)
  const { batch } = await send(batchParts(slot, files, { arriving: [2, 0] }))
  expect(types(batch)).toEqual(['UploadMediaSuccess', 'InvalidInput', 'UploadMediaSuccess'])
  expect(batch?.results[1]?.message).toMatch(/files\.1\.file.*missing/i)
})

test('a file that is cut off fails alone with those after it', async () => {
  const files = await pictures(3)
  const whole = multipartBody(batchParts(slot, files))
  const { body } = await postRaw(
    server.url,
    whole.subarray(0, whole.length - (files[2] as Buffer).length - 5_000),
  )
  const { uploadMediaBatch: batch } = (JSON.parse(body) as { data: { uploadMediaBatch: BatchAnswer } }).data
  expectedMedia += batch.succeededCount
  expect(types(batch)).toEqual(['UploadMediaSuccess', 'InvalidInput', 'InvalidInput'])
})

test.each([
  [
    'a file that the map leaves out',
    () => [
      fieldPart('operations', JSON.parse(String(batchHead([slot, slot])[0]?.content))),
      fieldPart('map', { 0: ['variables.input.files.0.file'] }),
    ],
    /Upload/,
  ],
  [
    'a file that is used twice',
    () => [
      batchHead([slot, slot])[0] as Part,
      fieldPart('map', { 0: ['variables.input.files.0.file', 'variables.input.files.1.file'] }),
    ],
    /used only once/,
  ],
  [
    'a file that nothing uses',
    () => [
      batchHead([slot])[0] as Part,
      fieldPart('map', { 1: ['variables.input.files.0.file'], 0: ['variables.input.files.0.file'] }),
    ],
    /uses only 1/,
  ],
])('%s is answered, and nothing is stored', async (_what, head, says) => {
  const [one, other] = (await pictures(2)) as [Buffer, Buffer]
  const { errors } = await send([...head(), filePart('1', other), filePart('0', one)])
  expect(errors?.[0]?.message).toMatch(says)
})

test('a client that goes away in the middle leaves nothing behind but what was whole', async () => {
  const files = await pictures(3)
  const [head, rest] = [batchHead([slot, slot, slot]), files.map((file, i) => filePart(String(i), file))]
  const sent = multipartStart([...head, rest[0] as Part], rest[1] as Part)
  const request = await RawRequest.post(server.url, { 'Content-Length': String(10 ** 7) })
  await request.send(sent.subarray(0, sent.length - 100))
  await until(async () => (await stored(server)).media === expectedMedia + 1)
  await until(async () => (await stored(server)).incoming === 1)
  request.close()
  expectedMedia += 1
})

test('a file that never ends is answered, however many are to come after it', async () => {
  const request = await RawRequest.post(server.url, { 'Content-Length': String(10 ** 12) })
  await request.send(multipartStart(batchHead([slot, slot]), filePart('0', await photograph())))
  const piece = Buffer.alloc(1024 * 1024, 0x20)
  while (!request.answered && (await request.send(piece)));
  const { body } = await request.answer()
  expect(body).toContain('"__typename":"FileTooLarge"')
  expect(body).toContain('was not read')
  request.close()
})

test('a batch that is refused as a whole ends nothing else, whatever becomes of its files', async () => {
  const query = batchDocument.replace(/}$/, 'createBookshelf(input: { name: "Later" }) { __typename } }')
  const input = { files: [{ file: null, slot }], idempotencyKey: 'x'.repeat(201) }
  const parts = [
    fieldPart('operations', { query, variables: { input } }),
    fieldPart('map', { 0: ['variables.input.files.0.file'] }),
  ]
  // The file is known to be missing while the operation goes on with its next field.
  const { body } = await postRaw(server.url, multipartBody(parts))
  expect(body).toContain('"__typename":"InvalidInput"')
  expect(body).toContain('"__typename":"CreateBookshelfSuccess"')
})
