import sharp from 'sharp'
import { expect, test } from 'vitest'
import { renderThumbnails } from '../../src/usecases/media/render-thumbnails.ts'
import { useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { makeLibrary } from '../support/library/library.ts'
import { clip } from '../support/media/clips.ts'
import { photograph } from '../support/media/pictures.ts'
import { programs } from '../support/programs.ts'

const api = useApi(useDatabase())

interface Image {
  readonly id: string
  readonly extension: string
  readonly url: string
  readonly thumbnail_url: string | null
  readonly error?: string
}

async function post(path: string, bytes: Buffer, name = 'avatar.jpeg', headers: Record<string, string> = {}) {
  const form = new FormData()
  form.append('file', new Blob([Uint8Array.from(bytes)]), name)
  const response = await fetch(api.url + path, { method: 'POST', body: form, headers })
  return { status: response.status, body: (await response.json()) as Image }
}

test('the paths of images and of assets may end with a slash', async () => {
  const { bookId } = await makeLibrary(api.client())
  const assets = `/api/posts/${bookId}/assets/`
  const { body } = await post('/api/images/', await photograph())
  expect((await fetch(`${api.url}/api/images/${body.id}/`)).status).toBe(200)
  expect((await fetch(`${api.url}/api/images/${body.id}/thumbnail/`)).status).toBe(200)
  expect((await post(assets, await photograph())).status).toBe(201)
  expect(await (await fetch(api.url + assets)).json()).toHaveLength(1)
})

test.each<[string, string, RequestInit, number]>([
  ['an unknown workspace', '/api/images/x', { headers: { 'x-workspace-id': 'nonsense' } }, 400],
  ['an unknown path', '/api/nothing', {}, 404],
  ['another method', '/api/images', { method: 'PUT' }, 404],
  ['a body that is no form', '/api/images', { method: 'POST', body: '{}' }, 415],
  ['a malformed path', '/api/images/%zz', {}, 400],
  [
    'a form without a boundary',
    '/api/images',
    {
      method: 'POST',
      body: 'x',
      headers: { 'content-type': 'multipart/form-data' },
    },
    400,
  ],
])('%s is answered with its error as text', async (_what, path, init, status) => {
  const response = await fetch(api.url + path, init)
  expect(response.status).toBe(status)
  expect(await response.json()).toEqual({ error: expect.any(String) as string })
})

test.each([
  ['avatar.jpeg', '.jpeg'],
  ['avatar.JPEG', '.jpeg'],
  ['avatar.jfif', '.jfif'],
  ['avatar.png', '.jpg'],
  ['avatar', '.jpg'],
])('the extension of %s is %s', async (name, extension) => {
  expect((await post('/api/images', await photograph(), name)).body.extension).toBe(extension)
})

test('the same key and file give the first answer again, also at once, and another file is refused', async () => {
  const { bookId } = await makeLibrary(api.client())
  for (const path of ['/api/images', `/api/posts/${bookId}/assets`]) {
    const headers = { 'idempotency-key': `key of ${path}` }
    const bytes = await photograph()
    const [one, other] = await Promise.all([1, 2].map(() => post(path, bytes, 'a.jpg', headers)))
    expect(other).toEqual(one)
    expect(await post(path, bytes, 'a.jpg', headers)).toEqual(one)
    const refused = await post(path, await photograph(), 'a.jpg', headers)
    expect([refused.status, Object.keys(refused.body)]).toEqual([422, ['error']])
    const invalid = await post(path, bytes, 'a.jpg', { 'idempotency-key': 'x'.repeat(201) })
    expect([invalid.status, Object.keys(invalid.body)]).toEqual([400, ['error']])
  }
})

test('the URLs of an image work in an image tag from every workspace, and are for reading only', async () => {
  const { ctx } = await api.workspace()
  const headers = { 'x-workspace-id': ctx.actor.workspaceId }
  const { body } = await post('/api/images', await photograph(), 'a.jpg', headers)
  const show = async (url: string | null) => (await fetch(api.url + (url ?? ''))).status
  expect([await show(body.url), await show(body.thumbnail_url)]).toEqual([200, 200])
  expect(await show(`/api/images/${body.id}`)).toBe(404)
  expect(await show(body.url.replace('/api/images/', '/media/'))).toBe(200)
  expect(await show(`${body.url}x`)).toBe(403)
  expect((await fetch(api.url + body.url, { method: 'DELETE' })).status).toBe(404)
  expect((await fetch(api.url + body.url, { method: 'DELETE', headers })).status).toBe(204)
  expect(await show(body.url)).toBe(404)
})

test.skipIf(programs.ffmpeg === null)('the thumbnail of a video is its poster, once it is made', async () => {
  const { ctx, client } = await api.workspace()
  const { bookId } = await makeLibrary(client)
  const assets = `/api/posts/${bookId}/assets`
  const headers = { 'x-workspace-id': ctx.actor.workspaceId }
  const { status, body } = await post(assets, await clip('index-at-end.mp4'), 'clip.mp4', headers)
  expect([status, body.extension, body.thumbnail_url]).toEqual([201, '.mp4', null])
  const where = { workspaceId: ctx.actor.workspaceId }
  const { id: blobId } = await ctx.db.prisma.blob.findFirstOrThrow({ where })
  await renderThumbnails(ctx, { blobId })
  const [asset] = (await (await fetch(api.url + assets, { headers })).json()) as Image[]
  const poster = await fetch(api.url + (asset?.thumbnail_url ?? ''))
  expect([poster.status, poster.headers.get('content-type')]).toEqual([200, 'image/webp'])
  const { width, height } = await sharp(await poster.arrayBuffer()).metadata()
  expect([width, height]).toEqual([320, 240])
})

test('one asset of a post is shown, and deleted to the trash', async () => {
  const { bookId } = await makeLibrary(api.client())
  const assets = `${api.url}/api/posts/${bookId}/assets`
  const { body } = await post(`/api/posts/${bookId}/assets`, await photograph())
  expect(await (await fetch(`${assets}/${body.id}`)).json()).toEqual(body)
  const other = await makeLibrary(api.client())
  const missing = { error: 'Asset not found' }
  const elsewhere = `${api.url}/api/posts/${other.bookId}/assets/${body.id}`
  for (const method of ['GET', 'DELETE']) {
    const answer = await fetch(elsewhere, { method })
    expect([answer.status, await answer.json()]).toEqual([404, missing])
  }
  expect((await fetch(`${assets}/${body.id}`, { method: 'DELETE' })).status).toBe(204)
  const again = await fetch(`${assets}/${body.id}/`, { method: 'DELETE' })
  expect([again.status, await again.json()]).toEqual([404, missing])
  // It is in the trash, not purged.
  expect((await fetch(`${api.url}/media/${body.id}?trashed=true`)).status).toBe(200)
})

test('an image is deleted to the trash', async () => {
  const { body } = await post('/api/images', await photograph())
  const remove = () => fetch(`${api.url}/api/images/${body.id}`, { method: 'DELETE' })
  expect((await remove()).status).toBe(204)
  const again = await remove()
  expect([again.status, await again.json()]).toEqual([404, { error: 'Image not found' }])
})
