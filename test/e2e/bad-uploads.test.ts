import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { Client, uploadDocument } from '../support/client.ts'
import { makeLibrary, stored } from '../support/library/library.ts'
import { photograph, photographFile, pixelBomb } from '../support/media/pictures.ts'
import { until } from '../support/processes.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'
import { fieldPart, filePart, multipartBody, multipartStart, postRaw, RawRequest } from '../support/wire.ts'

cleanUpServers()

const limit = 400_000
const nothing = { blobs: 0, media: 0, files: 0, incoming: 0 }

let server: RunningServer
let client: Client
let library: Awaited<ReturnType<typeof makeLibrary>>

beforeAll(async () => {
  server = await startServer({ MAX_IMAGE_BYTES: String(limit) })
  client = new Client(server.url)
  library = await makeLibrary(client)
})

// Whatever came before: nothing is left of it, and the same server goes on.
afterEach(async () => {
  await until(async () => (await stored(server)).incoming === 0)
  expect(await stored(server)).toEqual(nothing)
  expect(server.process.exitCode).toBeNull()
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
})

const upload = (bytes: Buffer, fileName: string, slot: object = library.cover, as = client) =>
  as.upload({ slot }, new Blob([Uint8Array.from(bytes)], { type: 'image/jpeg' }), fileName)

interface Refusal {
  readonly __typename: string
  readonly message: string
}

async function refusalOf(answer: Awaited<ReturnType<typeof upload>>): Promise<Refusal> {
  expect(answer).toMatchObject({ status: 200, errors: [] })
  const { uploadMedia } = answer.data as { uploadMedia: Refusal }
  expect(uploadMedia.message.length).toBeGreaterThan(20)
  return uploadMedia
}

const text = Buffer.from('This is no picture at all, whatever its name says.\n'.repeat(50))
const start = async (name: Parameters<typeof photographFile>[0], share: number) => {
  const bytes = await photographFile(name)
  return bytes.subarray(0, Math.floor(bytes.length * share))
}
const damaged = async (name: Parameters<typeof photographFile>[0]) => {
  const bytes = await photographFile(name)
  return bytes.fill(0x55, Math.floor(bytes.length * 0.4), Math.floor(bytes.length * 0.6))
}

test.each<[string, () => Buffer | Promise<Buffer>, string]>([
  ['text with the name of a picture', () => text, 'UnsupportedFileType'],
  ['a program with the name of a picture', () => Buffer.from('\x7fELF\x02\x01\x01'), 'UnsupportedFileType'],
  ['a document with the name of a picture', () => Buffer.from('%PDF-1.7\n%âãÏÓ\n'), 'UnsupportedFileType'],
  ['a web page', () => Buffer.from('<!doctype html><script>alert(1)</script>'), 'UnsupportedFileType'],
  ['an empty file', () => Buffer.alloc(0), 'UnreadableFile'],
  ['nothing but the beginning of a JPEG', () => start('rocket.jpg', 0.01), 'UnreadableFile'],
  ['a half of a JPEG', () => start('rocket.jpg', 0.5), 'UnreadableFile'],
  ['a JPEG without its last bytes', () => start('rocket.jpg', 0.99), 'UnreadableFile'],
  ['a half of a PNG', () => start('cat.png', 0.5), 'UnreadableFile'],
  ['a half of a WebP', () => start('coffee.webp', 0.5), 'UnreadableFile'],
  ['a PNG that is damaged in the middle', () => damaged('cat.png'), 'UnreadableFile'],
  ['a picture of 2,500 megapixels in a few bytes', () => pixelBomb(50_000, 50_000), 'TooManyPixels'],
  ['a picture of 90 long lines', () => pixelBomb(9_000_000, 90), 'TooManyPixels'],
  ['a file of one byte over the limit', () => Buffer.alloc(limit + 1, 0xff), 'FileTooLarge'],
])('%s is refused', async (_case, bytes, expected) => {
  const answer = await upload(await bytes(), 'holiday.jpg')
  expect((await refusalOf(answer)).__typename).toBe(expected)
})

