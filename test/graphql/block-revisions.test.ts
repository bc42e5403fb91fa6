import { beforeAll, expect, test } from 'vitest'
import { updateBlock } from '../../src/usecases/library/blocks.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBlock, buildBook, succeeded } from '../support/builders.ts'
import { fillLibrary, fillRevisions } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { trash } from '../support/trash/restoring.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)

const made: { workspace?: Workspace; blockId?: string; bookId?: string } = {}

// A block with the texts `1` to `7`, one second after the other.
beforeAll(async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const block = await buildBlock(ctx, { content: '1' })
  for (let text = 2; text <= 7; text += 1) {
    ctx.clock.ms += 1000
    succeeded(await updateBlock(ctx, { blockId: block.id, content: `${text}` }))
  }
  Object.assign(made, { workspace, blockId: block.id, bookId: block.bookId })
})

function here() {
  const { workspace, blockId, bookId } = made
  if (!workspace || !blockId || !bookId) throw new Error('It is there from beforeAll on.')
  return { ...workspace, blockId, bookId }
}

interface Revisions {
  nodes: { number: number; content: string; current: boolean; writtenAt: string }[]
  edges: { cursor: string; node: { number: number } }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  totalCount: number
}

async function revisions(page: string) {
  const { client, blockId } = here()
  const { block } = await ask<{ block: { revision: number; revisions: Revisions } }>(
    client,
    `{ block(id: "${blockId}") { revision revisions${page} {
      nodes { number content current writtenAt writtenBy { id } } edges { cursor node { number } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } } }`,
  )
  return block.revisions
}

test('the texts of a block are listed newest first, with the one it has', async () => {
  const { ctx } = here()
  const { nodes, totalCount } = await revisions('')
  expect(totalCount).toBe(7)
  expect(nodes).toEqual(
    [7, 6, 5, 4, 3, 2, 1].map((number) => ({
      number,
      content: `${number}`,
      current: number === 7,
      writtenAt: new Date(ctx.clock.ms - (7 - number) * 1000).toISOString(),
      writtenBy: { id: 'owner' },
    })),
  )
})

