import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { Client, type GraphQLAnswer } from '../../support/client.ts'
import { connectTo, makeLibrary, queryDatabase } from '../../support/library/library.ts'
import { killHard, killPostgresHard, runToEnd, until } from '../../support/processes.ts'
import { randomNumbers } from '../../support/random.ts'
import { cleanUpServers, type RunningServer, startServer } from '../../support/server.ts'
import { storedFiles } from '../../support/media/stored-files.ts'

cleanUpServers()

/** Fewer are faster: KILL_POINTS=10. */
const killPoints = Number(process.env['KILL_POINTS'] ?? 30)
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 2 ** 31)

/** A picture as its client knows it: only what was acknowledged. `unknown` is a change that was sent and not answered. */
interface Known {
  readonly id: string
  readonly sha256: string
  state: 'live' | 'trashed' | 'unknown'
  deletionId?: string
}

const trash = `mutation ($id: ID!) { result: trashItem(input: { itemId: $id }) {
  __typename ... on Failure { message } ... on TrashItemSuccess { deletion { id } } } }`
const restore = `mutation ($id: ID!) { result: restoreDeletion(input: { deletionId: $id }) {
  __typename ... on Failure { message } } }`

/** A PNG of noise of 10 kB to 750 kB. */
async function picture(side: number): Promise<Buffer> {
  const raw = { width: side, height: side, channels: 3 as const }
  return sharp(randomBytes(side * side * 3), { raw })
    .png({ compressionLevel: 0 })
    .toBuffer()
}

type Random = () => number

/** The server still said that something went wrong: its database was killed a moment before it. */
class Unanswered extends Error {}

function resultOf<Result>({ data, errors }: GraphQLAnswer, field: string): Result {
  const [error] = errors
  if (error && ['INTERNAL_SERVER_ERROR', 'DATABASE_UNAVAILABLE'].includes(String(error.extensions?.code)))
    throw new Unanswered(error.message)
  expect(errors).toEqual([])
  return (data as Record<string, Result>)[field] as Result
}

async function uploadOne(client: Client, slot: object, random: Random, known: Known[]) {
  const bytes = await picture(60 + Math.floor(random() * 440))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const answer = await client.upload({ slot }, new Blob([Uint8Array.from(bytes)]), 'noise.png')
  const { media } = resultOf<{ media: { id: string; sha256: string } }>(answer, 'uploadMedia')
  expect(media.sha256).toBe(sha256)
  const added: Known = { id: media.id, sha256, state: 'live' }
  known.push(added)
  return added
}

async function change(client: Client, item: Known, document: string, id: string) {
  item.state = 'unknown'
  const answer = await client.send(document, { id })
  const result = resultOf<{ __typename: string; deletion?: { id: string } }>(answer, 'result')
  expect(result.__typename).toMatch(/Success$/)
  return result.deletion?.id
}

/** Uploads, trashes and restores until the server is gone. Anything but its end fails the test. */
async function keepBusy(server: RunningServer, slot: object, random: Random, known: Known[]) {
  const client = new Client(server.url)
  const mine: Known[] = []
  try {
    for (;;) {
      mine.push(await uploadOne(client, slot, random, known))
      const item = mine[Math.floor(random() * mine.length)]
      if (item?.state === 'live') {
        const deletionId = await change(client, item, trash, item.id)
        Object.assign(item, { state: 'trashed', deletionId })
      } else if (item?.state === 'trashed' && item.deletionId !== undefined) {
        await change(client, item, restore, item.deletionId)
        item.state = 'live'
      }
    }
  } catch (error) {
    const cutOff =
      error instanceof Error && /^(fetch failed|terminated|Unexpected end of JSON)/.test(error.message)
    if (!cutOff && !(error instanceof Unanswered)) throw error
  }
}

async function sha256At(url: string) {
  const response = await fetch(url)
  const bytes = Buffer.from(await response.arrayBuffer())
  return response.ok ? createHash('sha256').update(bytes).digest('hex') : null
}

