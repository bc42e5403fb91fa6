import { beforeAll, expect, test } from 'vitest'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBlock, buildTag, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { rowsOfWorkspace } from '../support/state.ts'
import { mutate } from '../support/tags/tagged-library.ts'

const database = useDatabase()
const api = useApi(database)

/** A workspace with a tag on a block, one below it and one in the trash. */
async function tagged() {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const [tag, block] = [await buildTag(ctx, { name: 'Same' }), await buildBlock(ctx)]
  const child = await buildTag(ctx, { name: 'Child', parentId: tag.id })
  const { item: gone, deletion } = succeeded(
    await trashItem(ctx, { kind: 'TAG', id: (await buildTag(ctx, { name: 'Gone' })).id }),
  )
  succeeded(await attachTags(ctx, { tagIds: [tag.id, child.id], entityIds: [block.id, block.bookId] }))
  return { ...workspace, tag, child, gone, block, deletion }
}
type Tagged = Awaited<ReturnType<typeof tagged>>
const opened: { ours?: Tagged; theirs?: Tagged } = {}
beforeAll(async () => {
  Object.assign(opened, { ours: await tagged(), theirs: await tagged() })
})

function here() {
  const { ours, theirs } = opened
  if (!ours || !theirs) throw new Error('They are there from beforeAll on.')
  return { ours, theirs }
}

/** Everything a workspace holds of tags. */
async function stateOf({ ctx }: Workspace) {
  const { workspaceId } = ctx.actor
  const rows: unknown[] = [await rowsOfWorkspace(ctx.db, workspaceId)]
  for (const table of ['tags', 'tag_associations', 'tag_aliases', 'tag_merges']) {
    const text = `select * from ${table} where workspace_id = $1 order by to_jsonb(${table})::text`
    rows.push((await ctx.db.pool.query(text, [workspaceId])).rows)
  }
  return rows
}

test('no query gives a tag of another workspace, whatever id it is asked by', async () => {
  const { ours, theirs } = here()
  const [tag, page] = [theirs.tag.id, '{ totalCount nodes { id } }']
  const none = { totalCount: 0, nodes: [] }
  const lists = ['bookshelves', 'books', 'blocks']
  const filtered = lists.flatMap((list) =>
    ['any', 'all'].flatMap((field) =>
      [false, true].map(
        (below) =>
          `${list}_${field}_${below}: ${list}(where: { tags: { ${field}: ["${tag}"], includeDescendants: ${below} } }) ${page}`,
      ),
    ),
  )
  const data = await ask<Record<string, unknown>>(
    ours.client,
    `{ tag(id: "${tag}") { id } node(id: "${tag}") { id } nodes(ids: ["${tag}", "${theirs.gone.id}"]) { id }
       tags(where: { parentId: "${tag}" }) ${page} deletion(id: "${theirs.deletion.id}") { id } ${filtered.join(' ')} }`,
  )
  const { tag: one, node, nodes, deletion, ...pages } = data
  expect([one, node, nodes, deletion]).toEqual([null, null, [null, null], null])
  expect(Object.values(pages)).toHaveLength(13)
  expect(new Set(Object.values(pages).map((found) => JSON.stringify(found)))).toEqual(
    new Set([JSON.stringify(none)]),
  )
})

