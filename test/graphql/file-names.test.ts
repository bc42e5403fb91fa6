import { expect, test } from 'vitest'
import { ask, useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { makeLibrary } from '../support/library/library.ts'
import { photograph } from '../support/media/pictures.ts'
import { begin, send } from '../support/media/resumable.ts'
import { fieldPart, multipartBody, type Part, RawRequest } from '../support/wire.ts'
import { uploadDocument } from '../support/client.ts'

const api = useApi(useDatabase())

/** Uploads by each entry point, and gives the name in its answer. */
const entryPoints = {
  GraphQL: async (name: string) => {
    const { images: slot } = await makeLibrary(api.client())
    const answer = await api.client().upload({ slot }, await picture(), name)
    return (answer.data as { uploadMedia: { media: { fileName: string } } }).uploadMedia.media.fileName
  },
  REST: async (name: string) => {
    const form = new FormData()
    form.append('file', await picture(), name)
    const answer = await fetch(`${api.url}/api/images`, { method: 'POST', body: form })
    return ((await answer.json()) as { original_name: string }).original_name
  },
  tus: async (name: string) => {
    const { images } = await makeLibrary(api.client())
    const bytes = await photograph()
    const { url } = await begin(api.url, bytes.length, { ...images, filename: name })
    const answer = (await (await send(url, 0, bytes)).json()) as { media: { fileName: string } }
    return answer.media.fileName
  },
}

const picture = async () => new Blob([Uint8Array.from(await photograph())])

const names: [string, string][] = [
  ['say "hi".jpg', 'say "hi".jpg'],
  ['a\nb\rc.jpg', 'abc.jpg'],
  ['back\\slash.jpg', 'backslash.jpg'],
  ['C:\\photos\\me.jpg', 'C:photosme.jpg'],
  ['a/b.jpg', 'ab.jpg'],
  ['tab\there.jpg', 'tabhere.jpg'],
  ['50% off, 100%.jpg', '50% off, 100%.jpg'],
  ['%E4%B9%A6 %0a %2522.jpg', '%E4%B9%A6 %0a %2522.jpg'],
  ['书 "é" 👩‍🚀.jpg', '书 "é" 👩‍🚀.jpg'],
  ["it's; a=b, (c) *.jpg", "it's; a=b, (c) *.jpg"],
  [`${'𠮷'.repeat(300)}.jpg`, `${'𠮷'.repeat(251)}.jpg`],
]

test.each(
  Object.entries(entryPoints).flatMap(([entryPoint, upload]) =>
    names.map(([name, kept]) => [entryPoint, name.slice(0, 30), name, kept, upload] as const),
  ),
)('%s keeps the name %j', async (_entryPoint, _short, name, kept, upload) => {
  // What `fetch` does to a name is what browsers do: WHATWG's encoding of forms.
  expect(await upload(name)).toBe(kept)
})

/** A part as a program writes it that is no browser. */
const part = (disposition: string, content: Buffer): Part => ({
  headers: [`Content-Disposition: form-data; ${disposition}`],
  content,
})

async function postParts(path: string, parts: readonly Part[]) {
  const body = multipartBody(parts)
  const request = await RawRequest.post(api.url, { 'Content-Length': String(body.length) }, path)
  await request.send(body)
  const answer = await request.answer()
  request.close()
  return answer.body
}

const written: [string, string][] = [
  [`filename="plain.jpg"; filename*=UTF-8''%E4%B9%A6%20%22a%22.jpg`, '书 "a".jpg'],
  [`filename*=UTF-8''b%2Fc%5Cd%00.jpg`, 'bcd.jpg'],
  [`filename="say \\"hi\\".jpg"`, 'say "hi".jpg'],
  [`filename=bare.jpg`, 'bare.jpg'],
  [`filename="%0D%0A.jpg"`, '.jpg'],
  [`filename="typed%22.jpg"`, 'typed".jpg'],
]

test.each(written)('the name in %s is read alike by GraphQL and REST', async (disposition, kept) => {
  const rest = await postParts('/api/images', [part(`name="file"; ${disposition}`, await photograph())])
  expect((JSON.parse(rest) as { original_name: string }).original_name).toBe(kept)
  const { images: slot } = await makeLibrary(api.client())
  const operations = { query: uploadDocument, variables: { input: { file: null, slot } } }
  const graphql = await postParts('/graphql', [
    fieldPart('operations', operations),
    fieldPart('map', { 0: ['variables.input.file'] }),
    part(`name="0"; ${disposition}`, await photograph()),
  ])
  expect(JSON.parse(graphql)).toMatchObject({ data: { uploadMedia: { media: { fileName: kept } } } })
})

test('a kept name is what a browser saves the file as', async () => {
  const { images: slot } = await makeLibrary(api.client())
  const answer = await api.client().upload({ slot }, await picture(), 'say "书" 100%.jpg')
  const { id } = (answer.data as { uploadMedia: { media: { id: string } } }).uploadMedia.media
  const { media } = await ask<{ media: { url: string } }>(
    api.client(),
    'query ($id: ID!) { media(id: $id) { url } }',
    { id },
  )
  const { headers } = await fetch(media.url)
  expect(headers.get('content-disposition')).toContain(
    `filename*=UTF-8''${encodeURIComponent('say "书" 100%.jpg')}`,
  )
})
