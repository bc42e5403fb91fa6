import { request } from 'node:http'
import { expect, test } from 'vitest'
import { updateMedia } from '../../src/usecases/media/update-media.ts'
import { renderThumbnails } from '../../src/usecases/media/render-thumbnails.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { bodyOf, useServedPicture } from '../support/media/served-picture.ts'

const database = useDatabase()
const api = useApi(database)
const { upload, here, get } = useServedPicture(api)

test('what is in the trash is gone from its live URL, and shown by its trashed one without being kept', async () => {
  const { workspace } = here()
  const { id, url } = await upload(workspace, await photograph())
  succeeded(await trashItem(workspace.ctx, { kind: 'MEDIA', id }))
  for (const variant of ['', '/thumbnail']) {
    const live = url.replace(id, `${id}${variant}`)
    expect((await get({}, live)).status).toBe(404)
    const trashed = await get({}, `${live}&trashed=true`)
    expect(trashed.status).toBe(200)
    expect(trashed.headers.get('cache-control')).toBe('private, no-store')
  }
  expect((await get({}, `${here().url}&trashed=true`)).status).toBe(404)
})

test("another workspace's picture is not there, however it is asked for", async () => {
  const { id, workspace } = here()
  const other = (await api.workspace()).ctx.actor.workspaceId
  const plain = `${api.url}/media/${id}`
  const urls = [`${plain}?workspace=${other}`, `${plain}/thumbnail?workspace=${other}`]
  for (const url of urls) expect((await get({}, url)).status).toBe(404)
  // The header goes before the URL.
  expect((await get({ 'x-workspace-id': other })).status).toBe(404)
  expect((await get({ 'x-workspace-id': workspace.ctx.actor.workspaceId }, plain)).status).toBe(200)
  expect((await get({}, `${api.url}/media/${id}?workspace=nonsense`)).status).toBe(400)
})

test('a permanent address leads to a signed URL, in whichever workspace the media item is', async () => {
  const { id, bytes } = here()
  const ask = (path: string, method = 'GET') => fetch(api.url + path, { method, redirect: 'manual' })
  for (const method of ['GET', 'HEAD']) {
    const answer = await ask(`/media/${id}`, method)
    expect(answer.status).toBe(302)
    expect(answer.headers.get('cache-control')).toBe('private, no-store')
    expect(answer.headers.get('vary')).toContain('X-Workspace-Id')
    const to = await fetch(new URL(answer.headers.get('location') ?? '', api.url))
    expect(to.headers.get('cache-control')).toMatch(/^public, max-age=\d+, immutable$/)
    expect((await bodyOf(to)).equals(bytes)).toBe(true)
  }
  const thumbnail = await get({}, `${api.url}/media/${id}/thumbnail`)
  expect(thumbnail.headers.get('content-type')).toBe('image/webp')
  const saved = await get({}, `${api.url}/media/${id}?download`)
  expect(saved.headers.get('content-disposition')).toMatch(/^attachment/)
})

test.each(['', '/thumbnail', '/nonsense'])(
  'the permanent address %j of what is trashed, unknown or purged leads nowhere',
  async (variant) => {
    const { workspace } = here()
    const { id } = await upload(workspace, await photograph())
    succeeded(await trashItem(workspace.ctx, { kind: 'MEDIA', id }))
    for (const one of [id, workspace.ctx.actor.workspaceId, 'nonsense'])
      expect((await fetch(`${api.url}/media/${one}${variant}`, { redirect: 'manual' })).status).toBe(404)
  },
)

test('the URLs that the API gives lead to the bytes', async () => {
  const { id, workspace, bytes } = here()
  const { media } = await ask<{ media: { url: string; thumbnailUrl: string } }>(
    workspace.client,
    `{ media(id: "${id}") { url thumbnailUrl } }`,
  )
  expect((await bodyOf(await get({}, media.url))).equals(bytes)).toBe(true)
  expect((await get({}, media.thumbnailUrl)).headers.get('content-type')).toBe('image/webp')
})

/** A request whose path and headers nothing on this side puts in order. */
function raw(path: string, headers: Record<string, string> = {}) {
  const { hostname, port } = new URL(api.url)
  return new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    request({ hostname, port, path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }),
      )
    })
      .on('error', reject)
      .end()
  })
}

test.each([
  '/media/..%2f..%2fetc%2fpasswd',
  '/media/../../etc/passwd',
  '/media/%2e%2e/%2e%2e/etc/passwd',
  '/media/..\\..\\etc\\passwd',
  '/media/%00',
  '/media/%252e%252e%252fetc',
  '/media/files%2f1795302000000-jpg-042917365520',
  '/media/',
  '/media/nonsense/thumbnail',
  `/media/${'0'.repeat(36)}`,
])('the path %s leads nowhere', async (path) => {
  const { status, body } = await raw(path)
  expect(status).toBe(404)
  expect(body).not.toContain('root:')
})

test('a malformed or endless path is refused', async () => {
  expect((await raw('/media/%zz')).status).toBe(400)
  expect([404, 414]).toContain((await raw(`/media/${'a'.repeat(5_000)}`)).status)
})

