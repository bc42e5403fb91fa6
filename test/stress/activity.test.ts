import { isNonNullType } from 'graphql'
import { beforeAll, expect, test } from 'vitest'
import { updateBlock } from '../../src/usecases/library/blocks.ts'
import { useApi } from '../support/api.ts'
import {
  buildBlock,
  buildBook,
  buildCheckpoint,
  buildCtx,
  buildMarker,
  buildPicture,
  buildShelf,
  buildTag,
  coverOf,
  imagesOf,
  markerImagesOf,
  succeeded,
} from '../support/builders.ts'
import type { GraphQLAnswer } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'
import { type BatchAnswer, batchHead } from '../support/media/batch.ts'
import { photograph } from '../support/media/pictures.ts'
import { forgetAuthors } from '../support/library/authors.ts'
import { buildPerson, makeMember } from '../support/people.ts'
import { currentSchema } from '../support/schema.ts'
import { filePart, multipartBody, postRaw } from '../support/wire.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })

/** A person in a workspace of the owner with shelves A and B. On A are the books a1 and a2, on B is b1. All other things are in a1, except the checkpoint `far`. */
async function buildWorld() {
  const ctx = await buildCtx(database.db)
  const [shelfA, shelfB] = [await buildShelf(ctx, { name: 'A' }), await buildShelf(ctx, { name: 'B' })]
  const a1 = await buildBook(ctx, { bookshelfId: shelfA.id, title: 'a1' })
  const a2 = await buildBook(ctx, { bookshelfId: shelfA.id, title: 'a2' })
  const b1 = await buildBook(ctx, { bookshelfId: shelfB.id, title: 'b1' })
  const block = await buildBlock(ctx, { bookId: a1.id })
  succeeded(await updateBlock(ctx, { blockId: block.id, content: 'Changed' }))
  const wandering = await buildBlock(ctx, { bookId: a1.id })
  const absorbed = await buildBlock(ctx, { bookId: a1.id })
  const [near, far] = [
    await buildCheckpoint(ctx, { bookId: a1.id }),
    await buildCheckpoint(ctx, { bookId: b1.id }),
  ]
  const marker = await buildMarker(ctx, { checkpointId: near.id })
  const staying = await buildMarker(ctx, { checkpointId: near.id })
  const [picture, other] = [
    (await buildPicture(ctx, imagesOf(block.id))).media,
    (await buildPicture(ctx, imagesOf(block.id))).media,
  ]
  const [tag, above, merged] = [await buildTag(ctx), await buildTag(ctx), await buildTag(ctx)]
  const ids = {
    shelfA: shelfA.id,
    shelfB: shelfB.id,
    a1: a1.id,
    a2: a2.id,
    b1: b1.id,
    block: block.id,
    wandering: wandering.id,
    absorbed: absorbed.id,
    near: near.id,
    far: far.id,
    marker: marker.id,
    staying: staying.id,
    picture: picture.id,
    other: other.id,
    tag: tag.id,
    above: above.id,
    merged: merged.id,
  }
  const { workspaceId } = ctx.actor
  const person = await buildPerson(database.db)
  await makeMember(database.db, workspaceId, person, 'OWNER')
  const client = api.client({ ...person.headers, 'x-workspace-id': workspaceId })
  return { ctx, client, person, ids }
}

type World = Awaited<ReturnType<typeof buildWorld>>
type Ids = World['ids']

const opened: { world?: World } = {}
beforeAll(async () => {
  opened.world = await buildWorld()
})

function here() {
  if (!opened.world) throw new Error('It is there from beforeAll on.')
  return opened.world
}

const deletionOf = async (itemId: string) => {
  const { deletionId } =
    (await database.db.prisma.block.findFirst({ where: { id: itemId } })) ??
    (await database.db.prisma.book.findFirst({ where: { id: itemId } })) ??
    (await database.db.prisma.media.findFirstOrThrow({ where: { id: itemId } }))
  return deletionId
}

type Input = Record<string, unknown>

/** One request, and the names of the bookshelves and books that it is activity of. */
interface Step {
  readonly input: (ids: Ids) => Input | Promise<Input>
  readonly active: readonly string[]
}