async function expectKnown(server: RunningServer, known: Known[]) {
  for (let from = 0; from < known.length; from += 8) {
    await Promise.all(
      known.slice(from, from + 8).map(async (item) => {
        const live = await sha256At(`${server.url}/media/${item.id}`)
        const trashed = await sha256At(`${server.url}/media/${item.id}?trashed=true`)
        const expected = {
          live: [item.sha256, null],
          trashed: [null, item.sha256],
          unknown: live === null ? [null, item.sha256] : [item.sha256, null],
        }[item.state]
        expect([live, trashed], `${item.state} ${item.id}`).toEqual(expected)
        // From now on it is known.
        if (item.state === 'unknown' && live !== null) item.state = 'live'
      }),
    )
  }
}

/** Every row has its bytes, and as many as it says. */
async function expectBytes(server: RunningServer) {
  const blobs = await queryDatabase<{ storage_key: string; size_bytes: string }>(
    server,
    'select storage_key, size_bytes from blobs',
  )
  const files = await storedFiles(server.dataDir, 'files')
  for (const { storage_key: key, size_bytes: size } of blobs) expect(files.get(key), key).toBe(Number(size))
  return blobs.length
}

/** One block takes them all. */
const settings = { MAX_FILES_PER_OWNER: '10000' }

async function killAtRandomPoints(
  points: number,
  uploads: number,
  kill: (server: RunningServer) => Promise<void>,
) {
  console.log(`Random points of KILL_SEED=${seed}`)
  const random = randomNumbers(seed)
  const known: Known[] = []
  let server = await startServer(settings)
  const { images } = await makeLibrary(new Client(server.url))
  for (let point = 1; point <= points || known.length < uploads; point += 1) {
    const clients = Array.from({ length: 4 }, () => keepBusy(server, images, random, known))
    const before = known.length
    // The first answers of a new process take long: without this wait, most points would come before them.
    await Promise.race([until(() => known.length > before), Promise.all(clients)])
    await delay(random() * 400)
    await kill(server)
    await Promise.all(clients)
    server = await startServer(settings, server.dataDir)
    await expectKnown(server, known)
    await expectBytes(server)
  }
  const blobs = await expectBytes(server)
  console.log(`${known.length} acknowledged uploads, ${blobs} blobs`)
  // What is charged and what the events tell are as exact.
  for (const command of ['check', 'replay']) {
    const { exitCode, output } = await runToEnd(['dist/cli.js', command], { DATA_DIR: server.dataDir })
    expect(exitCode, output).toBe(0)
  }
  expect(blobs).toBeGreaterThanOrEqual(known.length)
  expect(await server.stop(), server.output().slice(-3000)).toBe(0)
}

test(`a server that is killed at ${killPoints} random points of its work loses nothing that it acknowledged`, () =>
  killAtRandomPoints(killPoints, Math.ceil((killPoints * 10) / 3), killHard))

test('nor does one that is killed with its database', () =>
  killAtRandomPoints(8, 8, async (server) => {
    await Promise.all([killPostgresHard(server.dataDir), killHard(server)])
  }))

test('a database that was killed while it computed is started again when that has ended', async () => {
  const server = await startServer()
  await makeLibrary(new Client(server.url))
  const client = await connectTo(server)
  const computing = client.query('select count(*) from generate_series(1, 20000000)').catch(() => null)
  const computes = `select 1 from pg_stat_activity
    where state = 'active' and pid <> pg_backend_pid() and query like '%generate_series(1, 20000000)%'`
  await until(async () => (await queryDatabase(server, computes)).length === 1)
  await killPostgresHard(server.dataDir)
  await killHard(server)
  const next = await startServer({}, server.dataDir)
  const answer = await new Client(next.url).send('{ bookshelves { totalCount } }')
  expect(answer.data).toEqual({ bookshelves: { totalCount: 1 } })
  await computing
  expect(await next.stop()).toBe(0)
})