test.each(['large', 'thumbnail-1', '..%2f..%2fx', '__proto__', 'constructor', 'THUMBNAIL', 'square-1-10-07'])(
  'there is no variant %s',
  async (variant) => {
    const { id, workspace } = here()
    expect((await raw(`/media/${id}/${variant}?workspace=${workspace.ctx.actor.workspaceId}`)).status).toBe(
      404,
    )
  },
)

test.each([
  'evil.example',
  'evil.example:4000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '10.0.0.1',
])('a request that takes this server for %s is refused', async (host) => {
  for (const path of ['/graphql?query=%7B__typename%7D', `/media/${here().id}`]) {
    expect((await raw(path, { host })).status).toBe(403)
  }
})

test.each(['localhost', 'LOCALHOST:1', '127.0.0.1:4000', '[::1]:4000'])('it answers to %s', async (host) => {
  const { id, workspace } = here()
  const path = `/media/${id}?workspace=${workspace.ctx.actor.workspaceId}`
  expect((await raw(path, { host })).status).toBe(302)
})

test('whether it lives is told under any name: who watches it may know it by another', async () => {
  expect((await raw('/health/live', { host: '10.0.0.1' })).status).toBe(200)
})

test('a malformed name of the server is refused', async () => {
  expect((await raw(`/media/${here().id}`, { host: 'a b' })).status).toBe(400)
})

test('bytes that are gone from the disk are an error of the server, not an empty picture', async () => {
  const { workspace } = here()
  const { url, id } = await upload(workspace, await photograph())
  const media = await database.db.prisma.media.findFirstOrThrow({ where: { id }, include: { blob: true } })
  await workspace.ctx.storage.remove(media.blob.storageKey as `files/${string}`)
  const outcome = await get({}, url).then(
    async (response) => (response.ok ? (await bodyOf(response)).length : 'refused'),
    () => 'broken off',
  )
  expect(['refused', 'broken off']).toContain(outcome)
  expect(api.log.some((line) => line.err?.message.includes('ENOENT'))).toBe(true)
  expect((await get()).status).toBe(200)
})

test('a thumbnail is an AVIF to who accepts it and has to be told apart by caches, once the job has run', async () => {
  const { workspace } = here()
  const { url, id } = await upload(workspace, await photograph())
  const { media } = await ask<{ media: { thumbnailUrl: string } }>(
    workspace.client,
    `{ media(id: "${id}") { thumbnailUrl } }`,
  )
  const seen = async (accept: string) => {
    const { status, headers } = await get({ accept, origin: api.url }, media.thumbnailUrl)
    return [status, headers.get('content-type'), /(^|, )accept(,|$)/i.test(headers.get('vary') ?? '')]
  }
  expect(await seen('image/avif,*/*')).toEqual([200, 'image/webp', true])
  const { blobId } = await database.db.prisma.media.findFirstOrThrow({ where: { id } })
  await renderThumbnails(workspace.ctx, { blobId })
  expect(await seen('image/avif,*/*')).toEqual([200, 'image/avif', true])
  expect(await seen('image/webp,*/*')).toEqual([200, 'image/webp', true])
  expect((await get({ accept: 'image/avif' }, url)).headers.get('content-type')).toBe('image/jpeg')
})

test('the URL of a square changes with its focal point, and caches may keep only a URL that names the present one', async () => {
  const { workspace } = here()
  const { id } = await upload(workspace, await photograph())
  const squareUrl = async () =>
    (await ask<{ media: { squareUrl: string } }>(workspace.client, `{ media(id: "${id}") { squareUrl } }`))
      .media.squareUrl
  const seen = async (url: string) => {
    const { status, headers } = await get({}, url)
    return [status, headers.get('cache-control')?.replace(/\d+/, 'N'), headers.get('etag')]
  }
  const before = await squareUrl()
  expect(new URL(before).pathname).toBe(`/media/${id}/square`)
  const first = expect.stringContaining('-square-1-10-10-webp"') as string
  expect(await seen(before)).toEqual([200, 'public, max-age=N, immutable', first])

  succeeded(await updateMedia(workspace.ctx, { mediaId: id, focalPoint: { x: 1, y: 0.35 } }))
  const after = await squareUrl()
  expect(before).toMatch(/&focus=10-10$/)
  expect(after).toMatch(/&focus=20-07$/)
  const tag = expect.stringContaining('-square-1-20-07-webp"') as string
  expect(await seen(after)).toEqual([200, 'public, max-age=N, immutable', tag])
  // Whatever a URL names, the media item decides.
  for (const other of [before, after.replace('&focus=20-07', ''), `${after}&focus=20-07`])
    expect(await seen(other)).toEqual([200, 'no-cache', tag])
  expect((await get({}, after.replace('/square', '/thumbnail'))).status).toBe(403)

  const permanent = await fetch(`${api.url}/media/${id}/square`, { redirect: 'manual' })
  const location = permanent.headers.get('location') ?? ''
  expect(location).toMatch(/^\/media\/.*\/square\?s=.*&focus=20-07$/)
  expect(await seen(api.url + location)).toEqual([200, 'public, max-age=N, immutable', tag])

  succeeded(await trashItem(workspace.ctx, { kind: 'MEDIA', id }))
  expect((await get({}, after)).status).toBe(404)
})
