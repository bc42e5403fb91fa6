import { expect, test } from 'vitest'
import { checkMedia } from '../../src/usecases/media/check-media.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { replayEvents } from '../../src/usecases/media/replay-events.ts'
import { ask, useApi } from '../support/api.ts'
import type { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'
import { randomChoices } from '../support/random.ts'
import { checkTags } from '../support/tags/tags.ts'
import { TrashModel } from '../support/trash/trash-model.ts'
import { allKinds, kinds, step } from '../support/trash/trash-steps.ts'

const database = useDatabase()
const api = useApi(database, { maxQueryCost: Number.MAX_SAFE_INTEGER })

const byId = <T extends { id: string }>(one: T, other: T) => (one.id < other.id ? -1 : 1)

/** Compares every row: where it is, in which order, in which deletion, and how often tags are used. */
async function compareRows(ctx: Ctx, model: TrashModel) {
  const { pool } = ctx.db
  for (const kind of allKinds) {
    const { table, parentColumn } = kinds[kind]
    const hasOrder = kind !== 'CHECKPOINT' && kind !== 'TAG'
    const text = `select id, ${parentColumn} as parent, deletion_id as deletion
      ${kind === 'TAG' ? ', usage_count as usage' : ''} from ${table} where workspace_id = $1
      order by ${hasOrder ? `${parentColumn}, position, ` : ''}id`
    const { rows } = await pool.query<{ id: string; parent: string | null }>(text, [ctx.actor.workspaceId])
    const told = [...model.items.values()].filter((item) => item.kind === kind)
    const expected = told.map(({ id, parent, deletion }) => ({
      ...{ id, parent, deletion },
      ...(kind === 'TAG' ? { usage: model.usage(id) } : {}),
    }))
    expect([...rows].sort(byId)).toEqual(expected.sort(byId))
    if (!hasOrder) continue
    for (const parent of new Set(told.map((item) => item.parent))) {
      const inOrder = rows.filter((row) => row.parent === parent).map(({ id }) => id)
      expect(inOrder).toEqual(model.order(kind, parent))
    }
  }
  const where = { workspaceId: ctx.actor.workspaceId }
  const deletions = await ctx.db.prisma.deletion.findMany({ where })
  const state = (row: (typeof deletions)[number]) =>
    row.purgedAt ? 'PURGED' : row.restoredAt ? 'RESTORED' : 'TRASHED'
  expect(
    deletions
      .map((row) => ({ id: row.id, item: row.itemId, count: row.itemCount, state: state(row) }))
      .sort(byId),
  ).toEqual(
    [...model.deletions.values()]
      .map(({ id, item, count, state }) => ({ id, item, count, state }))
      .sort(byId),
  )
}

const everything = `query ($ids: [ID!]!) {
  bookshelves(first: 100, orderBy: { field: POSITION }) { nodes { id books(first: 100) { nodes { id
    blocks(first: 100) { nodes { id images { id } } }
    checkpoints(first: 100) { nodes { id markers(first: 100) { nodes { id } } } } } } } }
  nodes(ids: $ids) { id }
  trash(first: 100) { nodes { id itemCount item { id trash { deletion { id } } } } }
}`

interface Answer {
  readonly bookshelves: { readonly nodes: readonly { readonly id: string }[] }
  readonly nodes: readonly ({ readonly id: string } | null)[]
  readonly trash: { readonly nodes: readonly { readonly id: string; readonly itemCount: number }[] }
}

/** Compares what a client sees: all that is live, in its order, and nothing else; and the trash. */
async function compareAnswers(client: Client, model: TrashModel) {
  const items = [...model.items.values()]
  const tags = items.filter(({ kind }) => kind === 'TAG').map(({ id }) => id)
  const data = await ask<Answer>(client, everything, { ids: tags })
  const shown = new Set<string>()
  const collect = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    if ('id' in value) shown.add(String(value.id))
    Object.values(value).forEach(collect)
  }
  collect([data.bookshelves, data.nodes])
  const live = items.filter(({ deletion }) => deletion === null).map(({ id }) => id)
  expect([...shown].sort()).toEqual(live.sort())
  const shelves = model.order('BOOKSHELF', null).filter((id) => model.isLive(id))
  expect(data.bookshelves.nodes.map(({ id }) => id)).toEqual(shelves)
  const trashed = [...model.deletions.values()].filter(({ state }) => state === 'TRASHED')
  expect(data.trash.nodes.map(({ id, itemCount }) => `${id} ${itemCount}`).sort()).toEqual(
    trashed.map(({ id, count }) => `${id} ${count}`).sort(),
  )
}

const seen = new Set<string>()
const finished = new Set<number>()

/** Together they meet every conflict there is. */
const chosen = [2, 8]
/** Others: TRASH_SEEDS=5,6,7. */
const seeds = process.env['TRASH_SEEDS']?.split(',').map(Number) ?? chosen

test.each(seeds)(
  'the library and its trash do what a simple model of them does, whatever is done (seed %i)',
  async (seed) => {
    const random = randomChoices(seed)
    const { ctx, client } = await api.workspace()
    const model = new TrashModel()
    const outcomes = new Map<string, number>()
    for (let count = 1; count <= 300; count += 1) {
      const done = await step(ctx, model, random)
      if (!done) continue
      const { what, result, expected } = done
      expect({ seed, count, what, result }).toEqual({ seed, count, what, result: expected })
      outcomes.set(result, (outcomes.get(result) ?? 0) + 1)
      await compareRows(ctx, model)
      if (count % 25 > 0) continue
      await compareAnswers(client, model)
      await checkTags(ctx)
      expect(await checkMedia(ctx)).toEqual([])
      expect((await replayEvents(ctx)).problems).toEqual([])
    }
    // A sequence that only ever failed, or never did, would show nothing.
    expect(outcomes.get('ok')).toBeGreaterThan(100)
    expect(outcomes.get('PARENT_TRASHED')).toBeGreaterThan(0)
    for (const outcome of outcomes.keys()) seen.add(outcome)
    finished.add(seed)
  },
  120_000,
)

test('the sequences meet every conflict there is', ({ skip }) => {
  skip(!chosen.every((seed) => finished.has(seed)), 'Not all of them were run to their end.')
  expect([...seen]).toEqual(
    expect.arrayContaining(['PARENT_PURGED', 'RetentionExpired', 'NotInTrash', 'AlreadyInTrash']),
  )
})
