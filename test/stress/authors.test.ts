import { expect, test } from 'vitest'
import type { Role, TokenScope } from '../../src/domain/access.ts'
import { type Ctx, newId } from '../../src/usecases/context.ts'
import { copyBook } from '../../src/usecases/copies/copy-items.ts'
import { attachMedia } from '../../src/usecases/media/attach-media.ts'
import { ask, useApi } from '../support/api.ts'
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
  succeeded,
} from '../support/builders.ts'
import type { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'
import { buildPerson, buildToken, makeMember } from '../support/people.ts'
import { statementsOf } from '../support/statements.ts'
import { trash } from '../support/trash/restoring.ts'

const database = useDatabase()
const api = useApi(database, { signIn: true })

/** A member of the workspace: what builders do as that person, and a client of theirs. */
async function buildMember({ db, ...ctx }: Ctx, name: string, role: Role = 'EDITOR', scope?: TokenScope) {
  const { workspaceId } = ctx.actor
  const person = await buildPerson(db, { name })
  await makeMember(db, workspaceId, person, role)
  const { headers } = scope ? await buildToken(db, workspaceId, person, scope) : person
  const actor = { ...ctx.actor, id: person.id, role }
  const client = api.client({ ...headers, 'x-workspace-id': workspaceId })
  return { person, client, ctx: { ...ctx, db, actor } }
}

const authors = 'createdBy { id name } updatedBy { id name }'

test('an item names the people who created and last changed it, also after one of them is removed', async () => {
  const ctx = await buildCtx(database.db)
  const [ada, bob] = [await buildMember(ctx, 'Ada'), await buildMember(ctx, 'Bob')]
  const block = await buildBlock(ada.ctx)
  const update = `mutation ($id: ID!) { updateBlock(input: { blockId: $id, content: "Other" }) {
    ... on UpdateBlockSuccess { block { ${authors} } } } }`
  const [byAda, byBob] = [ada, bob].map(({ person: { id, name } }) => ({ id, name }))
  expect(await ask(bob.client, update, { id: block.id })).toEqual({
    updateBlock: { block: { createdBy: byAda, updatedBy: byBob } },
  })

  await database.db.pool.query('delete from users where id = $1', [ada.person.id])
  expect(
    await ask(bob.client, `query ($id: ID!) { block(id: $id) { ${authors} } }`, { id: block.id }),
  ).toEqual({ block: { createdBy: { id: ada.person.id, name: 'Former member' }, updatedBy: byBob } })
})

test('the names of all authors in a list take one statement, and the owner and the system take none', async () => {
  const ctx = await buildCtx(database.db)
  const members = await Promise.all(['Ada', 'Bob', 'Cyd'].map((name) => buildMember(ctx, name)))
  const { id: bookId } = await buildBook({ ...ctx, actor: { ...ctx.actor, id: 'system' } })
  for (const { ctx: own } of [...members, ...members, { ctx }]) await buildBlock(own, { bookId })
  const reader = members[0]?.client ?? api.client()
  const answer: { blocks?: { nodes: { createdBy: { name: string } }[] } } = {}
  const sent = await statementsOf(async () => {
    Object.assign(answer, await ask(reader, `{ blocks { nodes { ${authors} } } }`))
  })
  expect(sent.filter(({ text }) => /from users where id = any/.test(text))).toHaveLength(1)
  const names = answer.blocks?.nodes.map(({ createdBy }) => createdBy.name)
  expect(names).toEqual(['Ada', 'Bob', 'Cyd', 'Ada', 'Bob', 'Cyd', 'Owner of this installation'])

  const ofBooks = await statementsOf(async () => {
    expect(await ask(reader, '{ books { nodes { createdBy { name } } } }')).toEqual({
      books: { nodes: [{ createdBy: { name: 'Wordloom itself' } }] },
    })
  })
  expect(ofBooks.filter(({ text }) => /from users where id = any/.test(text))).toEqual([])
})

test('a copy, and a media item in another slot, are created by whoever made them', async () => {
  const ctx = await buildCtx(database.db)
  const [ada, bob] = [await buildMember(ctx, 'Ada'), await buildMember(ctx, 'Bob')]
  const block = await buildBlock(ada.ctx)
  const { media } = await buildPicture(ada.ctx, imagesOf(block.id))
  const attached = succeeded(
    await attachMedia(bob.ctx, { mediaId: media.id, slot: coverOf('BOOK', block.bookId) }),
  )
  expect([media.createdBy, attached.media.createdBy]).toEqual([ada.person.id, bob.person.id])
  const { book } = succeeded(await copyBook(bob.ctx, { bookId: block.bookId }))
  const { client } = ada
  const copied = await ask(
    client,
    `query ($id: ID!) { book(id: $id) { ${authors} cover { ${authors} }
      blocks { nodes { ${authors} images { ${authors} } } } } }`,
    { id: book?.id },
  )
  const by = { id: bob.person.id, name: 'Bob' }
  const both = { createdBy: by, updatedBy: by }
  expect(copied).toEqual({
    book: { ...both, cover: both, blocks: { nodes: [{ ...both, images: [both] }] } },
  })
})

test('the lists of items can be filtered by their creator', async () => {
  const ctx = await buildCtx(database.db)
  const [ada, bob] = [await buildMember(ctx, 'Ada'), await buildMember(ctx, 'Bob')]
  const shelf = await buildShelf(ctx)
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  const checkpoint = await buildCheckpoint(ctx, { bookId: book.id })
  const create = async ({ person, ctx: by }: typeof ada) => {
    const block = await buildBlock(by, { bookId: book.id })
    return {
      id: person.id,
      bookshelves: [(await buildShelf(by)).id],
      books: [(await buildBook(by, { bookshelfId: shelf.id })).id],
      blocks: [block.id],
      checkpoints: [(await buildCheckpoint(by, { bookId: book.id })).id],
      markers: [(await buildMarker(by, { checkpointId: checkpoint.id })).id],
      tags: [(await buildTag(by)).id],
      mediaItems: [(await buildPicture(by, imagesOf(block.id))).media.id],
    }
  }
  // One after the other, since the lists are in the order of their creation.
  const own = [await create(ada), await create(bob)]
  const found = async (where: string) => {
    const list = `(where: ${where}) { nodes { id } totalCount }`
    const roots = ['bookshelves', 'books', 'blocks', 'checkpoints', 'tags', 'mediaItems']
    const query = `query ($checkpoint: ID!) { ${roots.map((root) => root + list).join(' ')}
      checkpoint(id: $checkpoint) { markers${list} } }`
    interface List {
      nodes: { id: string }[]
      totalCount: number
    }
    type Data = Record<string, List> & { checkpoint: { markers: List } }
    const { checkpoint: parent, ...lists } = await ask<Data>(ada.client, query, { checkpoint: checkpoint.id })
    const all = { ...lists, markers: parent.markers } as Record<string, List>
    return Object.entries(all).map(([name, { nodes, totalCount }]) => {
      expect(totalCount).toBe(nodes.length)
      return [name, nodes.map(({ id }) => id)]
    })
  }
  for (const { id, ...ids } of own)
    expect(Object.fromEntries(await found(`{ createdBy: "${id}" }`))).toEqual(ids)
  for (const nobody of [newId(), 'nobody', String.raw`\u0000`])
    expect((await found(`{ createdBy: "${nobody}" }`)).flatMap(([, ids]) => ids)).toEqual([])

  const groups = own.map(({ id }) => `{ createdBy: "${id}" }`).join(', ')
  const blocks = '{ blocks(where: WHERE) { nodes { id } } }'
  for (const where of [`{ any: [${groups}] }`, '{ not: { createdBy: "owner" } }'])
    expect(await ask(ada.client, blocks.replace('WHERE', where))).toEqual({
      blocks: { nodes: own.flatMap(({ blocks: ids }) => ids.map((id) => ({ id }))) },
    })
})

/** What a client asks before it draws a button, and the mutation of the button. */
interface Button {
  /** The field that leads to the object, and the name of the flag on it. */
  readonly of: string
  readonly flag: string
  readonly mutation: string
  readonly input: object
}

/** A library with one of each, and some in states in which a button makes no sense. */
async function buildButtons(ctx: Ctx, requestedBy: string): Promise<Button[]> {
  const shelf = await buildShelf(ctx)
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  const [block, gone, goneToo] = [
    await buildBlock(ctx, { bookId: book.id }),
    await buildBlock(ctx, { bookId: book.id }),
    await buildBlock(ctx, { bookId: book.id }),
  ]
  const checkpoint = await buildCheckpoint(ctx, { bookId: book.id })
  const marker = await buildMarker(ctx, { checkpointId: checkpoint.id })
  const { media } = await buildPicture(ctx, imagesOf(block.id))
  const tag = await buildTag(ctx)
  const [first, second] = [await trash(ctx, 'BLOCK', gone), await trash(ctx, 'BLOCK', goneToo)]
  const { workspaceId } = ctx.actor
  const job = { workspaceId, name: 'purge-trash', payload: {}, requestedBy, createdAt: new Date() }
  const [failed, done] = [
    await ctx.db.prisma.job.create({ data: { ...job, id: newId(), status: 'FAILED' } }),
    await ctx.db.prisma.job.create({ data: { ...job, id: newId(), status: 'DONE' } }),
  ]
  const edits = (type: string, { id }: { id: string }, fields: object): Button => ({
    of: `${type.charAt(0).toLowerCase()}${type.slice(1)}(id: "${id}")`,
    flag: 'viewerCanEdit',
    mutation: `update${type}`,
    input: { [`${type.charAt(0).toLowerCase()}${type.slice(1)}Id`]: id, ...fields },
  })
  const workspace = { of: 'workspace', input: {} }
  return [
    edits('Bookshelf', shelf, { name: 'B' }),
    edits('Book', book, { title: 'B' }),
    edits('Block', block, { content: 'B' }),
    edits('Checkpoint', checkpoint, { title: 'B' }),
    edits('CheckpointMarker', marker, { title: 'B' }),
    edits('Media', media, { altText: 'B' }),
    edits('Tag', tag, { color: '#123456' }),
    { ...edits('Block', gone, { content: 'B' }), of: `trashedItem(id: "${gone.id}")` },
    ...[failed, done].map(({ id }) => ({
      ...{ of: `job(id: "${id}")`, flag: 'viewerCanRetry', mutation: 'retryJob', input: { jobId: id } },
    })),
    ...[
      { flag: 'viewerCanRestore', mutation: 'restoreDeletion', id: first.id },
      { flag: 'viewerCanPurge', mutation: 'purgeDeletion', id: second.id },
      // Restored or still in the trash, as the role of the person came to.
      { flag: 'viewerCanRestore', mutation: 'restoreDeletion', id: first.id },
    ].map(({ id, ...button }) => ({ of: `deletion(id: "${id}")`, ...button, input: { deletionId: id } })),
    { ...workspace, flag: 'viewerCanEdit', mutation: 'createBookshelf', input: { name: 'B' } },
    { ...workspace, flag: 'viewerCanPurge', mutation: 'emptyTrash' },
    { ...workspace, flag: 'viewerCanManage', mutation: 'updateWorkspace', input: { name: 'B' } },
    { ...workspace, flag: 'viewerCanTrash', mutation: 'trashWorkspace', input: { confirmName: 'B' } },
  ]
}

const fields = ['Block', 'Book', 'Bookshelf', 'Checkpoint', 'CheckpointMarker', 'Media', 'Tag']
const onItem = fields.map((type) => `... on ${type} { viewerCanEdit }`).join(' ')

async function flagOf(client: Client, { of, flag }: Button): Promise<boolean> {
  const selection = of.startsWith('trashedItem') ? onItem : flag
  const answer = await ask<{ at: Record<string, boolean> | null }>(client, `{ at: ${of} { ${selection} } }`)
  // A deletion that is purged, or restored, is found no more.
  return answer.at?.[flag] ?? false
}

async function succeeds(client: Client, { mutation, input }: Button): Promise<boolean> {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`
  const answer = await client.send(
    `mutation ($input: ${type}) { done: ${mutation}(input: $input) { __typename } }`,
    { input },
  )
  const { errors } = answer
  const data = answer.data as { done: { __typename: string } }
  expect(errors.filter(({ extensions }) => extensions?.code !== 'FORBIDDEN')).toEqual([])
  return errors.length === 0 && /Success$/.test(data.done.__typename)
}

test.each<[Role, TokenScope | undefined, number]>([
  ['OWNER', undefined, 14],
  ['EDITOR', undefined, 9],
  ['VIEWER', undefined, 0],
  ['OWNER', 'ADMIN', 14],
  ['OWNER', 'WRITE', 9],
  ['OWNER', 'READ', 0],
  ['VIEWER', 'ADMIN', 0],
])('a client of role %s and scope %s is offered what then succeeds: %d of 17', async (role, scope, count) => {
  const ctx = await buildCtx(database.db)
  const { client, person } = await buildMember(ctx, 'Ada', role, scope)
  const offered: string[] = []
  const succeeded: string[] = []
  for (const button of await buildButtons(ctx, person.id)) {
    const name = `${button.of} ${button.mutation}`
    if (await flagOf(client, button)) offered.push(name)
    if (await succeeds(client, button)) succeeded.push(name)
  }
  expect(succeeded).toEqual(offered)
  expect(offered).toHaveLength(count)
})

test('the default workspace cannot be trashed, and an operator can trash another one', async () => {
  const { db } = database
  const { workspaceId } = (await buildCtx(db)).actor
  const owner = await buildPerson(db)
  const [{ id }] = [await db.prisma.workspace.findFirstOrThrow({ where: { name: 'Library' } })]
  for (const each of [id, workspaceId]) await makeMember(db, each, owner, 'OWNER')
  const flags = async (at: string) => {
    const { workspaces } = await ask<{ workspaces: { nodes: { id: string }[] } }>(
      api.client({ ...owner.headers, 'x-workspace-id': at }),
      '{ workspaces { nodes { id viewerCanManage viewerCanTrash } } }',
    )
    return workspaces.nodes
  }
  expect(await flags(id)).toEqual([
    { id, viewerCanManage: true, viewerCanTrash: false },
    { id: workspaceId, viewerCanManage: false, viewerCanTrash: true },
  ])
  expect(await flags(workspaceId)).toEqual([
    { id, viewerCanManage: false, viewerCanTrash: false },
    { id: workspaceId, viewerCanManage: true, viewerCanTrash: true },
  ])
})
