import { beforeAll, expect, test } from 'vitest'
import { purgeDeletion } from '../../src/usecases/trash/request-purge.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBlock, buildBook, buildPicture, coverOf, imagesOf, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)

type Media = Awaited<ReturnType<typeof buildPicture>>['media']
const opened: { workspace?: Workspace; theirs?: Workspace; media?: Media[]; onlyOurs?: Media } = {}

beforeAll(async () => {
  const workspace = await api.workspace()
  const theirs = await api.workspace()
  const { ctx } = workspace
  const bytes = await photograph()
  const book = await buildBook(ctx)
  const blocks = [await buildBlock(ctx, { bookId: book.id }), await buildBlock(ctx, { bookId: book.id })]
  const media = [(await buildPicture(ctx, coverOf('BOOK', book.id), { bytes })).media]
  for (const block of blocks) media.push((await buildPicture(ctx, imagesOf(block.id), { bytes })).media)
  succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media[2]?.id ?? '' }))
  ctx.clock.ms += 1_000
  const { media: onlyOurs } = await buildPicture(ctx, imagesOf(blocks[0]?.id ?? ''))
  // Theirs is the same file, in more places.
  const place = await buildBlock(theirs.ctx)
  await buildPicture(theirs.ctx, imagesOf(place.id), { bytes })
  Object.assign(opened, { workspace, theirs, media, onlyOurs })
})

function here() {
  const { workspace, theirs, media, onlyOurs } = opened
  const [cover, image, trashed] = media ?? []
  if (!workspace || !theirs || !cover || !image || !trashed || !onlyOurs)
    throw new Error('It is there from beforeAll on.')
  return { ...workspace, theirs, cover, image, trashed, onlyOurs }
}

interface File {
  readonly id: string
  readonly sha256: string
  readonly sizeBytes: string
  readonly liveCount: number
  readonly trashedCount: number
  readonly kept: { readonly state: string; readonly message: string; readonly goesAt: string | null }
  readonly usages: { readonly nodes: { readonly id: string }[]; readonly totalCount: number }
}

const facts = 'id sha256 sizeBytes liveCount trashedCount kept { state message goesAt }'
const uses = (where = '') =>
  `usages${where} { nodes { id owner { id ... on Book { title } } trash { deletedFrom { path } } } totalCount }`

test('where a picture is used is one query', async () => {
  const { client, cover, image, trashed } = here()
  const statements = await statementsOf(async () => {
    const { media } = await ask<{ media: { file: File } }>(
      client,
      `query ($id: ID!) { media(id: $id) { file { ${facts} ${uses()} } } }`,
      { id: image.id },
    )
    expect(media.file).toMatchObject({
      sha256: image.sha256,
      sizeBytes: String(image.sizeBytes),
      liveCount: 2,
      trashedCount: 1,
      kept: { state: 'LIVE', goesAt: null },
    })
    expect(media.file.usages.totalCount).toBe(3)
    expect(media.file.usages.nodes.map(({ id }) => id)).toEqual([trashed.id, image.id, cover.id])
  })
  expect(statements.length).toBeLessThan(12)
})

test('usages can be those that are live, and those in the trash, a page at a time', async () => {
  const { client, cover, image, trashed } = here()
  const usagesWith = async (args: string) => {
    const { storedFile } = await ask<{ storedFile: File }>(
      client,
      `query ($sha: String) { storedFile(sha256: $sha) { usages${args} { nodes { id } totalCount } } }`,
      { sha: image.sha256.toUpperCase() },
    )
    return { ids: storedFile.usages.nodes.map(({ id }) => id), count: storedFile.usages.totalCount }
  }
  expect(await usagesWith('(where: { trashed: false })')).toEqual({ ids: [image.id, cover.id], count: 2 })
  expect(await usagesWith('(where: { trashed: true })')).toEqual({ ids: [trashed.id], count: 1 })
  expect(await usagesWith('(last: 1)')).toEqual({ ids: [cover.id], count: 3 })
})

