import { beforeAll, expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildTag, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { sortKeyOf } from '../support/sort-keys.ts'
import { fillTags } from '../support/tags/tagged-library.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; topId?: string } = {}

interface Connection {
  edges: { cursor: string; node: { id: string } }[]
  nodes: { id: string; name: string }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  totalCount: number
}

// 120 tags at the top, of which the first 20 have 6 tags below each, and those 6 again. Many uses and times are equal.
beforeAll(async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const { workspaceId } = ctx.actor
  const { pool, prisma } = database.db
  await fillTags(pool, workspaceId, { tags: 360, top: 120, below: 6 })
  const number = 'get_byte(uuid_send(id), 3)'
  await pool.query(
    `update tags set name = '标签 ' || ${number} * 37 % 256 || name, name_key = '标签 ' || ${number} * 37 % 256 || name_key,
       sort_key = ${sortKeyOf(`'标签 ' || ${number} * 37 % 256 || name`)},
       bookshelf_count = ${number} % 7, usage_count = ${number} % 7,
       updated_at = date_trunc('second', now()) - (${number} % 3) * interval '1 s'
     where workspace_id = $1`,
    [workspaceId],
  )
  const ofTag = { where: { workspaceId, parentId: null }, orderBy: { id: 'asc' } } as const
  const tops = await prisma.tag.findMany(ofTag)
  const unused = await prisma.tag.findMany({ where: { workspaceId, usageCount: 0 }, take: 5 })
  const gone = [...tops.slice(3, 6), ...tops.slice(-2), ...unused]
  for (const { id } of gone) await trashItem(ctx, { kind: 'TAG', id })
  Object.assign(opened, { workspace, topId: tops[0]?.id })
})

function here() {
  const { workspace, topId } = opened
  if (!workspace || topId === undefined) throw new Error('It is there from beforeAll on.')
  return { ...workspace, topId, workspaceId: workspace.ctx.actor.workspaceId }
}

/** The ids that a statement gives, in its order. */
async function idsBy(rest: string, values: readonly unknown[] = []) {
  const text = `select id from tags where workspace_id = $1 and deletion_id is null and ${rest}`
  const { rows } = await database.db.pool.query<{ id: string }>(text, [here().workspaceId, ...values])
  return rows.map(({ id }) => id)
}

const connection = `{ edges { cursor node { id } } nodes { id name } totalCount
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`

const orders = { NAME: 'sort_key', USAGE_COUNT: 'usage_count', CREATED_AT: 'id', UPDATED_AT: 'updated_at' }

type List = [what: string, field: string, sql: string]
const lists: List[] = [
  ['tags', 'list: tags(PAGE)', 'true order by sort_key, id'],
  ...Object.entries(orders).flatMap(([field, column]) =>
    ['ASC', 'DESC'].map((way): List => [
      `tags by ${field} ${way}`,
      `list: tags(PAGE orderBy: { field: ${field}, direction: ${way} })`,
      `true order by ${column} ${way}, id ${way}`,
    ]),
  ),
  [
    'top-level tags',
    'list: tags(where: { topLevel: true }, PAGE)',
    'parent_id is null order by sort_key, id',
  ],
  [
    'the children of a tag',
    'tag(id: "TOP") { list: children(PAGE) }',
    'parent_id = $2 order by sort_key, id',
  ],
  [
    'tags below a tag by use',
    'list: tags(PAGE where: { parentId: "TOP" } orderBy: { field: USAGE_COUNT, direction: DESC })',
    'parent_id = $2 order by usage_count desc, id desc',
  ],
]

async function page(field: string, args: string): Promise<Connection> {
  const text = field
    .replace('TOP', here().topId)
    .replace(/(?:PAGE)(.*?\))( })?$/, `${args}$1 ${connection}$2`)
  const data = await ask<{ list?: Connection; tag: { list: Connection } }>(here().client, `{ ${text} }`)
  return data.list ?? data.tag.list
}

const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id)