test('lists, the menu and counts are those of the own workspace', async () => {
  const { ours, theirs } = here()
  const counts =
    'usageCount subtreeUsage { total } entities(includeDescendants: true) { totalCount nodes { id } }'
  const read = (client: Workspace['client']) =>
    ask<object>(
      client,
      `{ tagMenu { id } topLevelTags: tags(where: { topLevel: true }) { totalCount nodes { id ${counts} children { totalCount nodes { id } } } }
         tags(where: { name: "same" }) { totalCount nodes { id } } trash(where: { types: [TAG] }) { nodes { item { id } } }
         blocks(where: { tags: { none: ["${theirs.tag.id}"] } }) { totalCount nodes { id tags { id } } } }`,
    )
  const { tag, child, gone, block } = ours
  const answer = await read(ours.client)
  expect(answer).toMatchObject({
    tagMenu: [{ id: child.id }, { id: tag.id }],
    topLevelTags: {
      totalCount: 1,
      nodes: [
        {
          id: tag.id,
          usageCount: 2,
          subtreeUsage: { total: 4 },
          entities: { totalCount: 2, nodes: expect.any(Array) as unknown },
          children: { totalCount: 1, nodes: [{ id: child.id }] },
        },
      ],
    },
    tags: { totalCount: 1, nodes: [{ id: tag.id }] },
    trash: { nodes: [{ item: { id: gone.id } }] },
    blocks: { totalCount: 1, nodes: [{ id: block.id, tags: [{ id: child.id }, { id: tag.id }] }] },
  })
  const foreign = [theirs.tag.id, theirs.child.id, theirs.block.id, theirs.block.bookId]
  expect(foreign.filter((id) => JSON.stringify(answer).includes(id))).toEqual([])
})

test('no mutation takes an id of another workspace, and neither workspace is changed', async () => {
  const { ours, theirs } = here()
  const before = [await stateOf(ours), await stateOf(theirs)]
  const [own, foreign] = [ours.tag.id, theirs.tag.id]
  type Call = [name: string, input: Record<string, unknown>]
  const calls: Call[] = [
    ['createTag', { name: 'x', parentId: foreign }],
    ['updateTag', { tagId: foreign, name: 'x' }],
    ['moveTag', { tagId: foreign, topLevel: true }],
    ['moveTag', { tagId: own, parentId: foreign }],
    ['mergeTags', { sourceTagId: foreign, targetTagId: own }],
    ['mergeTags', { sourceTagId: own, targetTagId: foreign }],
    ['addTagAlias', { tagId: foreign, name: 'x' }],
    ['removeTagAlias', { tagId: foreign, name: 'x' }],
    ['trashItem', { itemId: foreign }],
    ...['attachTags', 'detachTags'].flatMap((name): Call[] => [
      [name, { tagIds: [own, foreign], entityIds: [ours.block.id] }],
      [name, { tagIds: [own], entityIds: [ours.block.id, theirs.block.id] }],
      [name, { tagIds: [foreign], entityIds: [theirs.block.id] }],
    ]),
  ]
  for (const [name, input] of calls) {
    const answer = await mutate(ours.client, name, input)
    expect({ name, input, typename: answer.__typename }).toEqual({ name, input, typename: 'NotFound' })
  }
  const restore = (deletionId: string, target: string) =>
    ask<{ restoreDeletion: { __typename: string } }>(
      ours.client,
      `mutation { restoreDeletion(input: { deletionId: "${deletionId}" ${target} }) { __typename } }`,
    )
  const targets = [
    [theirs.deletion.id, ''],
    [ours.deletion.id, `target: { parentId: "${foreign}" }`],
  ] as const
  for (const [deletionId, target] of targets)
    expect(await restore(deletionId, target)).toEqual({ restoreDeletion: { __typename: 'NotFound' } })
  expect([await stateOf(ours), await stateOf(theirs)]).toEqual(before)
})

test('two workspaces can have a tag of one name, and cursors of one show nothing of it in the other', async () => {
  const { ours, theirs } = here()
  interface Page {
    tags: { pageInfo: { endCursor: string }; nodes: { id: string }[] }
  }
  for (const field of ['NAME', 'USAGE_COUNT', 'CREATED_AT', 'UPDATED_AT']) {
    const query = `query ($after: String) { tags(first: 1, after: $after, orderBy: { field: ${field} }) {
      pageInfo { endCursor } nodes { id } } }`
    const { tags } = await ask<Page>(theirs.client, query)
    const shown = await ask<Page>(ours.client, query, { after: tags.pageInfo.endCursor })
    const known = [ours.tag.id, ours.child.id]
    expect(shown.tags.nodes.filter(({ id }) => !known.includes(id))).toEqual([])
  }
})
