import { beforeAll, expect, test } from 'vitest'
import { renderThumbnails } from '../../src/usecases/media/render-thumbnails.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBook, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { officeFile, sectorFile, statedFile, zipOf } from '../support/media/archives.ts'
import { sendAttachment } from '../support/media/attached.ts'
import { type BatchAnswer, batchHead } from '../support/media/batch.ts'
import { pdfOf, recording } from '../support/media/documents.ts'
import { answerOf, begin, send } from '../support/media/resumable.ts'
import { programs } from '../support/programs.ts'
import { filePart, multipartBody, postRaw } from '../support/wire.ts'

const api = useApi(useDatabase(), { limits: { documentBytes: 200_000 } })

let workspace: Workspace
let book: string
let headers: Record<string, string>
beforeAll(async () => {
  workspace = await api.workspace()
  headers = { 'x-workspace-id': workspace.ctx.actor.workspaceId }
  book = (await buildBook(workspace.ctx)).id
})

const slotOf = (ownerId = book) => ({ ownerType: 'BOOK', ownerId, role: 'ATTACHMENT' }) as const

interface Uploaded {
  readonly uploadMedia: {
    readonly __typename: string
    readonly message?: string
    readonly media: { readonly id: string; readonly url: string; readonly mimeType: string }
  }
}

async function upload(bytes: Buffer, fileName: string, slot = slotOf()) {
  const answer = await workspace.client.upload({ slot }, new Blob([Uint8Array.from(bytes)]), fileName)
  expect(answer.errors).toEqual([])
  return (answer.data as unknown as Uploaded).uploadMedia
}

const sandbox = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"
const html = '<!DOCTYPE html><script>document.title = "ran"</script>'

test.each<[string, () => Buffer | Promise<Buffer>, string]>([
  ['report.pdf', () => pdfOf(), 'application/pdf'],
  ['page.html', () => Buffer.from(html), 'text/plain; charset=utf-8'],
  ['notes.md', () => Buffer.from('# Größe'), 'text/markdown; charset=utf-8'],
  ['sheet.csv', () => Buffer.from('a;b'), 'text/csv; charset=utf-8'],
  ['wide.csv', () => Buffer.from('\ufeffa;b', 'utf16le'), 'text/csv; charset=utf-16'],
  ['wide.txt', () => Buffer.from('\ufeffa', 'utf16le').swap16(), 'text/plain; charset=utf-16'],
  ['a.json', () => Buffer.from('{"html": "<script>"}'), 'application/json'],
  ['a.zip', () => zipOf(['page.html', html]), 'application/zip'],
  [
    'a.docx',
    () => officeFile('docx'),
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  ],
  ['a.xls', () => sectorFile(['Workbook']), 'application/vnd.ms-excel'],
  ['a.epub', () => statedFile('application/epub+zip', html), 'application/epub+zip'],
])('%s is saved by browsers, and nothing in it can run', async (fileName, make, contentType) => {
  const bytes = await make()
  const { media } = await upload(bytes, fileName)
  for (const method of ['GET', 'HEAD']) {
    const response = await fetch(media.url, { method })
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': contentType,
      'content-disposition': `attachment; filename=${fileName}`,
      'content-security-policy': sandbox,
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      'content-length': String(bytes.length),
    })
    expect(response.headers.get('content-encoding')).toBeNull()
    const body = Buffer.from(await response.arrayBuffer())
    expect(body.equals(method === 'GET' ? bytes : Buffer.alloc(0))).toBe(true)
  }
  const part = await fetch(media.url, { headers: { range: 'bytes=1-' } })
  expect(part.status).toBe(206)
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1))).toBe(true)
  const etag = part.headers.get('etag') ?? ''
  expect((await fetch(media.url, { headers: { 'if-none-match': etag } })).status).toBe(304)
  const older = await fetch(`${api.url}/api/images/${media.id}`, { headers })
  expect(Object.fromEntries(older.headers)).toMatchObject({
    'content-type': contentType,
    'content-disposition': `attachment; filename=${fileName}`,
    'content-security-policy': sandbox,
  })
})

test('a recording is played in place and from any second, or saved on request', async () => {
  const bytes = await recording('sine.wav')
  const { media } = await upload(bytes, 'voice.wav')
  const response = await fetch(media.url, { headers: { range: 'bytes=4000-4999' } })
  expect(response.status).toBe(206)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'audio/wav',
    'content-disposition': 'inline; filename=voice.wav',
    'x-content-type-options': 'nosniff',
    'content-range': `bytes 4000-4999/${bytes.length}`,
  })
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(4000, 5000))).toBe(true)
  const saved = await fetch(`${media.url}${media.url.includes('?') ? '&' : '?'}download`)
  expect(saved.headers.get('content-disposition')).toBe('attachment; filename=voice.wav')
})

