import { beforeAll, expect, test } from 'vitest'
import { mediaPage } from '../../src/db/media/media-lists.ts'
import { chosenOrder } from '../../src/db/orders.ts'
import { soughtPart } from '../../src/domain/library-search.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { bulkId } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { fillMedia } from '../support/media/filled-media.ts'
import { costOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; blockId?: string } = {}

/** Set it to measure, e.g. WORDLOOM_PLAN_MEDIA=1000000. */
const count = Number(process.env['WORDLOOM_PLAN_MEDIA'] ?? 100_000)

beforeAll(async () => {
  const workspace = await api.workspace()
  const { workspaceId } = workspace.ctx.actor
  await fillMedia(database.db.pool, workspaceId, count)
  const { rows } = await database.db.pool.query<{ id: string }>(`select ${bulkId(3, '7')} as id`, [
    workspaceId,
  ])
  Object.assign(opened, { workspace, blockId: rows[0]?.id })
}, 1_800_000)

interface List {
  readonly mediaItems: {
    readonly nodes: { readonly fileName: string }[]
    readonly pageInfo: { readonly endCursor: string }
  }
}

async function list(args: string) {
  const { workspace, blockId = '' } = opened
  if (!workspace) throw new Error('It is there from beforeAll on.')
  const query = `{ mediaItems${args.replaceAll('A_BLOCK', blockId)} { nodes { fileName } pageInfo { endCursor } } }`
  const answer: { list?: List } = {}
  const statements = await statementsOf(async () => {
    answer.list = await ask<List>(workspace.client, query)
  })
  const costs: Awaited<ReturnType<typeof costOf>>[] = []
  for (const statement of statements) costs.push(await costOf(database.db.pool, statement))
  const sum = (part: 'pages' | 'milliseconds') => costs.reduce((all, cost) => all + cost[part], 0)
  if (process.env['WORDLOOM_PLAN_MEDIA'])
    console.log(`${args} | ${statements.length} | ${sum('pages')} | ${sum('milliseconds').toFixed(1)}`)
  return { found: answer.list?.mediaItems, pages: sum('pages'), scans: costs.flatMap(({ scans }) => scans) }
}

/** A list reads few pages, however many media there are: an index entry, a row and a blob for each one it shows. */
async function expectCheap(args: string, pages: number) {
  const read = await list(args)
  expect(read.scans).toEqual([])
  expect(read.pages).toBeLessThan(pages)
  return read.found
}

const orders = ['CREATED_AT', 'FILE_NAME', 'SIZE'].flatMap((field) =>
  ['ASC', 'DESC'].map((way) => `orderBy: { field: ${field}, direction: ${way} }`),
)

test.each(orders)('the pages of %s begin at an index entry', async (order) => {
  const first = await expectCheap(`(first: 100 ${order})`, 1_000)
  const cursor = first?.pageInfo.endCursor ?? ''
  await expectCheap(`(first: 100 ${order} after: "${cursor}")`, 1_000)
  await expectCheap(`(last: 100 ${order})`, 1_000)
})

test.each([
  ['{ roles: [ATTACHMENT] }', 1_000],
  ['{ kinds: [BLOCK_VIDEO, MARKER_IMAGE] }', 3_000],
  ['{ kinds: [BOOK_COVER] }', 1_000],
  ['{ ownerTypes: [CHECKPOINT_MARKER] }', 1_000],
  ['{ ownerId: "A_BLOCK" }', 1_000],
  ['{ mimeTypes: ["image/avif"] }', 1_000],
  ['{ mimeTypes: ["video/*"] }', 3_000],
  ['{ mimeTypes: ["image/*"] }', 1_000],
  ['{ mimeTypes: ["application/pdf"] }', 1_000],
  ['{ categories: ["rare"] }', 1_000],
  ['{ categories: ["rare", "none"] }', 1_000],
  ['{ categories: ["poster", "upload"] }', 1_000],
  ['{ createdBy: "ada" }', 1_000],
  ['{ createdBy: "owner" }', 1_000],
  ['{ createdBy: "nobody" }', 1_000],
  ['{ createdBefore: "2026-01-01T00:01:00Z" }', 1_000],
  ['{ createdSince: "2026-01-01T00:00:00Z" }', 1_000],
  ['{ largerThanBytes: "5000900" }', 1_000],
  ['{ smallerThanBytes: "1100" }', 1_000],
  ['{ unusedElsewhere: true }', 1_000],
  ['{ unusedElsewhere: false }', 6_000],
  ['{ text: "ugspitz" }', 30_000],
  ['{ text: "jpg" }', 12_000],
  ['{ text: "边" }', 12_000],
  ['{ text: "nobody" }', 30_000],
  ['{ text: "lake", categories: ["rare"] }', 3_000],
])('%s is found by an index', async (where, pages) => {
  await expectCheap(`(first: 50 where: ${where})`, pages)
})

test('a rare filter in another order sorts the few that it finds', async () => {
  await expectCheap('(where: { categories: ["rare"] } orderBy: { field: SIZE })', 1_000)
  await expectCheap('(where: { mimeTypes: ["image/avif"] } orderBy: { field: FILE_NAME })', 1_000)
  await expectCheap('(where: { createdBy: "ada" } orderBy: { field: FILE_NAME })', 1_000)
})

test('a text is found by its terms, also where it is at the far end of the list', async () => {
  const rare = await list('(where: { text: "ugspitz" } orderBy: { field: FILE_NAME })')
  expect(rare.found?.nodes).toHaveLength(Math.min(20, Math.ceil((count - 7) / 20_000)))
  const frequent = await list('(where: { text: "边_w" } orderBy: { field: FILE_NAME } first: 10)')
  expect(frequent.found?.nodes.map(({ fileName }) => fileName)).toEqual(Array(10).fill('湖边_wedding.jpg'))
})

test('the way to find a text makes no difference to what is found', async () => {
  const { workspace } = opened
  if (!workspace) throw new Error('It is there from beforeAll on.')
  const { workspaceId } = workspace.ctx.actor
  const text = soughtPart('边_w')
  for (const field of ['CREATED_AT', 'FILE_NAME', 'SIZE'] as const) {
    for (const backward of [true, false]) {
      const page = { limit: 30, backward, after: null, before: null }
      const idsWith = async (most: { looked: number; taken: number }) => {
        const order = chosenOrder('media', field, 'ASC')
        const { rows } = await mediaPage(database.db, workspaceId, { text }, order, page, most)
        return rows.map(({ id }) => id)
      }
      const amongFirst = await idsWith({ looked: count, taken: 0 })
      expect(amongFirst).toHaveLength(30)
      expect(await idsWith({ looked: 1, taken: count })).toEqual(amongFirst)
      expect(await idsWith({ looked: 1, taken: 1 })).toEqual(amongFirst)
    }
  }
})

test('the categories and their number are found without reading all media', async () => {
  const { workspace } = opened
  if (!workspace) throw new Error('It is there from beforeAll on.')
  const statements = await statementsOf(() =>
    ask(workspace.client, '{ mediaCategories { nodes { name } totalCount } }'),
  )
  for (const statement of statements) {
    const { pages, scans } = await costOf(database.db.pool, statement)
    expect([scans, pages < 100]).toEqual([[], true])
  }
})