const step = (input: Step['input'], ...active: string[]): Step => ({ input, active })

/** Mutations that change no item of the workspace. */
const inactive = [
  'collectGarbage',
  'createApiToken',
  'createShareLink',
  'createWorkspace',
  'trashWorkspace',
  'restoreWorkspace',
  'emptyTrash',
  'purgeDeletion',
  'purgeDeletions',
  'retryJob',
  'revokeApiToken',
  'revokeShareLink',
  'updateViewer',
  'endSessions',
  'acceptInvitation',
  'createInvitation',
  'leaveWorkspace',
  'removeMember',
  'deleteViewer',
  'removePerson',
  'revokeInvitation',
  'updateMember',
  'verifyStorage',
]

/**
 * Every other mutation. The steps follow one another in this order. Tags are no activity but for the objects that get or
 * lose them.
 */
const steps: Record<string, readonly Step[]> = {
  updateWorkspace: [step(() => ({ name: 'Renamed' }))],
  createTag: [step(() => ({ name: 'New' }))],
  updateTag: [step(({ tag }) => ({ tagId: tag, color: '#123456' }))],
  moveTag: [step(({ tag, above }) => ({ tagId: tag, parentId: above }))],
  addTagAlias: [step(({ tag }) => ({ tagId: tag, name: 'Also' }))],
  removeTagAlias: [step(({ tag }) => ({ tagId: tag, name: 'Also' }))],
  createBookshelf: [step(() => ({ name: 'C' }), 'C')],
  updateBookshelf: [step(({ shelfA }) => ({ bookshelfId: shelfA, description: 'New' }), 'A')],
  moveBookshelf: [step(({ shelfA, shelfB }) => ({ bookshelfId: shelfA, afterId: shelfB }), 'A')],
  createBook: [step(({ shelfA }) => ({ bookshelfId: shelfA, title: 'a3' }), 'A', 'a3')],
  updateBook: [step(({ a1 }) => ({ bookId: a1, summary: 'New' }), 'A', 'a1')],
  moveBook: [
    step(({ a2, a1 }) => ({ bookId: a2, beforeId: a1 }), 'A', 'a2'),
    step(({ a2, shelfB }) => ({ bookId: a2, bookshelfId: shelfB }), 'A', 'B', 'a2'),
  ],
  createBlock: [step(({ a1 }) => ({ bookId: a1 }), 'A', 'a1')],
  createBlocks: [step(({ a1 }) => ({ bookId: a1, blocks: [{}, {}] }), 'A', 'a1')],
  updateBlock: [
    step(({ block }) => ({ blockId: block, content: 'Again' }), 'A', 'a1'),
    step(({ block }) => ({ blockId: block, kind: 'QUOTE' }), 'A', 'a1'),
  ],
  updateBlocks: [step(({ block }) => ({ blocks: [{ blockId: block, content: 'Once more' }] }), 'A', 'a1')],
  updateBooks: [step(({ a2 }) => ({ books: [{ bookId: a2, summary: 'New' }] }), 'B', 'a2')],
  restoreBlockRevision: [step(({ block }) => ({ blockId: block, number: 1 }), 'A', 'a1')],
  moveBlock: [
    step(({ wandering, block }) => ({ blockId: wandering, beforeId: block }), 'A', 'a1'),
    step(({ wandering, b1 }) => ({ blockId: wandering, bookId: b1 }), 'A', 'B', 'a1', 'b1'),
  ],
  splitBlock: [step(({ block }) => ({ blockId: block, at: [1] }), 'A', 'a1')],
  mergeBlocks: [step(({ block, absorbed }) => ({ blockIds: [block, absorbed] }), 'A', 'a1')],
  moveBlocks: [
    step(({ wandering, a1 }) => ({ blockIds: [wandering], bookId: a1 }), 'A', 'B', 'a1', 'b1'),
    step(({ wandering, b1 }) => ({ blockIds: [wandering], bookId: b1 }), 'A', 'B', 'a1', 'b1'),
  ],
  moveBooks: [
    step(({ a2, shelfA }) => ({ bookIds: [a2], bookshelfId: shelfA }), 'A', 'B', 'a2'),
    step(({ a2, shelfB }) => ({ bookIds: [a2], bookshelfId: shelfB }), 'A', 'B', 'a2'),
  ],
  createCheckpoint: [step(({ a1 }) => ({ bookId: a1, title: 'New' }), 'A', 'a1')],
  updateCheckpoint: [step(({ near }) => ({ checkpointId: near, title: 'Newer' }), 'A', 'a1')],
  moveCheckpoint: [
    step(({ near, b1 }) => ({ checkpointId: near, bookId: b1 }), 'A', 'B', 'a1', 'b1'),
    step(({ near, a1 }) => ({ checkpointId: near, bookId: a1 }), 'A', 'B', 'a1', 'b1'),
  ],
  createCheckpointMarker: [step(({ near }) => ({ checkpointId: near, title: 'New' }), 'A', 'a1')],
  updateCheckpointMarker: [step(({ marker }) => ({ checkpointMarkerId: marker, title: 'Newer' }), 'A', 'a1')],
  moveCheckpointMarker: [
    step(({ marker, far }) => ({ checkpointMarkerId: marker, checkpointId: far }), 'A', 'B', 'a1', 'b1'),
  ],
  uploadMedia: [
    step(({ block }) => ({ slot: imagesOf(block) }), 'A', 'a1'),
    step(({ staying }) => ({ slot: markerImagesOf(staying) }), 'A', 'a1'),
    step(({ shelfB }) => ({ slot: coverOf('BOOKSHELF', shelfB) }), 'B'),
    step(({ shelfB }) => ({ slot: coverOf('BOOKSHELF', shelfB) }), 'B'),
  ],
  uploadMediaBatch: [
    step(
      ({ a1, shelfB }) => ({ slots: [coverOf('BOOK', a1), coverOf('BOOKSHELF', shelfB)] }),
      'A',
      'B',
      'a1',
    ),
  ],
  updateMedia: [step(({ picture }) => ({ mediaId: picture, altText: 'New' }), 'A', 'a1')],
  attachMedia: [
    step(({ picture, a2 }) => ({ mediaId: picture, slot: coverOf('BOOK', a2) }), 'B', 'a2'),
    step(({ picture, a2 }) => ({ mediaId: picture, slot: coverOf('BOOK', a2) })),
  ],
  moveMedia: [
    step(({ picture, other }) => ({ mediaId: picture, afterId: other }), 'A', 'a1'),
    step(({ picture, b1 }) => ({ mediaId: picture, slot: coverOf('BOOK', b1) }), 'A', 'B', 'a1', 'b1'),
    step(({ picture, block }) => ({ mediaId: picture, slot: imagesOf(block) }), 'A', 'B', 'a1', 'b1'),
  ],
  attachTags: [
    step(
      ({ tag, shelfA, b1, block }) => ({ tagIds: [tag], entityIds: [shelfA, b1, block] }),
      'A',
      'B',
      'a1',
      'b1',
    ),
    step(({ tag, shelfA, b1, block }) => ({ tagIds: [tag], entityIds: [shelfA, b1, block] })),
  ],
  detachTags: [
    step(({ tag, b1, a2 }) => ({ tagIds: [tag], entityIds: [b1, a2] }), 'B', 'b1'),
    step(({ tag, b1 }) => ({ tagIds: [tag], entityIds: [b1] })),
  ],
  mergeTags: [step(({ above, merged }) => ({ sourceTagId: above, targetTagId: merged }))],
  copyBlocks: [step(({ block, b1 }) => ({ blockIds: [block], bookId: b1 }), 'B', 'b1')],
  copyBook: [step(({ b1, shelfA }) => ({ bookId: b1, bookshelfId: shelfA, title: 'a4' }), 'A', 'a4')],
  copyBookshelf: [step(({ shelfB }) => ({ bookshelfId: shelfB, name: 'D' }), 'D', 'a2', 'b1')],
  trashItem: [
    step(({ tag }) => ({ itemId: tag })),
    step(({ picture }) => ({ itemId: picture }), 'A', 'a1'),
    step(({ block }) => ({ itemId: block }), 'A', 'a1'),
    step(({ marker }) => ({ itemId: marker }), 'B', 'b1'),
    step(({ near }) => ({ itemId: near }), 'A', 'a1'),
    step(({ a2 }) => ({ itemId: a2 }), 'B', 'a2'),
  ],
  trashItems: [step(({ wandering, other, shelfB }) => ({ itemIds: [wandering, other, shelfB] }), 'B')],
  restoreItem: [
    // Undoes the merge, which moved a tag.
    step(({ above }) => ({ itemId: above })),
    step(({ shelfB }) => ({ itemId: shelfB }), 'B'),
    step(({ near }) => ({ itemId: near }), 'A', 'a1'),
  ],
  restoreDeletion: [
    step(
      async ({ a2, shelfA }) => ({ deletionId: await deletionOf(a2), target: { bookshelfId: shelfA } }),
      'A',
      'a2',
    ),
  ],
  restoreDeletions: [
    step(
      async ({ block, picture }) => ({ deletionIds: [await deletionOf(block), await deletionOf(picture)] }),
      'A',
      'a1',
    ),
  ],
}