test('a document comes in by every way, with the same result', async () => {
  const made = (name: string) => Buffer.from(`# ${name}\n`)
  const byGraphql = await upload(made('graphql'), 'a.md')
  expect(byGraphql).toMatchObject({ __typename: 'UploadMediaSuccess', media: { mimeType: 'text/markdown' } })

  const form = new FormData()
  form.append('file', new Blob([Uint8Array.from(made('form'))], { type: 'text/html' }), 'b.md')
  const assets = `${api.url}/api/posts/${book}/assets`
  const posted = await fetch(assets, { method: 'POST', body: form, headers })
  expect(posted.status).toBe(201)
  expect(await posted.json()).toMatchObject({
    original_name: 'b.md',
    extension: '.md',
    mime_type: 'text/markdown',
    thumbnail_url: null,
  })

  const bytes = made('resumable')
  const { url } = await begin(api.url, bytes.length, { ...slotOf(), filename: 'c.md' }, headers)
  const { media } = await answerOf(await send(url, 0, bytes, headers))
  expect(media).toMatchObject({ mimeType: 'text/markdown', thumbnailUrl: null })

  const parts = [...batchHead([slotOf(), slotOf()]), filePart('0', made('batch'), 'd.md')]
  const body = multipartBody([...parts, filePart('1', Buffer.from([0, 1, 2]), 'e.md')])
  const answer = await postRaw(`${api.url}/graphql`, body, headers)
  const { data } = JSON.parse(answer.body) as { data: { uploadMediaBatch: BatchAnswer } }
  expect(data.uploadMediaBatch.results).toMatchObject([
    { __typename: 'UploadMediaSuccess', media: { fileName: 'd.md' } },
    { __typename: 'UnsupportedFileType' },
  ])
  const listed = (await (await fetch(assets, { headers })).json()) as { original_name: string }[]
  const names = listed.map(({ original_name: name }) => name)
  expect(names).toEqual(expect.arrayContaining(['a.md', 'b.md', 'c.md', 'd.md']))
})

test('a refused document says what the slot takes, and one that is too large the limit of documents', async () => {
  const query = `mutation ($input: UploadMediaInput!) { uploadMedia(input: $input) {
    ... on UnsupportedFileType { detectedType supportedTypes } } }`
  const form = new FormData()
  const slot = { ownerType: 'BOOK', ownerId: book, role: 'COVER' }
  form.set('operations', JSON.stringify({ query, variables: { input: { file: null, slot } } }))
  form.set('map', JSON.stringify({ 0: ['variables.input.file'] }))
  form.set('0', new Blob([Uint8Array.from(pdfOf())]), 'cover.jpg')
  const request = { method: 'POST', body: form, headers: { ...headers, 'apollo-require-preflight': 'true' } }
  const { data } = (await (await fetch(`${api.url}/graphql`, request)).json()) as { data: object }
  expect(data).toEqual({
    uploadMedia: {
      detectedType: 'application/pdf',
      supportedTypes: ['jpeg', 'png', 'webp', 'avif', 'gif', 'svg+xml'].map((type) => `image/${type}`),
    },
  })
  expect(await upload(Buffer.alloc(200_001, 'a'), 'a.txt')).toMatchObject({
    __typename: 'FileTooLarge',
    message: expect.stringContaining('200 kB (200,000 bytes)') as string,
  })
})

test.skipIf(programs.pdftoppm === null)('a PDF has variants when its first page is drawn', async () => {
  const { ctx, client } = workspace
  const { media } = succeeded(await sendAttachment(ctx, pdfOf({ width: 500, height: 250 }), 'wide.pdf'))
  const query = `{ media(id: "${media.id}") {
    mimeType width height durationMs probeStatus thumbnailUrl variants { name width height url } } }`
  const none = { mimeType: 'application/pdf', durationMs: null, probeStatus: null }
  expect(await ask(client, query)).toEqual({
    media: { ...none, width: null, height: null, thumbnailUrl: null, variants: [] },
  })
  await renderThumbnails(ctx, { blobId: media.blobId })
  const drawn = await ask<{ media: { thumbnailUrl: string } }>(client, query)
  expect(drawn).toMatchObject({
    media: {
      ...none,
      ...{ width: 1280, height: 640 },
      variants: [
        { name: 'small', width: 150, height: 75 },
        { name: 'thumbnail', width: 320, height: 160 },
        { name: 'medium', width: 640, height: 320 },
        { name: 'preview', width: 1280, height: 640 },
      ],
    },
  })
  const thumbnail = await fetch(drawn.media.thumbnailUrl)
  expect(thumbnail.headers.get('content-type')).toBe('image/webp')
  expect(thumbnail.headers.get('content-disposition')).toBe('inline; filename=wide.pdf.webp')
})
