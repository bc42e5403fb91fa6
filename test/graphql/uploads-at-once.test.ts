import { expect, test } from 'vitest'
import { useApi, type Workspace } from '../support/api.ts'
import { buildBlock } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { begin, send } from '../support/media/resumable.ts'
import { boundary, filePart, multipartStart, RawRequest } from '../support/wire.ts'

const database = useDatabase()
const api = useApi(database, { protection: { uploadsAtOnce: 1 } })

const headersOf = ({ ctx }: Workspace) => ({ 'x-workspace-id': ctx.actor.workspaceId })

/** Sends the beginning of a file. */
async function slowUpload(workspace: Workspace, bytes: Buffer) {
  const start = multipartStart([], filePart('file', bytes.subarray(0, 100)))
  const rest = Buffer.concat([bytes.subarray(100), Buffer.from(`\r\n--${boundary}--\r\n`)])
  const headers = { ...headersOf(workspace), 'Content-Length': String(start.length + rest.length) }
  const request = await RawRequest.post(api.url, headers, '/api/images')
  await request.send(start)
  return { request, rest }
}

/** Uploads a file the short way. */
async function upload(workspace: Workspace, bytes: Buffer) {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(bytes)]), 'a.jpg')
  const response = await fetch(`${api.url}/api/images`, {
    method: 'POST',
    headers: headersOf(workspace),
    body: form,
  })
  return response
}

/** Begins an upload and waits until the server counts it: until another one is refused, whose answer it gives. */
async function occupy(workspace: Workspace, bytes: Buffer) {
  let slow = await slowUpload(workspace, bytes)
  for (;;) {
    const other = await upload(workspace, bytes)
    if (other.status === 429) return { ...slow, refused: other }
    // The other one came first.
    if (slow.request.answered) slow = await slowUpload(workspace, bytes)
  }
}

test('a workspace sends as many files at once as the limit says, whichever way they take', async () => {
  const [workspace, other, bytes] = [await api.workspace(), await api.workspace(), await photograph()]
  const block = await buildBlock(workspace.ctx)
  const metadata = { ownerType: 'BLOCK', ownerId: block.id, role: 'IMAGE' }
  const resumable = await begin(api.url, bytes.length, metadata, headersOf(workspace))
  expect(resumable.response.status).toBe(201)

  const { request, rest, refused } = await occupy(workspace, bytes)
  expect(refused.headers.get('retry-after')).toBe('5')
  expect(await refused.json()).toEqual({
    error: 'A workspace may send 1 files at once. Wait until another upload ends. Try again in 5 s.',
  })
  const slot = { ownerType: 'BLOCK', ownerId: block.id, role: 'IMAGE' }
  const viaGraphQL = await workspace.client.upload({ slot }, new Blob([new Uint8Array(bytes)]), 'a.jpg')
  expect([viaGraphQL.status, viaGraphQL.errors[0]?.extensions?.code]).toEqual([429, 'RATE_LIMITED'])
  // Clients of the protocol try again after a 423.
  expect((await send(resumable.url, 0, bytes, headersOf(workspace))).status).toBe(423)
  expect((await upload(other, bytes)).status).toBe(201)

  await request.send(rest)
  expect((await request.answer()).status).toBe(201)
  request.close()
  await expect.poll(async () => (await send(resumable.url, 0, bytes, headersOf(workspace))).status).toBe(200)
})

test('an upload whose client is gone makes room', async () => {
  const [workspace, bytes] = [await api.workspace(), await photograph()]
  const { request } = await occupy(workspace, bytes)
  request.close()
  await expect.poll(async () => (await upload(workspace, bytes)).status).toBe(201)
})
