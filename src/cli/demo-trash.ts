import { setTimeout as delay } from 'node:timers/promises'
import { type DemoClient, expect, say } from './demo-client.ts'

const failure = '__typename ... on Failure { message }'

const documents = {
  book: `mutation ($input: CreateBookInput!) { createBook(input: $input) {
    ${failure} ... on CreateBookSuccess { book { id } } } }`,
  blocks: `mutation ($input: CreateBlocksInput!) { createBlocks(input: $input) {
    ${failure} ... on CreateBlocksSuccess { results { ... on CreateBlockSuccess { block { id } } } } } }`,
  trash: `mutation ($input: TrashItemInput!) { trashItem(input: $input) {
    ${failure} ... on TrashItemSuccess { deletion { id itemCount } } } }`,
  find: `query ($text: String!) { trash(where: { text: $text, types: [BOOK] }) { nodes { id name reason
    members(where: { types: [BLOCK] }) { nodes { id } } } } }`,
  preview: `query ($deletion: ID!, $item: ID!) { restorePreview(deletionId: $deletion, itemId: $item) {
    restorable problem { __typename ... on RestoreConflict { reason options } } } }`,
  restoreItem: `mutation ($input: RestoreItemInput!) { restoreItem(input: $input) {
    ${failure} ... on RestoreItemSuccess { item { id } } } }`,
  purge: `mutation ($input: PurgeDeletionInput!) { purgeDeletion(input: $input) {
    ${failure} ... on PurgeDeletionSuccess { itemCount job { id } } } }`,
  job: `query ($id: ID!) { job(id: $id) { status failureMessage result { ... on PurgeReport { itemCount } } } }`,
  block: `query ($id: ID!) { block(id: $id) { content book { id } } }`,
}

interface Found {
  trash: { nodes: { id: string; name: string; reason: string; members: { nodes: { id: string }[] } }[] }
}

interface Preview {
  restorePreview: { restorable: boolean; problem: { reason: string; options: string[] } | null }
}

interface Job {
  job: { status: string; failureMessage: string | null; result: { itemCount: number } | null }
}

/** Trashes a book, finds it by name, restores one of its blocks to another book, and permanently removes the rest. */
export async function showTrash(client: DemoClient, bookshelfId: string, otherBookId: string) {
  const title = `Draft 草稿 ${Date.now()}`
  const { book } = await client.mutate<{ book: { id: string } }>(documents.book, { bookshelfId, title })
  const blocks = ['Keep this', 'Not this', 'Nor this'].map((content) => ({ content }))
  const { results } = await client.mutate<{ results: { block: { id: string } }[] }>(documents.blocks, {
    bookId: book.id,
    blocks,
  })
  const kept = results[0]?.block.id ?? ''
  await client.mutate(documents.trash, { itemId: book.id, reason: 'Only a draft' })

  const { trash } = await client.query<Found>(documents.find, { text: title.toLowerCase() })
  const [deletion] = trash.nodes
  expect(
    deletion?.name === title && deletion.members.nodes.length === 3,
    'the trash finds a book by its name',
  )
  say(
    `found in the trash: ${deletion?.name}, ${deletion?.reason}, with ${deletion?.members.nodes.length} blocks`,
  )

  const variables = { deletion: deletion?.id, item: kept }
  const { restorePreview } = await client.query<Preview>(documents.preview, variables)
  expect(restorePreview.problem?.reason === 'PARENT_TRASHED', 'a block cannot go back into a trashed book')
  say(
    `restoring it to its place fails: ${restorePreview.problem?.reason}; options: ` +
      `${restorePreview.problem?.options.join(', ')}`,
  )
  await client.mutate(documents.restoreItem, { itemId: kept, target: { bookId: otherBookId } })
  const back = await client.query<{ block: { book: { id: string } } | null }>(documents.block, { id: kept })
  expect(back.block?.book.id === otherBookId, 'one block of a trashed book comes back into another book')

  const purged = await client.mutate<{ itemCount: number; job: { id: string } }>(documents.purge, {
    deletionId: deletion?.id,
  })
  let job: Job['job'] | undefined
  for (let looks = 0; job?.status !== 'DONE'; looks += 1) {
    expect(looks < 300, 'the purge finishes within half a minute (with RUN_JOBS=false a worker must run)')
    await delay(100)
    ;({ job } = await client.query<Job>(documents.job, { id: purged.job.id }))
    expect(job.status !== 'FAILED', `the purge was done: ${job.failureMessage}`)
  }
  expect(purged.itemCount === 3 && (job.result?.itemCount ?? 0) >= 3, 'the rest is permanently removed')
  say(`one block restored to another book, the other ${purged.itemCount} items permanently removed`)
}
