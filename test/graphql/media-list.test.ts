import { beforeAll, expect, test } from 'vitest'
import { updateMedia } from '../../src/usecases/media/update-media.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import {
  buildBlock,
  buildBook,
  buildMarker,
  buildPicture,
  coverOf,
  imagesOf,
  markerImagesOf,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'

const database = useDatabase()
const api = useApi(database)

type Media = Awaited<ReturnType<typeof buildPicture>>['media']
const opened: { workspace?: Workspace; media?: Record<string, Media> } = {}

beforeAll(async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const media: Record<string, Media> = {}
  const book = await buildBook(ctx)
  const block = await buildBlock(ctx, { bookId: book.id })
  const other = await buildBlock(ctx, { bookId: book.id })
  const marker = await buildMarker(ctx)
  const shared = await photograph()
  const upload = async (name: string, ...[slot, given]: [Parameters<typeof buildPicture>[1], object?]) => {
    ctx.clock.ms += 1_000
    media[name] = (await buildPicture(ctx, slot, { fileName: `${name}.jpg`, ...given })).media
  }
  await upload('Lake 10', imagesOf(block.id), { bytes: shared })
  await upload('lake 2', imagesOf(other.id), { bytes: shared })
  await upload('IMG_20260115', coverOf('BOOK', book.id))
  await upload('湖边照片', markerImagesOf(marker.id))
  await upload('gone', imagesOf(block.id))
  succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media['gone']?.id ?? '' }))
  const describe = async (name: string, given: Omit<Parameters<typeof updateMedia>[1], 'mediaId'>) =>
    succeeded(await updateMedia(ctx, { mediaId: media[name]?.id ?? '', ...given }))
  await describe('Lake 10', { altText: 'Two SWANS on the water', category: 'Poster' })
  await describe('IMG_20260115', { caption: 'Sonnenuntergang über der Straße', category: 'poster' })
  // Theirs has the same bytes and names.
  const theirs = await api.workspace()
  const place = await buildBlock(theirs.ctx)
  await buildPicture(theirs.ctx, imagesOf(place.id), { bytes: shared, fileName: 'lake.jpg' })
  Object.assign(opened, { workspace, media })
})

function here() {
  const { workspace, media } = opened
  if (!workspace || !media) throw new Error('It is there from beforeAll on.')
  return { ...workspace, media }
}

interface List {
  readonly mediaItems: {
    readonly nodes: { readonly fileName: string }[]
    readonly totalCount: number
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean }
  }
}

const fields = '{ nodes { fileName } totalCount pageInfo { endCursor hasNextPage } }'
async function list(args = '', variables: Record<string, unknown> = {}) {
  const { client } = here()
  const declared = 'where' in variables ? '($where: MediaWhere)' : ''
  const { mediaItems } = await ask<List>(
    client,
    `query ${declared} { mediaItems${args} ${fields} }`,
    variables,
  )
  return mediaItems
}

const short = (fileName: string) => fileName.replace('.jpg', '')
const namesOf = ({ mediaItems: { nodes } }: List) => nodes.map(({ fileName }) => short(fileName))
const all = ['湖边照片', 'IMG_20260115', 'lake 2', 'Lake 10']

test('live media are listed newest first, and counted', async () => {
  const found = await list()
  expect(namesOf({ mediaItems: found })).toEqual(all)
  expect(found.totalCount).toBe(4)
})

test.each([
  ['CREATED_AT', all.toReversed()],
  ['FILE_NAME', ['IMG_20260115', 'lake 2', 'Lake 10', '湖边照片']],
])('they are listed by %s, a page at a time, in both directions', async (field, names) => {
  const page = async (way: string, args: string) => {
    const found = await list(`(orderBy: { field: ${field}, direction: ${way} } ${args})`)
    return { names: namesOf({ mediaItems: found }), ...found.pageInfo }
  }
  for (const [way, expected] of [
    ['ASC', names],
    ['DESC', names.toReversed()],
  ] as const) {
    const first = await page(way, 'first: 3')
    const rest = await page(way, `first: 3 after: "${first.endCursor}"`)
    expect([...first.names, ...rest.names]).toEqual(expected)
    expect([first.hasNextPage, rest.hasNextPage]).toEqual([true, false])
    expect((await page(way, 'last: 2')).names).toEqual(expected.slice(-2))
  }
})

test('they are listed by size, and equal sizes have an order', async () => {
  const { media } = here()
  const bySize = Object.values(media)
    .filter(({ id }) => id !== media['gone']?.id)
    .sort((one, other) => Number(one.sizeBytes - other.sizeBytes) || (one.id < other.id ? -1 : 1))
    .map(({ fileName }) => short(fileName))
  const order = 'orderBy: { field: SIZE }'
  const first = await list(`(${order} first: 2)`)
  const rest = await list(`(${order} first: 5 after: "${first.pageInfo.endCursor}")`)
  expect([...first.nodes, ...rest.nodes].map(({ fileName }) => short(fileName))).toEqual(bySize)
})