/** Forgets all activity of the workspace. */
async function forget() {
  const { workspaceId } = here().ctx.actor
  const { pool } = database.db
  await pool.query('delete from activities where workspace_id = $1', [workspaceId])
  for (const table of ['books', 'bookshelves'])
    await pool.query(`update ${table} set last_activity_at = '2020-01-01Z' where workspace_id = $1`, [
      workspaceId,
    ])
}

/** The names of the bookshelves and books with activity since then, be they in the trash. */
async function active(): Promise<string[]> {
  const { rows } = await database.db.pool.query<{ name: string }>(
    `select name from (
       select workspace_id, id, name, last_activity_at from bookshelves
       union all select workspace_id, id, title, last_activity_at from books) item
     where workspace_id = $1 and greatest(last_activity_at, (select max(at) from activities
       where activities.workspace_id = item.workspace_id and item_id = item.id)) > '2020-01-01Z'
     order by name collate "C"`,
    [here().ctx.actor.workspaceId],
  )
  return rows.map(({ name }) => name)
}

const mutations = Object.values(currentSchema().getMutationType()?.getFields() ?? {})

/** The type of the result of a mutation. */
function typeOf({ data, errors }: GraphQLAnswer, name: string): string {
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return (data as Record<string, { __typename: string }>)[name]?.__typename ?? ''
}

