import { type DemoClient, DemoFailed, expect, say } from './demo-client.ts'

const failure = '__typename ... on Failure { message }'

const documents = {
  update: `mutation ($input: UpdateBlockInput!) { updateBlock(input: $input) {
    ${failure} ... on UpdateBlockSuccess { block { revision } } } }`,
  restore: `mutation ($input: RestoreBlockRevisionInput!) { restoreBlockRevision(input: $input) {
    ${failure} ... on RestoreBlockRevisionSuccess { block { content revision } } } }`,
  list: `query ($id: ID!) { block(id: $id) { revisions { totalCount nodes { number content current } } } }`,
  compare: `query ($id: ID!) { compareBlockRevisions(blockId: $id, from: 1, to: 3) { parts { change text } } }`,
}

interface List {
  block: { revisions: { totalCount: number; nodes: { number: number; content: string; current: boolean }[] } }
}

const marks = { EQUAL: ['', ''], DELETED: ['[-', '-]'], INSERTED: ['{+', '+}'] } as const

interface Comparison {
  compareBlockRevisions: { parts: { change: keyof typeof marks; text: string }[] }
}

/** Rewrites a block twice, compares the last text with the first, and restores the first. */
export async function showRevisions(client: DemoClient, blockId: string) {
  const revisions = async () => (await client.query<List>(documents.list, { id: blockId })).block.revisions
  const [original] = (await revisions()).nodes
  if (!original) throw new DemoFailed('A block has a revision from the beginning.')
  for (const content of [`${original.content} of the demo`, `${original.content} of the old rocket 火箭`])
    await client.mutate(documents.update, { blockId, content })
  const { compareBlockRevisions } = await client.query<Comparison>(documents.compare, { id: blockId })
  const shown = compareBlockRevisions.parts.map(({ change, text }) => marks[change].join(text))
  say(`from revision 1 to 3: ${shown.join('')}`)

  const { block } = await client.mutate<{ block: { content: string; revision: number } }>(documents.restore, {
    blockId,
    number: 1,
  })
  expect(block.content === original.content && block.revision === 4, 'a restored text is a new revision')
  const { totalCount, nodes } = await revisions()
  expect(
    totalCount === 4 && nodes.map(({ number }) => number).join() === '4,3,2,1' && nodes[0]?.current === true,
    'every text that the block had is listed, newest first',
  )
  say(`revision 4 is the text of revision 1 again; all ${totalCount} are kept`)
}
