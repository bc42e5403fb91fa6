import { expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi } from '../support/api.ts'
import { buildBlock, buildShelf, buildPicture, buildTag, imagesOf, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database)

/** The fragments of a list of several types: each shows one of them. */
const pieces = `... on Bookshelf { color } ... on Tag { color } ... on Book { status bookStatus }
  ... on Block { kind blockKind } ... on Media { kind mediaKind } ... on Job { kind jobKind status jobStatus }`

test('one query shows things of every type by the fields that they have in common', async () => {
  const { ctx, client } = await api.workspace()
  const shelf = await buildShelf(ctx, { name: 'Kitchen' })
  const tag = await buildTag(ctx, { name: 'Kitchen', color: '#00ff00' })
  const block = await buildBlock(ctx, { kind: 'CODE' })
  const { media } = await buildPicture(ctx, imagesOf(block.id))
  const shown = {
    [shelf.id]: { color: null },
    [tag.id]: { color: '#00ff00' },
    [block.bookId]: { status: 'DRAFT', bookStatus: 'DRAFT' },
    [block.id]: { kind: 'CODE', blockKind: 'CODE' },
    [media.id]: { kind: 'BLOCK_IMAGE', mediaKind: 'BLOCK_IMAGE' },
  }

  const ids = Object.keys(shown)
  const { nodes } = await ask<{ nodes: object[] }>(
    client,
    `query ($ids: [ID!]!) { nodes(ids: $ids) { ${pieces} } }`,
    { ids },
  )
  expect(nodes).toEqual(Object.values(shown))

  const { search } = await ask<{ search: { nodes: { item: { id: string } }[] } }>(
    client,
    '{ search(query: "kitchen") { nodes { item { ... on Node { id } ... on Bookshelf { color } ... on Tag { color } } } } }',
  )
  expect(search.nodes.map(({ item }) => item).sort((a, b) => a.id.localeCompare(b.id))).toEqual([
    { id: shelf.id, ...shown[shelf.id] },
    { id: tag.id, ...shown[tag.id] },
  ])

  for (const [kind, id] of [
    ['TAG', tag.id],
    ['BLOCK', block.id],
    ['BOOKSHELF', shelf.id],
  ] as const)
    succeeded(await trashItem(ctx, { kind, id }))
  const inTrash = pieces.replace('... on Job { kind jobKind status jobStatus }', '')
  const { trash } = await ask<{ trash: { nodes: { item: object; members: { nodes: object[] } }[] } }>(
    client,
    `{ trash { nodes { item { ${inTrash} } members { nodes { ${inTrash} } } } } }`,
  )
  expect(trash.nodes).toEqual([
    { item: shown[shelf.id], members: { nodes: [shown[shelf.id]] } },
    { item: shown[block.id], members: { nodes: [shown[block.id], shown[media.id]] } },
    { item: shown[tag.id], members: { nodes: [shown[tag.id]] } },
  ])
})

test('a garbage collection that stopped says why, beside other failures with a reason of their own', async () => {
  const { ctx, client } = await api.workspace()
  const asked = await ask<{ collectGarbage: { job: { id: string } } }>(
    client,
    'mutation { collectGarbage(input: {}) { ... on CollectGarbageSuccess { job { id } } } }',
  )
  const { id } = asked.collectGarbage.job
  const { workspaceId } = ctx.actor
  const safetyLimit = { reason: 'TOO_MUCH', message: 'Too much.', objectCount: 3, bytes: { bigint: '30' } }
  await ctx.db.prisma.job.update({
    where: { workspaceId_id: { workspaceId, id } },
    data: { status: 'DONE', result: { safetyLimit } },
  })
  const { nodes } = await ask<{ nodes: object[] }>(
    client,
    `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Job { jobKind kind jobStatus status
       result { ... on GarbageCollectionReport { safetyLimit { ... on Failure {
         ... on GarbageCollectionSafetyLimitExceeded { safetyLimitReason bytes } ... on RestoreConflict { reason } } } } } } } }`,
    { ids: [id] },
  )
  expect(nodes).toEqual([
    {
      ...{ jobKind: 'COLLECT_GARBAGE', kind: 'COLLECT_GARBAGE', jobStatus: 'DONE', status: 'DONE' },
      result: { safetyLimit: { safetyLimitReason: 'TOO_MUCH', bytes: '30' } },
    },
  ])
})