test.each(lists)(
  '%s: all pages forward and backward give each tag once, in order',
  async (_what, field, sql) => {
    const expected = await idsBy(sql.replace('$2', `'${here().topId}'`))
    expect(expected.length).toBeGreaterThan(5)
    const [forward, backward]: string[][] = [[], []]
    const size = expected.length > 6 ? 40 : 4
    for (let after = ''; ;) {
      const { edges, nodes, pageInfo, totalCount } = await page(field, `first: ${size}${after}`)
      expect(totalCount).toBe(expected.length)
      expect(ids(edges.map(({ node }) => node))).toEqual(ids(nodes))
      expect(pageInfo.hasPreviousPage).toBe(after !== '')
      forward?.push(...ids(nodes))
      if (!pageInfo.hasNextPage) break
      after = ` after: "${edges.at(-1)?.cursor}"`
    }
    for (let before = ''; ;) {
      const { edges, nodes, pageInfo } = await page(field, `last: ${size}${before}`)
      expect(pageInfo.hasNextPage).toBe(before !== '')
      backward?.unshift(...ids(nodes))
      if (!pageInfo.hasPreviousPage) break
      before = ` before: "${edges.at(0)?.cursor}"`
    }
    expect(forward).toEqual(expected)
    expect(backward).toEqual(expected)
  },
)

test.each(lists)('%s: what lies between two cursors is between them', async (_what, field) => {
  const { edges } = await page(field, 'first: 6')
  const bounds = `after: "${edges[0]?.cursor}" before: "${edges[4]?.cursor}"`
  const between = ids(edges.slice(1, 4).map(({ node }) => node))
  expect(ids((await page(field, `first: 10 ${bounds}`)).nodes)).toEqual(between)
  expect(ids((await page(field, `last: 2 ${bounds}`)).nodes)).toEqual(between.slice(1))
})

test('a page is 5 below a tag and 20 of all tags, unless it is said', async () => {
  const sizes = []
  for (const field of [`tag(id: "${here().topId}") { list: children`, 'list: tags']) {
    const data = await ask<{ list?: Connection; tag: { list: Connection } }>(
      here().client,
      `{ ${field} { nodes { id } } ${field.includes('{') ? '}' : ''} }`,
    )
    sizes.push((data.list ?? data.tag.list).nodes.length)
  }
  expect(sizes).toEqual([5, 20])
})

test('the menu has the 30 most used tags, without those that are unused or trashed', async () => {
  const { client, ctx } = here()
  const menu = async (asking = client) =>
    (await ask<{ tagMenu: { id: string; usageCount: number }[] }>(asking, '{ tagMenu { id usageCount } }'))
      .tagMenu
  const found = await menu()
  expect(found).toHaveLength(30)
  expect(ids(found)).toEqual(await idsBy('usage_count > 0 order by usage_count desc, id desc limit 30'))
  const [first] = found
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'TAG', id: first?.id ?? '' }))
  expect(ids(await menu())).not.toContain(first?.id)
  expect(deletion.itemId).toBe(first?.id)

  const other = await api.workspace()
  const [used] = [await buildTag(other.ctx), await buildTag(other.ctx)]
  expect(await menu(other.client)).toEqual([])
  await database.db.pool.query('update tags set book_count = 1, usage_count = 1 where id = $1', [used.id])
  expect(await menu(other.client)).toEqual([{ id: used.id, usageCount: 1 }])
})

