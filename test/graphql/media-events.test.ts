import { expect, test } from 'vitest'
import { ask, useApi } from '../support/api.ts'
import { buildBlock, buildBook, coverOf, imagesOf } from '../support/builders.ts'
import type { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'

const database = useDatabase()
const api = useApi(database)

interface Event {
  id: string
  chainId: string
  requestId: string
  step: string
  operation: string
  decision: string | null
  reason: string | null
  ownerId: string | null
  role: string | null
  mediaIds: string[]
  occurredAt: string
}

const events = async (client: Client, where: object | null, page = 'first: 100') => {
  const query = `query ($where: MediaEventWhere) { admin { mediaEvents(${page}, where: $where) { totalCount
    nodes { id chainId requestId step operation decision reason ownerType ownerId role: mediaRole mediaIds occurredAt actor { id } } } } }`
  const { admin } = await ask<{ admin: { mediaEvents: { nodes: Event[]; totalCount: number } } }>(
    client,
    query,
    { where },
  )
  return admin.mediaEvents
}

interface Uploaded {
  __typename: string
  decision?: string
  media?: { id: string }
  replaced?: { id: string } | null
}

async function upload(client: Client, slot: object, bytes: Buffer, idempotencyKey?: string) {
  const file = new Blob([Uint8Array.from(bytes)])
  const answer = await client.upload({ slot, idempotencyKey }, file, 'a.jpg')
  expect(answer.errors).toEqual([])
  return {
    ...(answer.data as { uploadMedia: Uploaded }).uploadMedia,
    requestId: answer.headers.get('x-request-id') ?? '',
  }
}

test('every decision comes over the API, and its chain of events is read back', async () => {
  const { ctx, client } = await api.workspace()
  const book = await buildBook(ctx)
  const cover = coverOf('BOOK', book.id)
  const [first, second] = [await photograph(), await photograph()]
  const inserted = await upload(client, cover, first)
  const replacing = await upload(client, cover, second, 'key')
  const duplicate = await upload(client, cover, second)
  const noop = await upload(client, cover, second, 'key')
  const rejected = await upload(client, cover, Buffer.from('no picture'))
  expect(
    [inserted, replacing, duplicate, noop, rejected].map((one) => one.decision ?? one.__typename),
  ).toEqual(['INSERT', 'REPLACE', 'DUPLICATE', 'NOOP', 'UnsupportedFileType'])
  expect(replacing.replaced?.id).toBe(inserted.media?.id)
  expect([duplicate.media, noop.media]).toEqual([replacing.media, replacing.media])

  for (const [answer, decision, reason] of [
    [inserted, 'INSERT', null],
    [replacing, 'REPLACE', null],
    [duplicate, 'DUPLICATE', null],
    [noop, 'NOOP', null],
    [rejected, 'REJECT', 'UnsupportedFileType'],
  ] as const) {
    const { nodes } = await events(client, { requestId: answer.requestId })
    const common = { operation: 'UPLOAD', role: 'COVER', requestId: answer.requestId, actor: { id: 'owner' } }
    expect(nodes).toMatchObject([
      { ...common, step: 'RESULT', decision, reason },
      { ...common, step: 'DB', decision, reason },
      { ...common, step: 'DECISION', decision, reason },
      { ...common, step: 'REQUEST', decision: null, reason: null },
    ])
    expect(new Set(nodes.map(({ chainId }) => chainId)).size).toBe(1)
  }
})

test('events are found by medium, owner, decision and time, newest first, in pages', async () => {
  const { ctx, client } = await api.workspace()
  const block = await buildBlock(ctx)
  const one = await upload(client, imagesOf(block.id), await photograph())
  const two = await upload(client, imagesOf(block.id), await photograph())
  const query = 'mutation ($id: ID!) { trashItem(input: { itemId: $id }) { __typename } }'
  await ask(client, query, { id: one.media?.id })

  const ofOne = await events(client, { mediaId: one.media?.id })
  expect(ofOne.totalCount).toBe(8)
  expect(ofOne.nodes.map(({ operation }) => operation)).toEqual([
    ...Array<string>(4).fill('TRASH'),
    ...Array<string>(4).fill('UPLOAD'),
  ])
  expect((await events(client, { mediaId: two.media?.id })).totalCount).toBe(4)
  expect((await events(client, { ownerId: block.id })).totalCount).toBe(12)
  expect((await events(client, { decisions: ['INSERT'] })).totalCount).toBe(6)
  const all = await events(client, null)
  const times = all.nodes.map(({ occurredAt }) => occurredAt)
  expect(times).toEqual(times.toSorted().toReversed())
  const [newest = ''] = times
  expect((await events(client, { occurredSince: newest })).totalCount).toBeGreaterThan(0)
  expect((await events(client, { occurredBefore: times.at(-1) })).totalCount).toBe(0)
  expect((await events(client, null, 'first: 5')).nodes).toEqual(all.nodes.slice(0, 5))
  expect((await events(client, null, 'last: 5')).nodes).toEqual(all.nodes.slice(-5))
  const [{ id: eventId } = { id: '' }] = all.nodes
  const node = `{ node(id: "${eventId}") { id ... on MediaEvent { step reason actor { id } } } }`
  expect(await ask(client, node)).toEqual({
    node: { id: eventId, step: 'RESULT', reason: null, actor: { id: 'owner' } },
  })
  expect(await ask((await api.workspace()).client, node)).toEqual({ node: null })
  const oldest = 'first: 5, orderBy: { field: OCCURRED_AT }'
  expect((await events(client, null, oldest)).nodes).toEqual(all.nodes.slice(-5).toReversed())
})

test('nobody sees the events of another workspace', async () => {
  const [mine, theirs] = [await api.workspace(), await api.workspace()]
  const block = await buildBlock(theirs.ctx)
  const { media, requestId } = await upload(theirs.client, imagesOf(block.id), await photograph())
  for (const where of [{ mediaId: media?.id }, { ownerId: block.id }, { requestId }, null]) {
    expect(await events(mine.client, where)).toEqual({ nodes: [], totalCount: 0 })
  }
})

test('a workspace tells what it stores, and its plan and quota can be changed', async () => {
  const { ctx, client } = await api.workspace()
  const bytes = await photograph()
  await upload(client, imagesOf((await buildBlock(ctx)).id), bytes)
  const storage = 'storage { limitBytes usedBytes reservedBytes }'
  const used = { usedBytes: String(bytes.length), reservedBytes: '0' }
  expect(await ask(client, `{ workspace { plan ${storage} } }`)).toEqual({
    workspace: { plan: 'PERSONAL', storage: { limitBytes: String(10 * 1024 ** 3), ...used } },
  })
  const change = (input: string) =>
    ask<{ updateWorkspace: object }>(
      client,
      `mutation { updateWorkspace(input: ${input}) { ... on UpdateWorkspaceSuccess { workspace { plan ${storage} } }
        ... on Failure { message } } }`,
    )
  expect(await change('{ plan: TEAM }')).toMatchObject({
    updateWorkspace: { workspace: { plan: 'TEAM', storage: { limitBytes: String(100 * 1024 ** 3) } } },
  })
  expect(await change('{ quotaBytes: "12345678901" }')).toMatchObject({
    updateWorkspace: { workspace: { storage: { limitBytes: '12345678901' } } },
  })
  expect(await change('{ quotaBytes: null }')).toMatchObject({
    updateWorkspace: { workspace: { storage: { limitBytes: String(100 * 1024 ** 3) } } },
  })
  expect(await change('{ plan: null }')).toMatchObject({
    updateWorkspace: { message: expect.any(String) as string },
  })
  const bad = await client.send('mutation { updateWorkspace(input: { quotaBytes: -1 }) { __typename } }')
  expect(bad.errors[0]?.message).toContain('whole number')
})