test('pages forwards and backwards give each revision once', async () => {
  const seen: number[] = []
  let page = await revisions('(first: 3)')
  const sizes = [page.nodes.length]
  for (seen.push(...page.nodes.map(({ number }) => number)); page.pageInfo.hasNextPage;) {
    page = await revisions(`(first: 3, after: "${page.pageInfo.endCursor}")`)
    expect(page.pageInfo.hasPreviousPage).toBe(true)
    sizes.push(page.nodes.length)
    seen.push(...page.nodes.map(({ number }) => number))
  }
  expect([seen, sizes]).toEqual([
    [7, 6, 5, 4, 3, 2, 1],
    [3, 3, 1],
  ])
  const last = await revisions('(last: 2)')
  expect(last.nodes.map(({ number }) => number)).toEqual([2, 1])
  const before = await revisions(`(last: 4, before: "${last.pageInfo.startCursor}")`)
  expect(before.nodes.map(({ number }) => number)).toEqual([6, 5, 4, 3])
  expect(before.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
  const between = await revisions(
    `(first: 9, after: "${before.edges[0]?.cursor}", before: "${last.edges[1]?.cursor}")`,
  )
  expect(between.nodes.map(({ number }) => number)).toEqual([5, 4, 3, 2])
  expect((await revisions('(first: 0)')).nodes).toEqual([])
})

test('arguments of a page are checked as in every list', async () => {
  const { client, blockId } = here()
  for (const page of ['first: 101', 'first: -1', 'first: 1 last: 1', 'after: "x"']) {
    const { status, errors } = await client.send(
      `{ block(id: "${blockId}") { revisions(${page}) { totalCount } } }`,
    )
    expect([status, errors[0]?.extensions?.code]).toEqual([400, 'BAD_USER_INPUT'])
  }
})

const compared = 'from { number } to { number current } parts { change text }'

test('two revisions are read and compared', async () => {
  const { ctx, client } = await api.workspace()
  const { id } = await buildBlock(ctx, { content: 'The quick fox. 今天去图书馆。' })
  succeeded(await updateBlock(ctx, { blockId: id, content: 'The slow fox. 昨天去图书馆。' }))
  const data = await ask(
    client,
    `{ old: blockRevision(blockId: "${id}", number: 1) { number content current }
       now: blockRevision(blockId: "${id}", number: 2) { number content current }
       none: blockRevision(blockId: "${id}", number: 3) { number }
       compareBlockRevisions(blockId: "${id}", from: 1, to: 2) { ${compared} }
       back: compareBlockRevisions(blockId: "${id}", from: 2, to: 1) { from { number } to { number } }
       same: compareBlockRevisions(blockId: "${id}", from: 2, to: 2) { parts { change text } }
       half: compareBlockRevisions(blockId: "${id}", from: 2, to: 3) { parts { text } } }`,
  )
  expect(data).toEqual({
    old: { number: 1, content: 'The quick fox. 今天去图书馆。', current: false },
    now: { number: 2, content: 'The slow fox. 昨天去图书馆。', current: true },
    none: null,
    compareBlockRevisions: {
      from: { number: 1 },
      to: { number: 2, current: true },
      parts: [
        { change: 'EQUAL', text: 'The ' },
        { change: 'DELETED', text: 'quick' },
        { change: 'INSERTED', text: 'slow' },
        { change: 'EQUAL', text: ' fox. ' },
        { change: 'DELETED', text: '今天' },
        { change: 'INSERTED', text: '昨天' },
        { change: 'EQUAL', text: '去图书馆。' },
      ],
    },
    back: { from: { number: 2 }, to: { number: 1 } },
    same: { parts: [{ change: 'EQUAL', text: 'The slow fox. 昨天去图书馆。' }] },
    half: null,
  })
})

const restoreDocument = `mutation ($input: RestoreBlockRevisionInput!) { restoreBlockRevision(input: $input) {
  __typename ... on Failure { message } ... on NotFound { entity id } ... on InvalidInput { issues { path } } ... on VersionConflict { current { id } }
  ... on RestoreBlockRevisionSuccess { block { content version revision revisions(first: 2) { totalCount nodes { number content } } } } } }`

test('a restored revision is a new one; what is not there is told', async () => {
  const { ctx, client } = await api.workspace()
  const { id: blockId } = await buildBlock(ctx, { content: 'one' })
  succeeded(await updateBlock(ctx, { blockId, content: 'two' }))
  const send = async (input: object) =>
    (await ask<{ restoreBlockRevision: object }>(client, restoreDocument, { input: { blockId, ...input } }))
      .restoreBlockRevision
  expect(await send({ number: 1, expectedVersion: 1 })).toMatchObject({
    __typename: 'VersionConflict',
    current: { id: blockId },
  })
  expect(await send({ number: 9 })).toEqual({
    __typename: 'InvalidInput',
    message: 'number: The block has no revision 9, or no longer keeps it. Choose one of its `revisions`.',
    issues: [{ path: 'number' }],
  })
  expect(await send({ number: 1, expectedVersion: 2 })).toEqual({
    __typename: 'RestoreBlockRevisionSuccess',
    block: {
      content: 'one',
      version: 3,
      revision: 3,
      revisions: {
        totalCount: 3,
        nodes: [
          { number: 3, content: 'one' },
          { number: 2, content: 'two' },
        ],
      },
    },
  })
})

test("another workspace's revisions are not there", async () => {
  const { blockId } = here()
  const { client } = await api.workspace()
  const query = `{ block(id: "${blockId}") { id } blockRevision(blockId: "${blockId}", number: 1) { content }
    compareBlockRevisions(blockId: "${blockId}", from: 1, to: 2) { parts { text } }
    odd: blockRevision(blockId: "no id", number: 1) { content } }`
  expect(await ask(client, query)).toEqual({
    block: null,
    blockRevision: null,
    compareBlockRevisions: null,
    odd: null,
  })
  const input = { blockId, number: 1 }
  expect(await ask(client, restoreDocument, { input })).toMatchObject({
    restoreBlockRevision: { __typename: 'NotFound', entity: 'Block', id: blockId },
  })
})

test('the revisions of a block in the trash are read where the block is', async () => {
  const { ctx, client } = await api.workspace()
  const book = await buildBook(ctx)
  const block = await buildBlock(ctx, { bookId: book.id, content: 'one' })
  succeeded(await updateBlock(ctx, { blockId: block.id, content: 'two' }))
  const deletion = await trash(ctx, 'BLOCK', block)
  const data = await ask(
    client,
    `{ deletion(id: "${deletion.id}") { item { ... on Block { revisions { totalCount nodes { number content current } } } } }
       blockRevision(blockId: "${block.id}", number: 1) { content }
       current: blockRevision(blockId: "${block.id}", number: 2) { content } }`,
  )
  expect(data).toEqual({
    deletion: {
      item: {
        revisions: {
          totalCount: 2,
          nodes: [
            { number: 2, content: 'two', current: true },
            { number: 1, content: 'one', current: false },
          ],
        },
      },
    },
    blockRevision: null,
    current: null,
  })
})

test('the revisions of many blocks take one statement and one for their counts, however many there are', async () => {
  const sent: string[][] = []
  for (const [size, each] of [
    [{ shelves: 1, books: 2, blocks: 2, images: 0 }, 3],
    [{ shelves: 1, books: 10, blocks: 20, images: 0 }, 30],
  ] as const) {
    const { ctx, client } = await api.workspace()
    const { workspaceId } = ctx.actor
    await fillLibrary(database.db.pool, workspaceId, size)
    await fillRevisions(database.db.pool, workspaceId, each)
    interface Books {
      books: { nodes: { blocks: { nodes: { revisions: Revisions }[] } }[] }
    }
    const query = `{ books { nodes { blocks { nodes { revisions(first: 5) { totalCount nodes { number content } } } } } } }`
    const statements = await statementsOf(async () => {
      const { books } = await ask<Books>(client, query)
      const lists = books.nodes.flatMap(({ blocks }) => blocks.nodes.map(({ revisions }) => revisions))
      expect(lists).toHaveLength(size.books * size.blocks)
      for (const { nodes, totalCount } of lists) {
        expect(totalCount).toBe(each + 1)
        const first = Array.from({ length: Math.min(5, each + 1) }, (_, index) => each + 1 - index)
        expect(nodes.map(({ number }) => number)).toEqual(first)
      }
    })
    sent.push(statements.map(({ text }) => text))
  }
  expect(sent[1]).toEqual(sent[0])
  expect(sent[0]?.filter((text) => text.includes('block_revisions'))).toHaveLength(2)
})

test('several revisions and comparisons take one statement', async () => {
  const { client, blockId } = here()
  const fields = Array.from({ length: 6 }, (_, index) => {
    const [from, to] = [index + 1, index + 2]
    return `r${from}: blockRevision(blockId: "${blockId}", number: ${from}) { content }
      c${from}: compareBlockRevisions(blockId: "${blockId}", from: ${from}, to: ${to}) { from { number } }`
  })
  const statements = await statementsOf(() => ask(client, `{ ${fields.join(' ')} }`))
  expect(statements.filter(({ text }) => text.includes('block_revisions'))).toHaveLength(1)
})

test('texts are only read when they are asked for', async () => {
  const { client, bookId } = here()
  const sent = await statementsOf(() =>
    ask(client, `{ book(id: "${bookId}") { blocks { nodes { revisions { nodes { number } } } } } }`),
  )
  const [statement] = sent.filter(({ text }) => text.includes('block_revisions'))
  expect(statement?.text).not.toMatch(/\bcontent as content/)
})

test('comparisons cost so much that no operation can have many', async () => {
  const { client, blockId } = here()
  const many = Array.from(
    { length: 12 },
    (_, index) =>
      `c${index}: compareBlockRevisions(blockId: "${blockId}", from: 1, to: 2) { parts { text } }`,
  )
  const { status, errors } = await client.send(`{ ${many.join(' ')} }`)
  expect([status, errors[0]?.extensions?.code]).toEqual([400, 'QUERY_TOO_COMPLEX'])
})