test('a file is found by its ID, also as a node, and not from another workspace', async () => {
  const { client, theirs, image, onlyOurs } = here()
  const query = `query ($id: ID!, $sha: String!) {
    byId: storedFile(id: $id) { id } bySha: storedFile(sha256: $sha) { id } node(id: $id) { id ... on StoredFile { sha256 } } }`
  const ours = await ask(client, query, { id: image.blobId, sha: image.sha256 })
  expect(ours).toEqual({
    byId: { id: image.blobId },
    bySha: { id: image.blobId },
    node: { id: image.blobId, sha256: image.sha256 },
  })
  // They have the same bytes as a file of their own, and learn nothing of ours.
  const same = await ask<{ bySha: { id: string } }>(theirs.client, query, {
    id: image.blobId,
    sha: image.sha256,
  })
  expect(same).toMatchObject({ byId: null, node: null })
  expect(same.bySha.id).not.toBe(image.blobId)
  const unknown = await ask(theirs.client, query, { id: onlyOurs.blobId, sha: onlyOurs.sha256 })
  expect(unknown).toEqual({ byId: null, bySha: null, node: null })
  const { storedFile } = await ask<{ storedFile: File }>(
    theirs.client,
    `query ($sha: String!) { storedFile(sha256: $sha) { ${facts} ${uses()} } }`,
    { sha: image.sha256 },
  )
  expect(storedFile).toMatchObject({ liveCount: 1, trashedCount: 0, usages: { totalCount: 1 } })
})

test.each(['', '(id: "x", sha256: "y")'])('storedFile%s needs one of its arguments', async (args) => {
  const { status, errors } = await here().client.send(`{ storedFile${args} { id } }`)
  expect([status, errors[0]?.message]).toEqual([400, 'Give exactly one of `id` and `sha256`.'])
})

test('odd arguments find no file', async () => {
  const { client } = here()
  for (const value of ['', 'a\0', 'nobody', 'x'.repeat(64)]) {
    const answer = await ask(
      client,
      'query ($v: String!, $id: ID!) { storedFile(sha256: $v) { id } byId: storedFile(id: $id) { id } }',
      {
        v: value,
        id: value,
      },
    )
    expect(answer).toEqual({ storedFile: null, byId: null })
  }
})

test('the files of a workspace are listed, the unused ones too, with what becomes of them', async () => {
  const { ctx, client } = await api.workspace()
  const block = await buildBlock(ctx)
  const { media: used } = await buildPicture(ctx, imagesOf(block.id))
  ctx.clock.ms += 1_000
  const { media: gone } = await buildPicture(ctx, imagesOf(block.id))
  const list = async (args = '') => {
    const { storedFiles } = await ask<{ storedFiles: { nodes: File[]; totalCount: number } }>(
      client,
      `{ storedFiles${args} { nodes { ${facts} ${uses()} } totalCount } }`,
    )
    expect(storedFiles.totalCount).toBe(storedFiles.nodes.length)
    return storedFiles.nodes
  }
  const idsOf = async (args: string) => (await list(args)).map(({ id }) => id)
  expect(await idsOf('')).toEqual([gone.blobId, used.blobId])
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'MEDIA', id: gone.id }))
  const [inTrash] = await list()
  expect(inTrash?.kept).toMatchObject({ state: 'IN_TRASH', goesAt: deletion.purgeAfter.toISOString() })
  expect(inTrash).toMatchObject({ liveCount: 0, trashedCount: 1 })
  expect(await idsOf('(where: { unused: true })')).toEqual([])

  succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
  // The row waits for the job, but the item is gone.
  expect((await list())[0]).toMatchObject({ trashedCount: 0, usages: { nodes: [], totalCount: 0 } })
  await ctx.db.pool.query('delete from media where id = $1', [gone.id])
  await ctx.db.pool.query('update blobs set ref_count = 0, orphaned_at = now() where id = $1', [gone.blobId])
  expect((await list('(where: { unused: true })'))[0]).toMatchObject({
    id: gone.blobId,
    kept: { state: 'ORPHANED', message: expect.stringContaining('It is collected') as string },
  })
  expect(await idsOf('(where: { unused: false, mimeTypes: ["image/*"] })')).toEqual([used.blobId])
  expect(await idsOf('(where: { mimeTypes: ["video/mp4"] })')).toEqual([])
  // Equal sizes are in the order of their IDs.
  const bySize = [used, gone].sort(
    (one, other) => Number(other.sizeBytes - one.sizeBytes) || (one.blobId < other.blobId ? 1 : -1),
  )
  expect(await idsOf('(orderBy: { field: SIZE, direction: DESC })')).toEqual(
    bySize.map(({ blobId }) => blobId),
  )
  expect(await idsOf(`(where: { largerThanBytes: "${used.sizeBytes}", smallerThanBytes: "1" })`)).toEqual([])
})

test('a page of files takes as many statements as a single one', async () => {
  const { ctx, client } = await api.workspace()
  const block = await buildBlock(ctx)
  const statementsFor = async () =>
    (await statementsOf(() => ask(client, `{ storedFiles { nodes { ${facts} ${uses('(first: 2)')} } } }`)))
      .length
  await buildPicture(ctx, imagesOf(block.id))
  const one = await statementsFor()
  await buildPicture(ctx, imagesOf(block.id))
  await buildPicture(ctx, imagesOf(block.id))
  expect(await statementsFor()).toBe(one)
})