const since = (name: string) => () => ({ createdSince: here().media[name]?.createdAt })

test.each<[string, object | (() => object), string[]]>([
  ['kinds', { kinds: ['BOOK_COVER', 'MARKER_IMAGE'] }, ['湖边照片', 'IMG_20260115']],
  ['roles', { roles: ['COVER'] }, ['IMG_20260115']],
  ['owner types', { ownerTypes: ['BLOCK'] }, ['lake 2', 'Lake 10']],
  ['an owner', () => ({ ownerId: here().media['lake 2']?.blockId }), ['lake 2']],
  ['an ID that nobody has', { ownerId: 'nobody' }, []],
  ['MIME types', { mimeTypes: ['image/jpeg', 'image/png'] }, all],
  ['a kind of MIME types', { mimeTypes: ['IMAGE/*'] }, all],
  ['MIME types that none has', { mimeTypes: ['video/*', 'image/jp', 'nonsense', 'a\0/b'] }, []],
  ['a category in any case', { categories: [' POSTER'] }, ['IMG_20260115', 'Lake 10']],
  ['categories', { categories: ['poster', 'upload'] }, all],
  ['categories that none has', { categories: ['x', '', '\0'] }, []],
  ['the time of creation', since('IMG_20260115'), ['湖边照片', 'IMG_20260115']],
  ['before a time', () => ({ createdBefore: here().media['lake 2']?.createdAt }), ['Lake 10']],
  ['size', { largerThanBytes: '0', smallerThanBytes: '100000000' }, all],
  ['a size that none has', { largerThanBytes: '100000000' }, []],
  ['use elsewhere', { unusedElsewhere: false }, ['lake 2', 'Lake 10']],
  ['no use elsewhere', { unusedElsewhere: true }, ['湖边照片', 'IMG_20260115']],
  ['several conditions', { roles: ['IMAGE'], categories: ['poster'] }, ['Lake 10']],
  ['no kinds at all', { kinds: [] }, []],
  ['a part of a file name, in any case', { text: 'AKE' }, ['lake 2', 'Lake 10']],
  ['a part across signs', { text: 'img 2026' }, ['IMG_20260115']],
  ['a part of a number', { text: '0115' }, ['IMG_20260115']],
  ['two letters within a word', { text: 'ag' }, []],
  ['two letters of a word', { text: 'ak' }, ['lake 2', 'Lake 10']],
  ['a single letter', { text: 'w' }, ['Lake 10']],
  ['traditional characters', { text: '湖邊' }, ['湖边照片']],
  ['one character', { text: '片' }, ['湖边照片']],
  ['a part of the alternative text', { text: 'wans on t' }, ['Lake 10']],
  ['a part of the caption, without accents', { text: 'uber der strass' }, ['IMG_20260115']],
  ['the extension, which all have', { text: '.jpg' }, all],
  ['a text that none has', { text: 'jpeg' }, []],
  ['signs alone, which do not count', { text: '_' }, all],
  ['signs that mean something to a database', { text: '%' }, all],
])('they are filtered by %s', async (_what, where, names) => {
  const found = await list('(where: $where)', { where: typeof where === 'function' ? where() : where })
  expect(namesOf({ mediaItems: found })).toEqual(names)
  expect(found.totalCount).toBe(names.length)
})

test('a text too long is refused with what to do', async () => {
  const { client } = here()
  const answer = await client.send(
    'query ($where: MediaWhere) { mediaItems(where: $where) { totalCount } }',
    {
      where: { text: 'x'.repeat(201) },
    },
  )
  expect(answer.status).toBe(400)
  expect(answer.errors[0]?.message).toContain('at most 200 characters')
})

interface Categories {
  readonly mediaCategories: {
    readonly nodes: { readonly name: string; readonly mediaCount: number }[]
    readonly totalCount: number
    readonly pageInfo: {
      readonly startCursor: string
      readonly endCursor: string
      readonly hasNextPage: boolean
    }
  }
}

test('categories are listed with their counts, a page at a time', async () => {
  const { client } = here()
  const page = async (args: string) =>
    (
      await ask<Categories>(
        client,
        `{ mediaCategories${args} { nodes { name mediaCount } totalCount pageInfo { startCursor endCursor hasNextPage } } }`,
      )
    ).mediaCategories
  const [poster, upload] = [
    { name: 'poster', mediaCount: 2 },
    { name: 'upload', mediaCount: 2 },
  ]
  const whole = await page('')
  expect(whole).toMatchObject({ nodes: [poster, upload], totalCount: 2 })
  const first = await page('(first: 1)')
  expect(first).toMatchObject({ nodes: [poster], pageInfo: { hasNextPage: true } })
  expect((await page(`(first: 5 after: "${first.pageInfo.endCursor}")`)).nodes).toEqual([upload])
  expect((await page('(last: 1)')).nodes).toEqual([upload])
  expect((await page(`(last: 5 before: "${whole.pageInfo.endCursor}")`)).nodes).toEqual([poster])
})
