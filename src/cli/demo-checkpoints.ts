import { type DemoClient, expect, say } from './demo-client.ts'

const failure = '__typename ... on Failure { message }'

const documents = {
  checkpoint: `mutation ($input: CreateCheckpointInput!) { createCheckpoint(input: $input) {
    ${failure} ... on CreateCheckpointSuccess { checkpoint { id } } } }`,
  marker: `mutation ($input: CreateCheckpointMarkerInput!) { createCheckpointMarker(input: $input) {
    ${failure} ... on CreateCheckpointMarkerSuccess { checkpointMarker { id } } } }`,
  move: `mutation ($input: MoveCheckpointMarkerInput!) { moveCheckpointMarker(input: $input) {
    ${failure} ... on MoveCheckpointMarkerSuccess { checkpointMarker { id } } } }`,
  page: `query ($id: ID!) { book(id: $id) { checkpoints { nodes {
    title reachedAt markers { nodes { id title images { id } } } } } } }`,
}

interface Page {
  book: {
    checkpoints: {
      nodes: {
        title: string
        reachedAt: string
        markers: { nodes: { id: string; title: string; images: { id: string }[] }[] }
      }[]
    }
  }
}

/**
 * Adds two checkpoints to a book, the later one first, with two markers that each have a picture and swap places.
 * `upload` stores a picture of the demo in a slot and returns its ID.
 */
export async function showCheckpoints(
  client: DemoClient,
  bookId: string,
  upload: (file: string, slot: object) => Promise<string>,
) {
  const make = async (title: string, reachedAt: string) =>
    (await client.mutate<{ checkpoint: { id: string } }>(documents.checkpoint, { bookId, title, reachedAt }))
      .checkpoint.id
  const flown = await make('It flew', '2026-07-20T20:17:40Z')
  await make('It was drawn', '2026-01-05T09:00:00Z')
  const [ids, images]: [string[], string[]] = [[], []]
  for (const [title, file] of [
    ['Landing', 'cat.png'],
    ['Lift-off', 'rocket.jpg'],
  ] as const) {
    const input = { checkpointId: flown, title }
    const made = await client.mutate<{ checkpointMarker: { id: string } }>(documents.marker, input)
    const { id: ownerId } = made.checkpointMarker
    ids.push(ownerId)
    images.push(await upload(file, { ownerType: 'CHECKPOINT_MARKER', ownerId, role: 'MARKER_IMAGE' }))
  }
  const [landing, liftOff] = ids
  await client.mutate(documents.move, { checkpointMarkerId: liftOff, beforeId: landing })

  const { book } = await client.query<Page>(documents.page, { id: bookId })
  const [first, second] = book.checkpoints.nodes
  expect(first?.title === 'It was drawn' && second?.title === 'It flew', 'checkpoints are sorted by date')
  expect(
    second?.markers.nodes.map(({ id }) => id).join() === [liftOff, landing].join(),
    'the markers are in the order they were put in',
  )
  expect(
    second?.markers.nodes.flatMap((marker) => marker.images.map(({ id }) => id)).join() ===
      [...images].reverse().join(),
    'each marker has its picture',
  )
  for (const { title, reachedAt, markers } of book.checkpoints.nodes)
    say(`${reachedAt.slice(0, 10)} ${[title, ...markers.nodes.map((marker) => marker.title)].join(', ')}`)
}