async function send(name: string, input: Input): Promise<string> {
  const { client } = here()
  const picture = async () => new Blob([new Uint8Array(await photograph())])
  if (name === 'uploadMedia') {
    const answer = await client.upload(input, await picture(), 'a.jpg')
    return typeOf(answer, name)
  }
  if (name === 'uploadMediaBatch') {
    const { slots } = input as { slots: Input[] }
    const parts = await Promise.all(
      slots.map(async (_slot, index) => filePart(String(index), await photograph(), `${index}.jpg`)),
    )
    const { body } = await postRaw(client.url, multipartBody([...batchHead(slots), ...parts]), client.headers)
    return (JSON.parse(body) as { data: { uploadMediaBatch: BatchAnswer } }).data.uploadMediaBatch.__typename
  }
  const type = mutations.find((mutation) => mutation.name === name)?.args.find((arg) => arg.name === 'input')
  if (!type || !isNonNullType(type.type)) throw new Error(`${name} has no input.`)
  const answer = await client.send(
    `mutation ($input: ${type.type.toString()}) { ${name}(input: $input) { __typename } }`,
    { input },
  )
  return typeOf(answer, name)
}

test('every mutation of the schema is in one of the two lists', () => {
  expect([...Object.keys(steps), ...inactive].sort()).toEqual(mutations.map(({ name }) => name).sort())
})

test.each(
  Object.entries(steps).flatMap(([name, each]) =>
    each.map(({ input, active }) => [name, active, input] as const),
  ),
)('%s is activity of %j, by its actor', async (name, expected, input) => {
  await forget()
  const { ctx, person } = here()
  const authors = await forgetAuthors(database.db.pool, ctx.actor.workspaceId, person.id)
  expect(await send(name, await input(here().ids))).toMatch(/Success$/)
  expect(await active()).toEqual(expected)
  expect((await authors()).wrong).toEqual([])
})
