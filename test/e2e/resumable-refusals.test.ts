import { beforeAll, expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { makeLibrary } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import { begin, call, send } from '../support/media/resumable.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'

cleanUpServers()

let server: RunningServer
let slot: { ownerType: string; ownerId: string; role: string }

beforeAll(async () => {
  server = await startServer()
  slot = (await makeLibrary(new Client(server.url))).images
})

const create = (size: number, metadata: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  begin(server.url, size, { ...slot, ...metadata }, headers)

test.each([
  ['too large a file', 600 * 1024 ** 2, {}, 413],
  ['an owner that is not there', 10, { ownerId: '01890a5d-ac96-774b-bcce-b302099a8057' }, 404],
  ['no such role', 10, { role: 'COVER' }, 400],
  ['a role that is called as what every object has', 10, { role: 'constructor' }, 400],
  ['no such kind of owner', 10, { ownerType: 'toString' }, 400],
  ['an empty file', 0, {}, 422],
  ['no such wish for what is in the trash', 10, { whenInTrash: 'BOGUS' }, 400],
  ['too long an idempotency key', 10, { idempotencyKey: 'x'.repeat(201) }, 400],
])('%s is refused before anything is sent', async (_what, size, metadata, status) => {
  expect((await create(size, metadata)).response.status).toBe(status)
})

/** Makes a workspace, and gives the headers to work in it. */
async function anotherWorkspace() {
  const { data } = (await new Client(server.url).send(
    `mutation { createWorkspace(input: { name: "Other" }) { ... on CreateWorkspaceSuccess { workspace { id } } } }`,
  )) as { data: { createWorkspace: { workspace: { id: string } } } }
  return { 'x-workspace-id': data.createWorkspace.workspace.id }
}

/** A place in the workspace of these headers. */
const otherSlot = async (headers: Record<string, string>) =>
  (await makeLibrary(new Client(server.url, headers))).images

test('what is not of the protocol is refused', async () => {
  const { url } = await create(10)
  expect((await call(url, 'HEAD', { 'tus-resumable': '0.2.2' })).status).toBe(412)
  expect((await create(10, {}, { 'tus-resumable': '2.0.0' })).response.status).toBe(412)
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(412)
  expect((await call(url, 'GET')).status).toBe(404)
  const deferred = await call(`${server.url}/uploads`, 'POST', { 'upload-defer-length': '1' })
  expect(deferred.status).toBe(501)
  expect((await call(`${server.url}/uploads`, 'POST', { 'upload-length': '-1' })).status).toBe(400)
  expect((await send(url, 5, Buffer.alloc(5))).status).toBe(409)
  expect((await send(url, 0, Buffer.alloc(11))).status).toBe(413)
  await call(url, 'DELETE')
})

test('an upload of another workspace is not there', async () => {
  const theirs = await anotherWorkspace()
  const { url } = await create(10)
  expect((await call(url, 'HEAD', theirs)).status).toBe(404)
  expect((await send(url, 0, Buffer.alloc(10), theirs)).status).toBe(404)
  expect((await call(url, 'DELETE', theirs)).status).toBe(404)
  // Nor when it is named behind one of their own.
  const own = await create(10, await otherSlot(theirs), theirs)
  expect(own.response.status).toBe(201)
  const behind = `${own.url}${own.url.includes('?') ? '&' : '?'}x=/${url.split('/').at(-1)}`
  expect((await send(behind, 0, Buffer.alloc(5), theirs)).status).toBe(204)
  const head = await call(url, 'HEAD')
  expect([head.status, head.headers.get('upload-offset')]).toEqual([200, '0'])
  expect((await call(own.url, 'DELETE', theirs)).status).toBe(204)
  expect((await call(url, 'DELETE')).status).toBe(204)
  expect((await call(url, 'HEAD')).status).toBe(404)
})

test('room in the quota is held from the beginning of an upload until it ends', async () => {
  const theirs = await anotherWorkspace()
  const place = await otherSlot(theirs)
  const bytes = await photograph()
  const client = new Client(server.url, theirs)
  await client.send(
    'mutation ($quotaBytes: ByteCount) { updateWorkspace(input: { quotaBytes: $quotaBytes }) { __typename } }',
    {
      quotaBytes: String(bytes.length),
    },
  )
  const first = await create(bytes.length, place, theirs)
  expect(first.response.status).toBe(201)
  expect((await create(1, place, theirs)).response.status).toBe(413)
  expect((await call(first.url, 'DELETE', theirs)).status).toBe(204)
  const second = await create(bytes.length, place, theirs)
  expect(second.response.status).toBe(201)
  expect((await send(second.url, 0, bytes, theirs)).status).toBe(200)
  const after = await client.send('{ workspace { storage { usedBytes reservedBytes } } }')
  expect(after.data).toEqual({
    workspace: { storage: { usedBytes: String(bytes.length), reservedBytes: '0' } },
  })
})