interface Node {
  id: string
  level: number
  hasChildren: boolean
  children: { totalCount: number; nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
}

test('the tree shows of each tag whether there are tags below it, and the first 5 of them', async () => {
  const tree = `id level hasChildren children { totalCount pageInfo { hasNextPage endCursor }
    nodes { id level hasChildren children { totalCount nodes { id level hasChildren } } } }`
  const data = await ask<{ topLevelTags: { nodes: Node[] } }>(
    here().client,
    `{ topLevelTags: tags(where: { topLevel: true }, first: 100) { nodes { ${tree} } } }`,
  )
  const shown = data.topLevelTags.nodes
  expect(shown).toHaveLength(100)
  const below = new Map<string, string[]>()
  const { rows } = await database.db.pool.query<{ id: string; parent_id: string }>(
    `select id, parent_id from tags where workspace_id = $1 and deletion_id is null and parent_id is not null
     order by sort_key, id`,
    [here().workspaceId],
  )
  for (const row of rows) below.set(row.parent_id, [...(below.get(row.parent_id) ?? []), row.id])
  expect(new Set(shown.map(({ hasChildren }) => hasChildren))).toEqual(new Set([true, false]))
  for (const tag of shown) {
    const children = below.get(tag.id) ?? []
    expect(tag).toMatchObject({ level: 0, hasChildren: children.length > 0 })
    expect(tag.children.totalCount).toBe(children.length)
    expect(ids(tag.children.nodes)).toEqual(children.slice(0, 5))
    expect(tag.children.pageInfo.hasNextPage).toBe(children.length > 5)
    for (const child of tag.children.nodes) {
      const leaves = below.get(child.id) ?? []
      expect(child).toMatchObject({ level: 1, hasChildren: leaves.length > 0 })
      expect(ids(child.children.nodes)).toEqual(leaves.slice(0, 5))
    }
  }
})

test.each([
  ['标签 1Tag', []],
  ['ＰＹ 基础', ['Py 基础', 'PY  基础']],
  [' py   基础 ', ['Py 基础', 'PY  基础']],
  ['', []],
  ['a\0b', []],
  ['\ud800', []],
  ['x'.repeat(100_000), []],
])('the name %j finds the tags that have exactly it, ignoring case and width', async (name, names) => {
  const { ctx, client } = await api.workspace()
  const top = await buildTag(ctx, { name: 'Py 基础' })
  await buildTag(ctx, { name: 'PY  基础', parentId: top.id })
  await buildTag(ctx, { name: 'Py 基础 2' })
  const query = 'query ($name: String) { tags(where: { name: $name }) { nodes { name } totalCount } }'
  const expected = { nodes: names.map((one) => ({ name: one })), totalCount: names.length }
  expect(await ask(client, query, { name })).toEqual({ tags: expected })
})

test.each([
  ['parentId: "nonsense"', 'false'],
  ['parentId: null, name: null, updatedSince: null', 'true'],
  ['updatedSince: "9999-01-01T00:00:00Z"', 'false'],
  ['updatedSince: "2000-01-01T00:00:00Z"', 'true'],
  ['parentId: "TOP", updatedSince: "2000-01-01T00:00:00Z"', "parent_id = 'TOP'"],
  ['parentId: "TOP", name: "标签 1"', 'false'],
])('the conditions %s must all hold', async (where, sql) => {
  const { topId } = here()
  const found = await page(`list: tags(PAGE where: { ${where} })`, 'first: 100')
  const expected = await idsBy(`${sql.replace('TOP', topId)} order by sort_key, id`)
  expect(ids(found.nodes)).toEqual(expected.slice(0, 100))
  expect(found.totalCount).toBe(expected.length)
})

test('the way up is from the top down, and a tag in the trash is found by its deletion only', async () => {
  const { ctx, client } = await api.workspace()
  const top = await buildTag(ctx, { name: 'Top' })
  const middle = await buildTag(ctx, { name: 'Middle', parentId: top.id })
  const bottom = await buildTag(ctx, { name: 'Bottom', parentId: middle.id })
  const find = async (id: string) =>
    ask(
      client,
      `{ tag(id: "${id}") { ancestors { name ancestors { name } } parent { name } }
         node(id: "${id}") { __typename id } nodes(ids: ["${id}"]) { ... on Tag { name } } }`,
    )
  expect(await find(bottom.id)).toEqual({
    tag: {
      ancestors: [
        { name: 'Top', ancestors: [] },
        { name: 'Middle', ancestors: [{ name: 'Top' }] },
      ],
      parent: { name: 'Middle' },
    },
    node: { __typename: 'Tag', id: bottom.id },
    nodes: [{ name: 'Bottom' }],
  })

  const { deletion } = succeeded(await trashItem(ctx, { kind: 'TAG', id: middle.id, reason: 'Why' }))
  expect(await find(bottom.id)).toEqual({ tag: null, node: null, nodes: [null] })
  const from = { parent: { __typename: 'Tag', id: top.id }, path: ['Top'] }
  const fields = 'reason expired deletedFrom { parent { __typename id } path }'
  expect(
    await ask(
      client,
      `{ deletion(id: "${deletion.id}") { itemCount ${fields} item { __typename id
         ... on Tag { name hasChildren children { totalCount } parent { name } trash { ${fields} deletion { id } } } } }
         trash(where: { types: [TAG] }) { totalCount nodes { id } } other: trash(where: { types: [BOOK] }) { totalCount } }`,
    ),
  ).toEqual({
    deletion: {
      itemCount: 2,
      reason: 'Why',
      expired: false,
      deletedFrom: from,
      item: {
        __typename: 'Tag',
        id: middle.id,
        name: 'Middle',
        hasChildren: false,
        children: { totalCount: 0 },
        parent: { name: 'Top' },
        trash: { reason: 'Why', expired: false, deletedFrom: from, deletion: { id: deletion.id } },
      },
    },
    trash: { totalCount: 1, nodes: [{ id: deletion.id }] },
    other: { totalCount: 0 },
  })
})
