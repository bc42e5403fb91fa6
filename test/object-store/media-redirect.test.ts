import { describe, expect, test } from 'vitest'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBlock, buildPicture, imagesOf, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { testStore } from '../support/object-store.ts'
import { sendAttachment } from '../support/media/attached.ts'
import { pdfOf, recording } from '../support/media/documents.ts'
import { photograph } from '../support/media/pictures.ts'
import { claimOf } from '../support/media/signed-url.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { openMediaUrls } from '../../src/usecases/media/media-urls.ts'
import { useBucket } from './under-test.ts'

const fileName = '照片 😀.jpg'
const encoded = encodeURIComponent(fileName)

async function upload({ ctx, client }: Workspace, bytes: Buffer, name = fileName) {
  const slot = imagesOf((await buildBlock(ctx)).id)
  const { media } = await buildPicture(ctx, slot, { bytes, fileName: name })
  const answer = await ask<{ media: { url: string; thumbnailUrl: string } }>(
    client,
    `{ media(id: "${media.id}") { url thumbnailUrl } }`,
  )
  return { id: media.id, ...answer.media }
}

const stay = { redirect: 'manual' } as const
const expiryOf = (location: string) => Number(new URL(location).searchParams.get('X-Amz-Expires'))

describe.skipIf(!testStore)('with an object store', () => {
  const database = useDatabase()
  const { openNew } = useBucket()
  const api = useApi(database, { mediaRedirect: true }, async () => (await openNew()).storage)

  test('the store sends a picture, with its type and its name', async () => {
    const bytes = await photograph()
    const { url, thumbnailUrl } = await upload(await api.workspace(), bytes)
    const first = await fetch(url, stay)
    expect(first.status).toBe(302)
    expect(first.headers.get('cache-control')).toBe('private, max-age=10800')
    const location = first.headers.get('location') ?? ''
    expect(location.startsWith(testStore?.endpoint ?? 'nowhere')).toBe(true)
    expect(expiryOf(location)).toBe(6 * 3600)

    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('image/jpeg')
    expect(response.headers.get('content-disposition')).toMatch(/^inline; filename="/)
    expect(response.headers.get('content-disposition')).toContain(`filename*=UTF-8''${encoded}`)
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
    const saved = await fetch(`${url}&download`)
    expect(saved.headers.get('content-disposition')).toContain(`filename*=UTF-8''${encoded}`)
    expect(saved.headers.get('content-disposition')).toMatch(/^attachment/)
    expect((await fetch(thumbnailUrl)).headers.get('content-type')).toBe('image/webp')
    const part = await fetch(url, { headers: { range: 'bytes=5-9' } })
    expect(part.status).toBe(206)
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(5, 10))).toBe(true)
  })

  test('HEAD is answered here, since the URL of the store is for GET', async () => {
    const bytes = await photograph()
    const { url } = await upload(await api.workspace(), bytes)
    const head = await fetch(url, { ...stay, method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe(`${bytes.length}`)
  })

  test('an SVG is not sent by the store, which would let it run', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    const { url } = await upload(await api.workspace(), svg, 'a.svg')
    const response = await fetch(url, stay)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toContain('sandbox')
  })

  test('the store sends a document as a file to save, with the encoding of a text', async () => {
    const { ctx } = await api.workspace()
    for (const [name, bytes, type] of [
      ['page.html', Buffer.from('<script>alert(1)</script>'), 'text/plain; charset=utf-8'],
      ['wide.csv', Buffer.from('\ufeffa;b', 'utf16le'), 'text/csv; charset=utf-16'],
      ['report.pdf', pdfOf(), 'application/pdf'],
    ] as const) {
      const { media } = succeeded(await sendAttachment(ctx, bytes, name))
      const path = await ctx.mediaUrls.sign({ ...media, trashed: false })
      const redirect = await fetch(api.url + path, stay)
      expect(redirect.status).toBe(302)
      const response = await fetch(api.url + path)
      expect(response.url.startsWith(testStore?.endpoint ?? 'nowhere')).toBe(true)
      expect(response.headers.get('content-type')).toBe(type)
      expect(response.headers.get('content-disposition')).toBe(`attachment; filename=${name}`)
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
    }
    const { media } = succeeded(await sendAttachment(ctx, await recording('sine.mp3'), 'voice.mp3'))
    const path = await ctx.mediaUrls.sign({ ...media, trashed: false })
    const part = await fetch(api.url + path, { headers: { range: 'bytes=100-199' } })
    expect([part.status, part.headers.get('content-disposition')]).toEqual([
      206,
      'inline; filename=voice.mp3',
    ])
  })

  test('the URL of the store ends with ours, and soon for what is in the trash', async () => {
    const { ctx, client } = await api.workspace()
    const { id } = await upload({ ctx, client }, await photograph())
    const urls = openMediaUrls(ctx, { hours: 1, windowHours: 1 })
    const address = { id, workspaceId: ctx.actor.workspaceId, trashed: false }
    const path = await urls.sign(address)
    const left = claimOf(path).expires - Date.now() / 1000
    const live = await fetch(api.url + path, stay)
    expect(Math.abs(expiryOf(live.headers.get('location') ?? '') - left)).toBeLessThan(10)

    succeeded(await trashItem(ctx, { kind: 'MEDIA', id }))
    const trashed = await fetch(api.url + (await urls.sign({ ...address, trashed: true })), stay)
    expect(trashed.headers.get('cache-control')).toBe('private, no-store')
    expect(expiryOf(trashed.headers.get('location') ?? '')).toBe(60)
  })

  test('a URL that is not valid leads nowhere', async () => {
    const { url } = await upload(await api.workspace(), await photograph())
    const response = await fetch(url.slice(0, -1), stay)
    expect(response.status).toBe(403)
    expect(response.headers.get('location')).toBeNull()
  })
})

describe('with a folder', () => {
  const api = useApi(useDatabase(), { mediaRedirect: true })

  test('there is nobody to send it but the server', async () => {
    const { url } = await upload(await api.workspace(), await photograph())
    expect((await fetch(url, stay)).status).toBe(200)
  })
})
