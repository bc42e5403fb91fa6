import { expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { claimOf, inLongForm, withClaims } from '../support/media/signed-url.ts'
import { bodyOf, useServedPicture } from '../support/media/served-picture.ts'

const database = useDatabase()
const api = useApi(database, { mediaUrls: { hours: 2, windowHours: 1 } })
const { upload, here, get } = useServedPicture(api)

interface Urls {
  readonly url: string
  readonly thumbnailUrl: string
}

/** The URLs that the API gives of a medium, by default that of the test file. */
async function urlsOf({ id, workspace } = here()) {
  const { media } = await ask<{ media: Urls }>(
    workspace.client,
    `{ media(id: "${id}") { url thumbnailUrl } }`,
  )
  return media
}

const another = async () => {
  const { workspace } = here()
  return { workspace, ...(await upload(workspace, await photograph())) }
}

/** The same in the form of earlier versions. */
async function longUrlsOf(of = here()): Promise<Urls> {
  const { url, thumbnailUrl } = await urlsOf(of)
  return {
    url: await inLongForm(database.db, url),
    thumbnailUrl: await inLongForm(database.db, thumbnailUrl),
  }
}

const forms = [
  ['as it is given', urlsOf],
  ['as earlier versions gave it', longUrlsOf],
] as const

/** The URL with one of its parameters changed; null leaves it out. */
function altered(url: string, name: string, value: string | null) {
  const changed = new URL(url)
  if (value === null) changed.searchParams.delete(name)
  else changed.searchParams.set(name, value)
  return changed.href
}

const refused = async (url: string, code = 'MEDIA_URL_INVALID') => {
  const response = await get({}, url)
  expect(response.status).toBe(403)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toMatchObject({
    errors: [
      { message: expect.stringContaining('Query the media item again') as string, extensions: { code } },
    ],
  })
}

const secondsLeft = (url: string) => claimOf(url).expires - Date.now() / 1000

test.each(forms)(
  'a URL %s leads to the bytes by itself, whatever workspace a header names',
  async (_form, give) => {
    const { bytes } = here()
    const { url, thumbnailUrl } = await give()
    const other = (await api.workspace()).ctx.actor.workspaceId
    for (const headers of [{}, { 'x-workspace-id': other }, { 'x-workspace-id': 'nonsense' }]) {
      expect((await bodyOf(await get(headers, url))).equals(bytes)).toBe(true)
      expect((await get(headers, thumbnailUrl)).headers.get('content-type')).toBe('image/webp')
    }
  },
)

test.each(forms)('a signed URL %s can be kept by every cache until it expires', async (_form, give) => {
  const urls = await give()
  for (const url of [urls.url, urls.thumbnailUrl]) {
    const control = (await get({}, url)).headers.get('cache-control') ?? ''
    expect(control).toMatch(/^public, max-age=\d+, immutable$/)
    const age = Number(/\d+/.exec(control)?.[0])
    expect(Math.abs(age - secondsLeft(url))).toBeLessThan(10)
    expect(secondsLeft(url)).toBeGreaterThan(2 * 3600 - 10)
    expect(secondsLeft(url)).toBeLessThanOrEqual(3 * 3600)
  }
})

test('the same URL is given again, so that what it leads to is fetched once', async () => {
  // Unless its window ends between the two.
  const [first, second, third] = [await urlsOf(), await urlsOf(), await urlsOf()]
  expect([first, third]).toContainEqual(second)
})

test.each([
  ['the signature', 'signature', 'A'.repeat(43)],
  ['no signature', 'signature', null],
  ['an empty signature', 'signature', ''],
  ['a long signature', 'signature', 'A'.repeat(10_000)],
  ['a signature of other characters', 'signature', '签名'.repeat(14)],
  ['a later expiry', 'expires', '99999999999'],
  ['no expiry', 'expires', null],
  ['another key', 'key', 'AAAAAAAA'],
  ['the name of a property as the key', 'key', '__proto__'],
  ['no key', 'key', null],
  ['the default workspace', 'workspace', '01900000-0000-7000-8000-000000000001'],
  ['no workspace', 'workspace', null],
  ['a workspace that is no id', 'workspace', "'; drop table media"],
  ['the trash', 'trashed', 'true'],
])('a URL of an earlier version altered to %s is refused', async (_case, name, value) => {
  const { url, thumbnailUrl } = await longUrlsOf()
  await refused(altered(url, name, value))
  await refused(altered(thumbnailUrl, name, value))
})

test.each<[string, Parameters<typeof withClaims>[1]]>([
  ['the signature', { signature: 'A'.repeat(22) }],
  ['a short signature', { signature: 'A'.repeat(21) }],
  ['a long signature', { signature: 'A'.repeat(10_000) }],
  ['a later expiry', { expires: 0xffffffff }],
  ['another key', { keyId: 'AAAAAAAA' }],
  ['the name of a property as the key', { keyId: '__proto__' }],
  ['no key', { keyId: '' }],
  ['the default workspace', { workspaceId: '01900000-0000-7000-8000-000000000001' }],
  ['the trash', { trashed: true }],
  ['another variant', { variant: 'preview' }],
])('a URL altered to %s is refused', async (_case, changes) => {
  const { url, thumbnailUrl } = await urlsOf()
  for (const one of [url, thumbnailUrl]) await refused(withClaims(one, changes))
})

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

test.each([
  ['given', urlsOf, 's', 58, [8, 29, 35, 36, 57]],
  ['earlier', longUrlsOf, 'signature', 43, [0, 20, 42]],
] as const)(
  'every character of the signature of a URL counts, in the %s form',
  async (_form, give, name, length, places) => {
    const { url } = await give()
    const token = new URL(url).searchParams.get(name) ?? ''
    expect(token).toHaveLength(length)
    for (const place of places) {
      // Another character at the end of a text in base64url can stand for the same bytes.
      const others = place === length - 1 ? digits : digits.slice(0, 8)
      for (const digit of others) {
        if (digit === token[place]) continue
        const forged = token.slice(0, place) + digit + token.slice(place + 1)
        expect((await get({}, altered(url, name, forged))).status).toBe(403)
      }
    }
    await refused(altered(url, name, `${token}=`))
  },
)

test('a signature of one form is none of the other', async () => {
  const { url } = await urlsOf()
  const long = await inLongForm(database.db, url)
  const { signature } = claimOf(long)
  await refused(withClaims(url, { signature: signature.slice(0, 22) }))
  await refused(altered(long, 'signature', claimOf(url).signature))
})

test.each(forms)('a signature of a URL %s holds for one medium and one variant only', async (_form, give) => {
  const { url, thumbnailUrl } = await give()
  const other = await another()
  const { id } = here()
  await refused(url.replace(id, other.id))
  await refused(url.replace(id, `${id}/thumbnail`))
  await refused(url.replace(id, id.toUpperCase()))
  await refused(thumbnailUrl.replace('/thumbnail', ''))
  await refused(thumbnailUrl.replace('/thumbnail', '/preview'))
  await refused(thumbnailUrl.replace('/thumbnail', '/THUMBNAIL'))
})

test("another workspace's signature opens nothing here", async () => {
  const theirs = await api.workspace()
  const picture = await upload(theirs, await photograph())
  const { url } = await urlsOf({ ...here(), ...picture, workspace: theirs })
  expect((await get({}, url)).status).toBe(200)
  await refused(withClaims(url, { workspaceId: here().workspace.ctx.actor.workspaceId }))
  await refused(url.replace(picture.id, here().id))
  const { url: mine } = await urlsOf()
  await refused(withClaims(mine, { signature: claimOf(url).signature }))
})

test.each(['s', 'workspace', 'expires', 'key', 'signature'])('%s given twice is refused', async (name) => {
  const { url } = name === 's' ? await urlsOf() : await longUrlsOf()
  const again = new URL(url).searchParams.get(name) ?? ''
  await refused(`${url}&${name}=${encodeURIComponent(again)}`)
  await refused(`${url}&${name}=`)
})

test('one parameter of a signature is as good as a wrong one: credentials do not count then', async () => {
  const { url } = here()
  for (const one of [
    's=a',
    's',
    's=a&s=b',
    'expires=99999999999',
    'key=a',
    'signature=a',
    'signature',
    'signature=a&signature=b',
  ]) {
    await refused(`${url}&${one}`)
  }
})

test('a name that nobody signed does no harm, and the download may be chosen', async () => {
  const { url } = await urlsOf()
  expect((await get({}, `${url}&utm_source=mail`)).status).toBe(200)
  for (const download of ['download', 'download=1', 'download&download']) {
    const { headers } = await get({}, `${url}&${download}`)
    expect(headers.get('content-disposition')).toBe('attachment; filename=picture.jpg')
  }
})

test('an expired URL is refused and says until when it was valid', async () => {
  const { id, workspace } = here()
  const { clock, mediaUrls, actor } = workspace.ctx
  const now = clock.ms
  clock.ms -= 3 * 24 * 3_600_000
  for (const variant of [undefined, 'thumbnail']) {
    const path = await mediaUrls.sign({ id, variant, workspaceId: actor.workspaceId, trashed: false })
    const { expires } = claimOf(path)
    await refused(await inLongForm(database.db, api.url + path), 'MEDIA_URL_EXPIRED')
    await refused(api.url + path, 'MEDIA_URL_EXPIRED')
    const { errors } = (await (await get({}, api.url + path)).json()) as { errors: { message: string }[] }
    expect(errors[0]?.message).toContain(new Date(expires * 1000).toISOString())
    // Who alters it learns nothing of it, and gains nothing.
    await refused(withClaims(api.url + path, { expires: expires + 10 * 24 * 3600 }))
    expect((await fetch(api.url + path, { method: 'HEAD' })).status).toBe(403)
  }
  clock.ms = now
})

test('the URL of when it was live stops to work in the trash, which has its own, not to be kept', async () => {
  const picture = await another()
  const { url, thumbnailUrl } = await urlsOf({ ...here(), ...picture })
  expect((await get({}, url)).status).toBe(200)
  succeeded(await trashItem(picture.workspace.ctx, { kind: 'MEDIA', id: picture.id }))
  for (const live of [url, thumbnailUrl, await inLongForm(database.db, url)])
    expect((await get({}, live)).status).toBe(404)

  const { trash } = await ask<{ trash: { nodes: { item: Urls & { id: string } }[] } }>(
    picture.workspace.client,
    '{ trash(first: 100) { nodes { item { ... on Media { id url thumbnailUrl } } } } }',
  )
  const found = trash.nodes.find(({ item }) => item.id === picture.id)
  for (const trashed of [found?.item.url ?? '', found?.item.thumbnailUrl ?? '']) {
    const response = await get({}, trashed)
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    await refused(withClaims(trashed, { trashed: false }))
    expect((await get({}, await inLongForm(database.db, trashed))).status).toBe(200)
  }
})

test('a signed URL is for reading only', async () => {
  for (const method of ['POST', 'PUT', 'DELETE']) {
    expect((await fetch((await urlsOf()).url, { method })).status).toBe(404)
  }
})