test('an upload to something that is not there is refused, and to what another workspace has, alike', async () => {
  const made = await client.send(
    'mutation { createWorkspace(input: { name: "Other" }) { ... on CreateWorkspaceSuccess { workspace { id } } } }',
  )
  const { createWorkspace } = made.data as { createWorkspace: { workspace: { id: string } } }
  const other = new Client(server.url, { 'x-workspace-id': createWorkspace.workspace.id })
  const theirs = await makeLibrary(other)
  const picture = await photograph()

  const unknown = { ...library.cover, ownerId: '01890a5d-ac96-774b-bcce-b302099a8057' }
  for (const slot of [unknown, { ...library.cover, ownerId: 'nonsense' }, theirs.cover, theirs.images]) {
    expect((await refusalOf(await upload(picture, 'a.jpg', slot))).__typename).toBe('NotFound')
  }
  expect((await refusalOf(await upload(picture, 'a.jpg', library.cover, other))).__typename).toBe('NotFound')
})

test('an upload to a role that the owner does not have is refused', async () => {
  const slot = { ownerType: 'BLOCK', ownerId: library.blockId, role: 'COVER' }
  const refusal = await refusalOf(await upload(await photograph(), 'a.jpg', slot))
  expect(refusal.__typename).toBe('InvalidInput')
})

test('an upload to a workspace that is not there is refused before it is read', async () => {
  for (const id of ['nonsense', '01890a5d-ac96-774b-bcce-b302099a8057']) {
    const stranger = new Client(server.url, { 'x-workspace-id': id })
    const { status, errors } = await upload(await photograph(), 'a.jpg', library.cover, stranger)
    expect(status).toBe(400)
    expect(errors[0]?.extensions?.code).toBe('WORKSPACE_REQUIRED')
    expect(errors[0]?.message).toContain('workspaces')
  }
})

const parts = () => [
  fieldPart('operations', {
    query: uploadDocument,
    variables: { input: { file: null, slot: library.cover } },
  }),
  fieldPart('map', { 0: ['variables.input.file'] }),
]

test('an upload without the preflight header is refused', async () => {
  const body = multipartBody([...parts(), filePart('0', await photograph())])
  const answer = await postRaw(server.url, body, { 'Apollo-Require-Preflight': undefined })
  expect(answer.status).toBe(400)
  expect(answer.body).toContain('Apollo-Require-Preflight')
})

test('an upload that its client gives up leaves nothing', async () => {
  const picture = await photograph()
  for (const share of [0, 0.1, 0.5, 0.9]) {
    const request = await RawRequest.post(server.url, { 'Transfer-Encoding': 'chunked' })
    const sent = multipartStart(parts(), filePart('0', picture.subarray(0, picture.length * share)))
    await request.send(Buffer.from(`${sent.length.toString(16)}\r\n`))
    await request.send(Buffer.concat([sent, Buffer.from('\r\n')]))
    if (share > 0) await until(async () => (await stored(server)).incoming === 1)
    request.close()
    await until(async () => (await stored(server)).incoming === 0)
  }
})

test.each([
  ['as fast as it can', 0],
  ['slowly', 20],
])('a file that never ends, sent %s, is answered at the limit', async (_case, pauseMs) => {
  const request = await RawRequest.post(server.url, { 'Content-Length': String(10 ** 12) })
  await request.send(multipartStart(parts(), filePart('0', await photograph())))
  let sent = 0
  const piece = Buffer.alloc(16 * 1024, 0x20)
  while (!request.answered && (await request.send(piece))) {
    sent += piece.length
    await delay(pauseMs)
  }
  const { status, body } = await request.answer()
  expect(status).toBe(200)
  expect(body).toContain('"__typename":"FileTooLarge"')
  expect(body).toContain(limit.toLocaleString('en'))
  expect(sent).toBeLessThan(10 ** 8)
  request.close()
})

test('a sender that does not stop after the answer is cut off', async () => {
  const request = await RawRequest.post(server.url, { 'Content-Length': String(10 ** 12) })
  await request.send(multipartStart(parts(), filePart('0', await photograph())))
  const piece = Buffer.alloc(16 * 1024, 0x20)
  while (await request.send(piece)) await delay(10)
  expect(request.answered).toBe(true)
})
